import CLinux
import Glibc

/// A compiled seccomp filter (seccomp(2)): its instructions, 8 bytes each, made once and loaded in any number of
/// processes.
package struct SystemCallFilter: Sendable, Hashable {
    let instructions: [UInt64]

    init(instructions: [UInt64]) { self.instructions = instructions }

    /// The filter that `write` writes to the descriptor it is given, as a compiler exports it.
    init(writtenBy write: (Int32) -> Int32) throws(SystemError) {
        let buffer = Descriptor(owning: try checked("memfd_create", result: scriptron_filter_buffer()))
        try checked("seccomp_export_bpf", result: write(buffer.number))
        let size = Int(try retrying("lseek") { lseek(buffer.number, 0, SEEK_END) })
        try retrying("lseek") { lseek(buffer.number, 0, SEEK_SET) }
        let bytes = try buffer.read(size)
        instructions = stride(from: 0, to: bytes.count - 7, by: 8).map { start in
            bytes[start..<start + 8].withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        }
    }

    /// Whether the kernel has such filters.
    package static func isAvailable() -> Bool { scriptron_filter_available() == 1 }
}
