import CLinux
import Glibc

/// Copies the content of one open file to another, holes kept as holes.
package enum FileCopy {
    /// Copies from the start of `source` to the start of an empty `target`; returns the bytes of the copy's length.
    /// `check` is called between pieces and may end it by throwing.
    ///
    /// What is appended to `source` meanwhile is copied too or left out, never half of it: the copy is what the source
    /// began with.
    package static func content(
        from source: Descriptor, to target: Descriptor, check: () throws -> Void = {}
    ) throws -> Int64 {
        var offset: Int64 = 0
        while true {
            try check()
            let data = scriptron_seek_data(source.number, offset, 0)
            if data == -Int64(ENXIO) {
                // A hole up to the end as it is now, unless something was appended before the end was looked at.
                let size = try FileStatus(of: source).size
                if size > offset, scriptron_seek_data(source.number, offset, 0) != -Int64(ENXIO) { continue }
                return try end(target, at: max(size, offset))
            }
            if data < 0 { return try rest(of: source, to: target, from: offset, check: check) }
            let hole = try checked("lseek", result: scriptron_seek_data(source.number, data, 1))
            try seek(source, data)
            try seek(target, data)
            offset = data + (try copy(hole - data, from: source, to: target, check: check))
            // Shorter than it was: that is its end now.
            if offset < hole { return try end(target, at: offset) }
        }
    }

    /// Sets the copy's length, for it may end with a hole.
    private static func end(_ target: Descriptor, at length: Int64) throws(SystemError) -> Int64 {
        try retrying("ftruncate") { ftruncate(target.number, off_t(length)) }
        return length
    }

    /// Copies what `source` has from `offset` on to the same place of `target`; returns the length of both, as far as
    /// they are the same.
    package static func rest(
        of source: Descriptor, to target: Descriptor, from offset: Int64, check: () throws -> Void = {}
    ) throws -> Int64 {
        try seek(source, offset)
        try seek(target, offset)
        var length = offset
        while true {
            try check()
            let bytes = try source.read(1 << 20)
            if bytes.isEmpty { return length }
            try target.write(bytes)
            length += Int64(bytes.count)
        }
    }

    /// Copies exactly `count` bytes, or less where the source ends before; returns how many.
    private static func copy(
        _ count: Int64, from source: Descriptor, to target: Descriptor, check: () throws -> Void
    ) throws -> Int64 {
        var left = count
        while left > 0 {
            try check()
            let piece = Int(min(left, 8 << 20))
            let copied = scriptron_copy_range(source.number, target.number, piece)
            if copied == -Int(EINTR) { continue }
            if copied <= 0 {
                // Not between these file systems, or not by this kernel: by reading and writing.
                let bytes = try source.read(min(piece, 1 << 20))
                if bytes.isEmpty { break }
                try target.write(bytes)
                left -= Int64(bytes.count)
            } else {
                left -= Int64(copied)
            }
        }
        return count - left
    }

    private static func seek(_ file: Descriptor, _ offset: Int64) throws(SystemError) {
        try retrying("lseek") { lseek(file.number, off_t(offset), SEEK_SET) }
    }
}
