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
    package init(_ name: [UInt8], in directory: Directory, mode: UInt32 = 0o600) throws(SystemError) {
        self.directory = directory
        self.name = name
        var generator = SystemRandomNumberGenerator()
        while true {
            let temporary = Array((Self.prefix + String(generator.next(), radix: 36) + ".tmp").utf8)
            do throws(SystemError) {
                descriptor = try directory.open(temporary, O_RDWR | O_CREAT | O_EXCL, mode: mode)
                self.temporary = temporary
                return
            } catch  where error.number == EEXIST {
                continue
            }
        }
    }

    deinit { abandon() }

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
            try retrying("fsync") { fsync(descriptor.number) }
            do throws(SystemError) {
                try directory.rename(temporary, to: name, in: directory, replace: replace)
            } catch  where !replace && error.number == EINVAL {
                // A file system without RENAME_NOREPLACE: a hard link never replaces either.
                try directory.link(temporary, of: directory, to: name)
                try directory.unlink(temporary)
            }
            pending = false
            try directory.sync()
        } catch {
            abandon()
            throw error
        }
    }
}
