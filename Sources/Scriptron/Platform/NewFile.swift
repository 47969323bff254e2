import Glibc

/// Files that are made once and never overwritten.
package enum NewFile {
    /// Writes a new file; false, and nothing is changed, where there is one already.
    package static func create(_ path: Path, _ bytes: [UInt8], mode: UInt32) throws(SystemError) -> Bool {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        let number = path.withCString { open($0, flags, mode_t(mode)) }
        if number < 0 {
            if errno == EEXIST { return false }
            throw SystemError.current("open", path.text)
        }
        try Descriptor(owning: number).write(bytes)
        return true
    }
}
