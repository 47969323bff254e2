import CLinux
import Glibc

/// A file that comes into being whole or not at all: it is written under another name in the same directory, made
/// durable, and renamed. Until then, whatever fails, the name keeps what it had.
package final class AtomicFile {
    package let descriptor: Descriptor
    private let directory: Directory
    private let name: [UInt8]
    private let temporary: [UInt8]
    private var pending = true

    /// What the names of unfinished files begin with.
    package static let prefix = ".scriptron-"

    /// Begins a file that will be `name` in the directory, with this mode less the umask.
    ///
    /// The unfinished file's name follows from `name`, and it is locked (flock(2)): what a killed process left behind is
    /// found and removed by the next that writes the same file. Where another is writing it now, a random name is taken.
    package init(_ name: [UInt8], in directory: Directory, mode: UInt32 = 0o600) throws(SystemError) {
        self.directory = directory
        self.name = name
        let expected = Self.temporaryName(Self.digest(name))
        if let descriptor = try Self.create(expected, in: directory, mode, replacingLeftover: true) {
            self.descriptor = descriptor
            temporary = expected
            return
        }
        var generator = SystemRandomNumberGenerator()
        while true {
            let random = Self.temporaryName(generator.next())
            if let descriptor = try Self.create(random, in: directory, mode, replacingLeftover: false) {
                self.descriptor = descriptor
                temporary = random
                return
            }
        }
    }

    private static func temporaryName(_ number: UInt64) -> [UInt8] {
        Array((prefix + String(number, radix: 36) + ".tmp").utf8)
    }

    /// FNV-1a, which is the same in every process.
    private static func digest(_ name: [UInt8]) -> UInt64 {
        name.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Makes and locks a file that was not there; nil where one is there, and is not a leftover of our own.
    private static func create(
        _ name: [UInt8], in directory: Directory, _ mode: UInt32, replacingLeftover: Bool
    ) throws(SystemError) -> Descriptor? {
        do throws(SystemError) {
            let descriptor = try directory.open(name, O_RDWR | O_CREAT | O_EXCL, mode: mode)
            // Another may have taken it for a leftover before it was locked: then it has no name any more.
            guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0, try FileStatus(of: descriptor).links == 1 else {
                return nil
            }
            return descriptor
        } catch {
            if error.number != EEXIST { throw error }
            guard replacingLeftover, let leftover = try? directory.open(name, O_RDONLY | O_NONBLOCK),
                let status = try? FileStatus(of: leftover), status.kind == .file, status.uid == geteuid(),
                flock(leftover.number, LOCK_EX | LOCK_NB) == 0, (try? directory.unlink(name)) != nil
            else { return nil }
            return try create(name, in: directory, mode, replacingLeftover: false)
        }
    }

    deinit { abandon() }

    /// The unfinished file's name in its directory, for a library that opens it itself.
    package var temporaryName: [UInt8] { temporary }

    /// Removes what was written so far. Without an effect once it is committed.
    package func abandon() {
        guard pending else { return }
        pending = false
        // Best effort: where even this fails, the name tells what it is.
        try? directory.unlink(temporary)
    }

    /// Makes the content durable, gives it its name, and makes that durable. Without `replace` an existing name is an
    /// error (EEXIST), also one that appears in this moment. A failure leaves nothing behind.
    package func commit(replace: Bool) throws(SystemError) {
        do throws(SystemError) {
            try sync()
        } catch {
            abandon()
            throw error
        }
        try publish(replace: replace)
        try directory.sync()
    }

    /// Makes the content durable (fsync(2)).
    package func sync() throws(SystemError) { try retrying("fsync") { fsync(descriptor.number) } }

    /// Gives it its name, as `commit` does; to make that durable is left to the caller, who syncs the directory once
    /// for many files.
    package func publish(replace: Bool) throws(SystemError) {
        do throws(SystemError) {
            try directory.rename(temporary, to: name, in: directory, replace: replace)
            pending = false
        } catch {
            abandon()
            throw error
        }
    }
}
