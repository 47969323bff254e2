import CLinux
import Glibc

/// Extended attributes of open files (xattr(7)): access control lists, capabilities, whatever users put there.
package enum ExtendedAttributes {
    /// The names of all that it has.
    package static func names(of file: Descriptor) -> [[UInt8]] {
        (read { scriptron_attribute_names(file.number, $0, $1) } ?? []).split(separator: 0).map(Array.init)
    }

    /// The names and values of those that may be read; none where the file system has none.
    package static func all(of file: Descriptor) -> [String: [UInt8]] {
        guard let names = read({ scriptron_attribute_names(file.number, $0, $1) }), !names.isEmpty else { return [:] }
        var attributes: [String: [UInt8]] = [:]
        for raw in names.split(separator: 0) {
            // A name that is no UTF-8 could not be written down as a key.
            guard let name = String(validating: raw, as: UTF8.self),
                let value = read({ scriptron_attribute_of(file.number, name, $0, $1) })
            else { continue }
            attributes[name] = value
        }
        return attributes
    }

    /// Sets one.
    package static func set(_ name: String, _ value: [UInt8], on file: Descriptor) throws(SystemError) {
        try checked("fsetxattr", name, result: scriptron_set_attribute(file.number, name, value, value.count))
    }

    /// What a call fills a buffer with, as large as it asks for; nil where it fails.
    private static func read(_ call: (UnsafeMutableRawPointer?, Int) -> Int) -> [UInt8]? {
        // The size may grow between the two calls.
        for _ in 0..<4 {
            let size = call(nil, 0)
            if size <= 0 { return size == 0 ? [] : nil }
            var buffer = [UInt8](repeating: 0, count: size)
            let filled = buffer.withUnsafeMutableBytes { call($0.baseAddress, $0.count) }
            if filled >= 0 { return Array(buffer.prefix(filled)) }
            if filled != -Int(ERANGE) { return nil }
        }
        return nil
    }
}
