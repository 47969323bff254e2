/// What /proc says of one process (proc(5)), from its texts.
struct ProcessFacts: Sendable, Hashable {
    var pid: Int32
    /// The name it goes by (`comm`, at most 15 bytes).
    var name: String
    /// `R`, `S`, `Z`…
    var state: UInt8
    var parent: Int32
    /// Kernel threads have no files, no program, no memory of their own.
    var isKernelThread: Bool
    /// Clock ticks since boot at its start; with the pid it names the process for ever (within one boot).
    var startTicks: UInt64

    /// Whether it has ended and waits to be reaped.
    var isZombie: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

    /// Nil where the text is no /proc/PID/stat.
    init?(stat text: [UInt8]) {
        // The name may hold blanks and parentheses: it ends at the last of them.
        guard let open = text.firstIndex(of: UInt8(ascii: "(")), let close = text.lastIndex(of: UInt8(ascii: ")")),
            open < close, let pid = Int32(String(decoding: text[..<open], as: UTF8.self).filter { $0 != " " })
        else { return nil }
        let fields = text[(close + 1)...].split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") })
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 19, let state = fields[0].utf8.first, let parent = Int32(fields[1]),
            let flags = UInt32(fields[6]), let start = UInt64(fields[19])
        else { return nil }
        self.pid = pid
        name = String(decoding: text[(open + 1)..<close], as: UTF8.self)
        self.state = state
        self.parent = parent
        isKernelThread = flags & 0x0020_0000 != 0  // PF_KTHREAD
        startTicks = start
    }

    /// The arguments of /proc/PID/cmdline; empty for kernel threads and zombies.
    static func arguments(_ cmdline: [UInt8]) -> [[UInt8]] {
        var parts = cmdline.split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
        while parts.last?.isEmpty == true { parts.removeLast() }
        return parts
    }

    /// The real user of /proc/PID/status.
    static func user(_ status: [UInt8]) -> UInt32? {
        for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Uid:".utf8) {
            return String(decoding: line.dropFirst(4), as: UTF8.self).split(whereSeparator: \.isWhitespace).first
                .flatMap { UInt32($0) }
        }
        return nil
    }
}

/// What /proc says of one open file of a process.
enum OpenFileText {
    /// The inode and the mode (`r`, `w`, `rw`) of /proc/PID/fdinfo/N, and whether it writes at the end alone
    /// (O_APPEND); the inode is nil before Linux 5.14.
    static func descriptor(_ text: [UInt8]) -> (inode: UInt64?, mode: String, appends: Bool) {
        var inode: UInt64?
        var mode = "r"
        var appends = false
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let parts = String(decoding: line, as: UTF8.self).split(whereSeparator: { $0 == ":" || $0.isWhitespace })
            guard parts.count == 2 else { continue }
            if parts[0] == "ino" { inode = UInt64(parts[1]) }
            if parts[0] == "flags", let flags = UInt32(parts[1], radix: 8) {
                mode = ["r", "w", "rw", "r"][Int(flags & 3)]
                appends = mode != "r" && flags & 0o2000 != 0
            }
        }
        return (inode, mode, appends)
    }

    /// The files of /proc/PID/maps, by the device and inode that stand there.
    static func mapped(_ text: [UInt8]) -> Set<FileID> {
        var files: Set<FileID> = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard fields.count > 4, let inode = UInt64(String(decoding: fields[4], as: UTF8.self)), inode != 0 else {
                continue
            }
            if fields.count > 5, isMemory(String(decoding: fields[5], as: UTF8.self)) { continue }
            let numbers = String(decoding: fields[3], as: UTF8.self).split(separator: ":")
                .compactMap { UInt64($0, radix: 16) }
            guard numbers.count == 2 else { continue }
            files.insert(FileID(device: FileID.device(major: numbers[0], minor: numbers[1]), inode: inode))
        }
        return files
    }

    /// Whether a mapped name is memory that never had one in a directory: memfd_create(2), shared memory, shmat(2).
    private static func isMemory(_ name: String) -> Bool {
        let name = name.drop { $0 == " " }
        return name.hasSuffix(" (deleted)") && ["/memfd:", "/dev/zero", "/SYSV"].contains { name.hasPrefix($0) }
    }
}

extension FileID {
    /// A device's number from its parts (makedev(3)).
    static func device(major: UInt64, minor: UInt64) -> UInt64 {
        (major & 0xFFFF_F000) << 32 | (major & 0xFFF) << 8 | (minor & 0xFFFF_FF00) << 12 | minor & 0xFF
    }

    /// Whether the device is one that no block device stands behind (btrfs, overlay, tmpfs, NFS): /proc/PID/maps may
    /// then name another number than stat(2).
    var isAnonymous: Bool { device >> 8 & 0xFFF == 0 && device >> 32 == 0 }
}
