import CLinux
import Glibc

/// A compiled seccomp filter (seccomp(2)): its instructions, 8 bytes each, made once and loaded in any number of
/// processes.
package struct SystemCallFilter: Sendable, Hashable {
    let instructions: [UInt64]

    /// Whether it makes some call wait for an answer: loading it then brings a listener.
    let holdsCalls: Bool

    init(instructions: [UInt64], holdsCalls: Bool) {
        self.instructions = instructions
        self.holdsCalls = holdsCalls
    }

    /// The filter that `write` writes to the descriptor it is given, as a compiler exports it.
    init(writtenBy write: (Int32) -> Int32) throws(SystemError) {
        let buffer = Descriptor(owning: try checked("memfd_create", result: scriptron_filter_buffer()))
        try checked("seccomp_export_bpf", result: write(buffer.number))
        let size = Int(try retrying("lseek") { lseek(buffer.number, 0, SEEK_END) })
        try retrying("lseek") { lseek(buffer.number, 0, SEEK_SET) }
        let bytes = try buffer.read(size)
        holdsCalls = false
        instructions = stride(from: 0, to: bytes.count - 7, by: 8).map { start in
            bytes[start..<start + 8].withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        }
    }

    /// What a filter can have the kernel do with a call, beside letting it pass (linux/seccomp.h).
    package enum Action: UInt32, Sendable, Hashable, CaseIterable {
        case killProcess = 0x8000_0000
        case fail = 0x0005_0000
        /// It waits for another process's answer.
        case hold = 0x7FC0_0000
        case log = 0x7FFC_0000
    }

    /// What this kernel can do with a call; nothing: it has no such filters.
    package static func actions() -> Set<Action> {
        Set(Action.allCases.filter { scriptron_filter_available($0.rawValue) == 1 })
    }
}

extension SystemCallFilter {
    /// The filter with these calls held up wherever it would allow them; what it denies it denies all the same, for no
    /// rule of its own is touched: each answer that allows becomes a jump to the new look behind it.
    func holding(_ calls: [Int32]) -> SystemCallFilter {
        func instruction(_ code: UInt64, yes: Int = 0, _ value: UInt64) -> UInt64 {
            code | UInt64(yes) << 16 | value << 32
        }
        let (load, jump, jumpIfEqual, answer): (UInt64, UInt64, UInt64, UInt64) = (0x20, 0x05, 0x15, 0x06)
        let (allow, hold): (UInt64, UInt64) = (0x7FFF_0000, 0x7FC0_0000)
        let end = instructions.count
        var held = instructions.enumerated().map { index, old in
            old == instruction(answer, allow) ? instruction(jump, UInt64(end - index - 1)) : old
        }
        held.append(instruction(load, 0))
        for (index, call) in calls.enumerated() {
            held.append(instruction(jumpIfEqual, yes: calls.count - index, UInt64(UInt32(bitPattern: call))))
        }
        held += [instruction(answer, allow), instruction(answer, hold)]
        return SystemCallFilter(instructions: held, holdsCalls: true)
    }
}
