/// Where a host's sources are. All paths are absolute.
package struct SourceLocations: Sendable, Hashable {
    /// `scriptron.lua`; nil for a host without one.
    package var configuration: Path?
    /// The jobs directory.
    package var jobs: Path

    package init(configuration: Path?, jobs: Path) {
        self.configuration = configuration
        self.jobs = jobs
    }

    /// What jobs share.
    package var libraries: Path { jobs.appending("lib") }
}

/// A file of Lua that the host runs, as it was when it was read.
package struct WatchedFile: Sendable, Hashable {
    package var path: Path
    package var bytes: [UInt8]

    package init(path: Path, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

/// The sources as they are now; of one that cannot be read now, as it was when it last could.
package struct SourceSnapshot: Sendable, Hashable {
    package var configuration: WatchedFile?
    /// Job scripts by their name without `.lua` (`backup`).
    package var scripts: [String: WatchedFile] = [:]
    /// The files of `jobs/lib` by their name without `.lua`, as `require` takes it.
    package var libraries: [String: WatchedFile] = [:]
    /// Why there is no script of a name, though there is something to be one: no regular file, a link to nothing.
    package var unreadable: [String: Failure] = [:]
    /// What is wrong, `unreadable` among it, each with the file or directory as its place.
    package var failures: [Failure] = []

    package init() {}
}

/// Which file names are sources.
enum SourceName {
    /// The name of the job for `NAME.lua` where NAME is `[a-z0-9][a-z0-9_-]*` and does not end in `_spec`; nil for all
    /// else: tests, dotfiles, what editors leave behind.
    static func script(_ file: [UInt8]) -> String? {
        guard let name = library(file), !name.hasSuffix("_spec"), let first = name.utf8.first,
            isLower(first) || isDigit(first),
            name.utf8.allSatisfy({ isLower($0) || isDigit($0) || $0 == 45 || $0 == 95 })
        else { return nil }
        return name
    }

    /// Whether a file looks like a script that is meant to be a job and has a name that no job can have: `Backup.lua`,
    /// `my job.lua`, `backup.LUA`.
    static func isMisnamed(_ file: [UInt8]) -> Bool {
        let name = String(decoding: file, as: UTF8.self)
        guard name.lowercased().hasSuffix(".lua"), script(file) == nil else { return false }
        // Hidden files, what editors leave behind, tests.
        return !name.hasPrefix(".") && !name.hasPrefix("#") && !name.hasSuffix("_spec.lua")
    }

    /// The name that `require` takes for `NAME.lua`, where NAME is `[A-Za-z0-9_-]+`; nil for all else.
    static func library(_ file: [UInt8]) -> String? {
        let ending = Array(".lua".utf8)
        guard file.count > ending.count, file.count <= 255, file.suffix(4).elementsEqual(ending) else { return nil }
        let name = file.dropLast(4)
        guard name.allSatisfy({ isLower($0 | 0x20) || isDigit($0) || $0 == 45 || $0 == 95 }) else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
