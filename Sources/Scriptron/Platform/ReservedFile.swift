import Glibc

/// A file that holds nothing but its place on the disk, so that there is some when the disk is full.
package struct ReservedFile: Sendable {
    package let path: Path

    package init(_ path: Path) { self.path = path }

    /// Bytes that it holds of the disk; 0 where it is not there.
    package var held: Int64 { (try? FileStatus.of(path, follow: false))??.allocated ?? 0 }

    /// Takes so many bytes (posix_fallocate(3)); on failure none.
    package func take(_ bytes: Int64) throws(SystemError) {
        let descriptor = try StateFiles.open(path, .write)
        let number = posix_fallocate(descriptor.number, 0, off_t(bytes))
        if number == 0 { return }
        _ = try? StateFiles.remove(path)
        throw SystemError(number, call: "posix_fallocate", subject: path.text)
    }

    /// Gives them back to the disk; whether there were any.
    @discardableResult
    package func release() -> Bool { (try? StateFiles.remove(path)) ?? false }
}
