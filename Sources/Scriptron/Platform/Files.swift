import Glibc

/// Small whole files, read and replaced.
package enum Files {
    /// The bytes of a small file such as one of /proc; fails beyond `max` bytes.
    package static func readSmall(_ path: Path, max: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        let number = try path.withCString { cString throws(SystemError) in
            try retrying("open", path.text) { open(cString, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        }
        let file = Descriptor(owning: number)
        var bytes: [UInt8] = []
        while true {
            let piece = try file.read(min(64 << 10, max + 1))
            if piece.isEmpty { return bytes }
            bytes += piece
            if bytes.count > max { throw SystemError(EFBIG, call: "read", subject: path.text) }
        }
    }
}

extension Path {
    /// The path as C takes it.
    func withCString<Result, Thrown: Error>(
        _ body: (UnsafePointer<CChar>) throws(Thrown) -> Result
    ) throws(Thrown) -> Result {
        let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
        return try terminated.withUnsafeBufferPointer { buffer throws(Thrown) in
            // The array holds at least its terminator, so that the buffer has a base.
            try body(buffer.baseAddress.unsafelyUnwrapped)
        }
    }
}
