import CLinux
import Glibc

/// The end at which the system calls that a filter holds up are heard of and answered (seccomp_unotify(2)).
package final class CallListener: Sendable {
    package let descriptor: Descriptor
    /// The process that it was taken out of.
    package let process: Int32

    /// What was found at a listener.
    package enum Received: Sendable {
        case call(HeldCall)
        case nothing
        /// Nobody is left who could call.
        case end
    }

    /// Takes the listener of this number out of a process; EINVAL where it has none there.
    package init(of process: ProcessHandle, number: Int32) throws(SystemError) {
        let taken = try checked(
            "pidfd_getfd", "\(process.pid)", result: scriptron_pidfd_take(process.descriptor.number, number))
        descriptor = Descriptor(owning: taken)
        self.process = process.pid
        guard scriptron_listener_is(taken) == 1 else { throw SystemError(EINVAL, call: "seccomp_unotify") }
    }

    /// The next call, without waiting.
    package func receive() -> Received {
        var call = scriptron_call()
        switch scriptron_listener_receive(descriptor.number, &call) {
        case 0: return .call(HeldCall(call, self))
        case -EAGAIN: return .nothing
        default: return .end
        }
    }
}

/// A system call of another process that waits for its answer.
///
/// What it says of the process is only true while it waits: `isWaiting` is asked after each look.
package final class HeldCall: Sendable {
    /// Which calls are told apart.
    package enum Kind: Sendable, Hashable {
        case connect
        case sendTo
        case sendMessage
        case sendMessages
        case other
    }

    /// Whom this process can answer for: 2 anybody, 1 its own user, 0 nobody.
    package static func reach() -> Int32 { scriptron_broker_reach() }

    private let call: scriptron_call
    private let listener: CallListener

    fileprivate init(_ call: scriptron_call, _ listener: CallListener) {
        self.call = call
        self.listener = listener
    }

    /// The number of the system call.
    package var systemCall: Int32 { call.number }

    /// Lets the kernel make the call as it stands, judged by everything else that judges it: only for a call that was
    /// looked at, never for one that was decided on.
    @discardableResult
    package func proceed() -> Bool { scriptron_listener_proceed(listener.descriptor.number, call.id) == 0 }

    /// The text that ends with a NUL at an address of the caller; EFAULT, ENAMETOOLONG beyond `most` bytes.
    package func text(_ address: UInt64, most: Int) throws(SystemError) -> [UInt8] {
        var text: [UInt8] = []
        while text.count <= most {
            // A page at a time: the next may not be there.
            let start = address &+ UInt64(text.count)
            let piece = try read(start, count: Int(4096 - start % 4096))
            if let end = piece.firstIndex(of: 0) { return text + piece[..<end] }
            text += piece
        }
        throw SystemError(ENAMETOOLONG, call: "process_vm_readv")
    }

    /// Where a descriptor of the caller leads, by its name; nil where it has none.
    package func openPath(_ number: Int32) -> Path? { Path("/proc/\(call.thread)/fd/\(number)").linkTarget() }

    /// The calling thread's number, here.
    package var thread: Int32 { call.thread }

    package var kind: Kind {
        switch call.number {
        case scriptron_number_connect: .connect
        case scriptron_number_sendto: .sendTo
        case scriptron_number_sendmsg: .sendMessage
        case scriptron_number_sendmmsg: .sendMessages
        default: .other
        }
    }

    /// An argument, from 0.
    package func argument(_ index: Int) -> UInt64 {
        let all = call.arguments
        return switch index {
        case 0: all.0
        case 1: all.1
        case 2: all.2
        case 3: all.3
        case 4: all.4
        default: all.5
        }
    }

    /// An argument that the kernel reads as an int.
    package func number(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: argument(index)) }

    /// Whether the caller still waits.
    package var isWaiting: Bool { scriptron_listener_waits(listener.descriptor.number, call.id) == 1 }

    /// Answers with a value; false where nobody waits any more.
    @discardableResult
    package func answer(_ value: Int64) -> Bool {
        scriptron_listener_answer(listener.descriptor.number, call.id, value, 0) == 0
    }

    /// Answers with an errno; false where nobody waits any more.
    @discardableResult
    package func fail(_ number: Int32) -> Bool {
        scriptron_listener_answer(listener.descriptor.number, call.id, 0, number) == 0
    }

    /// The caller's socket of this number, as one of ours.
    package func socket(_ number: Int32) throws(SystemError) -> BrokeredSocket {
        let taken = try checked("pidfd_getfd", result: scriptron_take_descriptor(call.thread, number))
        return try BrokeredSocket(owning: taken)
    }

    /// Bytes of the caller's memory; EFAULT where not all of them are there.
    package func read(_ address: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        if count == 0 { return [] }
        var result = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            result = scriptron_memory_read(call.thread, address, buffer.baseAddress, count)
            filled = max(0, result)
        }
        try checked("process_vm_readv", result: result)
        guard bytes.count == count else { throw SystemError(EFAULT, call: "process_vm_readv") }
        return bytes
    }

    /// Writes to the caller's memory.
    package func write(_ bytes: [UInt8], at address: UInt64) throws(SystemError) {
        let result = try checked(
            "process_vm_writev", result: scriptron_memory_write(call.thread, address, bytes, bytes.count))
        guard result == bytes.count else { throw SystemError(EFAULT, call: "process_vm_writev") }
    }

    /// The caller's name, as `ps` shows it.
    package var callerName: String {
        let bytes = (try? Files.readSmall(Path("/proc/\(call.thread)/comm"))) ?? []
        return String(decoding: bytes.filter { (32..<127).contains($0) }, as: UTF8.self)
    }

    /// The caller's working directory.
    package var workingDirectory: Path? { Path("/proc/\(call.thread)/cwd").linkTarget() }

    /// Whom the caller's calls are judged as: its effective user, group and supplementary groups.
    package var credentials: (uid: UInt32, gid: UInt32, groups: [UInt32])? {
        guard let text = try? Files.readSmall(Path("/proc/\(call.thread)/status")) else { return nil }
        func numbers(_ key: String) -> [UInt32]? {
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
            guard let line = lines.first(where: { $0.hasPrefix(key) }) else { return nil }
            return line.dropFirst(key.count).split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
        }
        guard let users = numbers("Uid:"), let own = numbers("Gid:"), users.count == 4, own.count == 4 else {
            return nil
        }
        return (users[1], own[1], numbers("Groups:") ?? [])
    }
}
