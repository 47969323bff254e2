import CLinux
import Glibc

/// Bytes in memory that nobody can change any more, passed between processes as a descriptor (memfd_create(2)).
package enum SealedMemory {
    /// A sealed memory file with these bytes; `name` shows in /proc only.
    package static func create(name: String, _ bytes: [UInt8]) throws(SystemError) -> Descriptor {
        Descriptor(owning: try checked("memfd_create", name, result: scriptron_sealed_memfd(name, bytes, bytes.count)))
    }

    /// All bytes of such a file, whatever its position.
    package static func read(_ number: Int32) throws(SystemError) -> [UInt8] {
        var status = stat()
        try retrying("fstat") { fstat(number, &status) }
        let size = Int(status.st_size)
        var failed: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            do throws(SystemError) {
                while filled < size {
                    let start = filled
                    let got = try retrying("pread") {
                        pread(number, buffer.baseAddress?.advanced(by: start), size - start, off_t(start))
                    }
                    if got == 0 { break }
                    filled += got
                }
            } catch {
                failed = error
            }
        }
        if let failed { throw failed }
        return bytes
    }
}
