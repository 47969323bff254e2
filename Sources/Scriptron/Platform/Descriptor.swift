import Glibc

/// A file descriptor that is closed when its last owner lets go of it.
package final class Descriptor: Sendable {
    /// The kernel's number for it.
    package let number: Int32

    /// Takes over an open descriptor.
    package init(owning number: Int32) { self.number = number }

    deinit { Glibc.close(number) }

    /// Closes these descriptors, whoever owns them: for a forked process that never lets go of their owners.
    static func close(_ numbers: [Int32]) {
        for number in numbers { Glibc.close(number) }
    }

    /// A second descriptor of the same open file, close-on-exec.
    package func duplicated() throws(SystemError) -> Descriptor {
        Descriptor(owning: try duplicatedNumber())
    }

    /// A second number of the same open file, close-on-exec, for somebody who closes it himself: a C library.
    package func duplicatedNumber() throws(SystemError) -> Int32 {
        try retrying("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, 3) }
    }

    /// Sets or clears O_NONBLOCK (fcntl(2)).
    package func setNonBlocking(_ on: Bool) throws(SystemError) {
        let flags = try retrying("fcntl") { fcntl(number, F_GETFL) }
        try retrying("fcntl") { fcntl(number, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) }
    }

    /// Closes it in whatever program this process becomes (FD_CLOEXEC).
    package func setCloseOnExec() throws(SystemError) {
        try retrying("fcntl") { fcntl(number, F_SETFD, FD_CLOEXEC) }
    }

    /// Reads at most `count` bytes; empty at the end of the file.
    package func read(_ count: Int) throws(SystemError) -> [UInt8] {
        var failed: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(SystemError) {
                filled = try retrying("read") { Glibc.read(number, buffer.baseAddress, count) }
            } catch {
                failed = error
            }
        }
        if let failed { throw failed }
        return bytes
    }

    /// Writes all bytes, however many calls that takes.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let left = bytes.count - done
            done += try retrying("write") {
                bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress?.advanced(by: done), left) }
            }
        }
    }
}
