import Glibc

/// The system's time zone files (tzdata).
package enum ZoneInfo {
    /// Where tzdata keeps its files.
    package static let directory = "/usr/share/zoneinfo"

    /// The link or copy that says which zone is the machine's (localtime(5)).
    package static let localtime = "/etc/localtime"

    /// The bytes of a zone's file; at most 1 MiB, for real ones have a few KiB.
    package static func file(at path: String) throws(SystemError) -> [UInt8] { try Files.readSmall(Path(path)) }

    /// Where `/etc/localtime` points to, resolved; nil where it is missing.
    package static func localtimeTarget() -> String? { (try? Path(localtime).resolvingLinks())?.text }

    /// The environment's `TZ` (tzset(3)); nil where it is not set.
    package static func environmentZone() -> String? {
        getenv("TZ").map { String(cString: $0) }
    }

    /// The names of all zones, unsorted: the files below the directory whose names start with a capital letter.
    package static func names() -> [String] {
        var names: [String] = []
        var waiting = [""]
        while let prefix = waiting.popLast() {
            guard let stream = opendir(directory + "/" + prefix) else { continue }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard let first = name.utf8.first, (65...90).contains(first) else { continue }
                if Int32(entry.pointee.d_type) == Int32(DT_DIR) {
                    waiting.append(prefix + name + "/")
                } else {
                    names.append(prefix + name)
                }
            }
        }
        return names
    }
}
