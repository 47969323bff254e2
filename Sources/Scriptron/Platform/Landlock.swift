import CLinux
import Glibc

/// Landlock (landlock(7)): the kernel's own bound on files, TCP ports and signals for a process and its children.
package enum Landlock {
    /// The ABI of the running kernel; 0 where it has none or it is switched off.
    package static func abi() -> Int { max(0, Int(scriptron_landlock_abi())) }

    /// The errata that the running kernel has fixed, a bit each.
    package static func errata() -> Int { Int(scriptron_landlock_errata()) }

    /// What may be done to files, a bit each (linux/landlock.h).
    struct FileRights: OptionSet, Sendable, Hashable {
        let rawValue: UInt64

        static let execute = FileRights(rawValue: 1 << 0)
        static let writeFile = FileRights(rawValue: 1 << 1)
        static let readFile = FileRights(rawValue: 1 << 2)
        static let readDirectory = FileRights(rawValue: 1 << 3)
        static let removeDirectory = FileRights(rawValue: 1 << 4)
        static let removeFile = FileRights(rawValue: 1 << 5)
        static let makeCharacterDevice = FileRights(rawValue: 1 << 6)
        static let makeDirectory = FileRights(rawValue: 1 << 7)
        static let makeFile = FileRights(rawValue: 1 << 8)
        static let makeSocket = FileRights(rawValue: 1 << 9)
        static let makeFIFO = FileRights(rawValue: 1 << 10)
        static let makeBlockDevice = FileRights(rawValue: 1 << 11)
        static let makeLink = FileRights(rawValue: 1 << 12)
        /// Renaming and linking between directories; from ABI 2.
        static let refer = FileRights(rawValue: 1 << 13)
        /// truncate(2) and O_TRUNC; from ABI 3.
        static let truncate = FileRights(rawValue: 1 << 14)
        /// ioctl(2) on devices; from ABI 5.
        static let deviceControl = FileRights(rawValue: 1 << 15)

        /// Those that make sense on a file that is no directory.
        static let ofFile: FileRights = [.execute, .writeFile, .readFile, .truncate, .deviceControl]

        /// All that an ABI knows.
        static func known(abi: Int) -> FileRights {
            let count = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13
            return FileRights(rawValue: (1 << UInt64(count)) - 1)
        }
    }

    /// What may be done with TCP ports; from ABI 4.
    struct PortRights: OptionSet, Sendable, Hashable {
        let rawValue: UInt64

        static let bind = PortRights(rawValue: 1 << 0)
        static let connect = PortRights(rawValue: 1 << 1)
    }

    /// What is kept inside the domain; from ABI 6.
    struct Scopes: OptionSet, Sendable, Hashable {
        let rawValue: UInt64

        static let abstractSockets = Scopes(rawValue: 1 << 0)
        static let signals = Scopes(rawValue: 1 << 1)
    }

    /// Rules, built once and then enforced on any number of processes.
    final class Ruleset: Sendable {
        private let descriptor: Descriptor
        private let handled: FileRights

        /// A ruleset that denies all of these where no rule allows it. What `abi` does not know must not be asked.
        init(abi: Int, files: FileRights, ports: PortRights, scopes: Scopes) throws(SystemError) {
            descriptor = Descriptor(
                owning: try checked(
                    "landlock_create_ruleset",
                    result: scriptron_landlock_create(Int32(abi), files.rawValue, ports.rawValue, scopes.rawValue)))
            handled = files
        }

        /// Allows rights at and below a path, links followed; rights of directories are left out for a file.
        ///
        /// - Returns: False where there is nothing at the path.
        @discardableResult
        func allow(_ path: Path, _ rights: FileRights) throws(SystemError) -> Bool {
            let number = path.withCString { open($0, scriptron_open_path_only | O_CLOEXEC) }
            if number < 0, errno == ENOENT || errno == ENOTDIR { return false }
            if number < 0 { throw SystemError.current("open", path.text) }
            try allow(Descriptor(owning: number), path, rights)
            return true
        }

        /// The same at and below an open file; `path` is for the error.
        func allow(_ file: Descriptor, _ path: Path, _ rights: FileRights) throws(SystemError) {
            let fitting = try FileStatus(of: file).kind == .directory ? rights : rights.intersection(.ofFile)
            let allowed = fitting.intersection(handled)
            if allowed.isEmpty { return }
            try checked(
                "landlock_add_rule", path.text,
                result: scriptron_landlock_allow_path(descriptor.number, file.number, allowed.rawValue))
        }

        /// Allows rights on a TCP port.
        func allow(port: UInt16, _ rights: PortRights) throws(SystemError) {
            try checked(
                "landlock_add_rule", "port \(port)",
                result: scriptron_landlock_allow_port(descriptor.number, port, rights.rawValue))
        }

        /// Its descriptor's number.
        var number: Int32 { descriptor.number }
    }
}
