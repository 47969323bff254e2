import CLinux
import Glibc

/// Copies the content of one open file to another, holes kept as holes.
package enum FileCopy {
    /// Copies from the start of `source` to the start of an empty `target`; returns the bytes of the copy's length.
    /// `check` is called between pieces and may end it by throwing.
    package static func content(
        from source: Descriptor, to target: Descriptor, check: () throws -> Void = {}
    ) throws -> Int64 {
        var offset: Int64 = 0
        while true {
            try check()
            let data = scriptron_seek_data(source.number, offset, 0)
            if data == -Int64(ENXIO) { break }
            if data < 0 { return try plain(from: source, to: target, from: offset, check: check) }
            let hole = try checked("lseek", result: scriptron_seek_data(source.number, data, 1))
            try seek(source, data)
            try seek(target, data)
            try copy(hole - data, from: source, to: target, check: check)
            offset = hole
        }
        // What is left is a hole up to the end of the file as it is now.
        let end = try FileStatus(of: source).size
        let length = max(end, offset)
        try retrying("ftruncate") { ftruncate(target.number, off_t(length)) }
        return length
    }

    /// Copies exactly `count` bytes, or less where the source ends before.
    private static func copy(
        _ count: Int64, from source: Descriptor, to target: Descriptor, check: () throws -> Void
    ) throws {
        var left = count
        while left > 0 {
            try check()
            let piece = Int(min(left, 8 << 20))
            let copied = scriptron_copy_range(source.number, target.number, piece)
            if copied == -Int(EINTR) { continue }
            if copied <= 0 {
                // Not between these file systems, or not by this kernel: by reading and writing.
                let bytes = try source.read(min(piece, 1 << 20))
                if bytes.isEmpty { return }
                try target.write(bytes)
                left -= Int64(bytes.count)
            } else {
                left -= Int64(copied)
            }
        }
    }

    private static func plain(
        from source: Descriptor, to target: Descriptor, from offset: Int64, check: () throws -> Void
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

    private static func seek(_ file: Descriptor, _ offset: Int64) throws(SystemError) {
        try retrying("lseek") { lseek(file.number, off_t(offset), SEEK_SET) }
    }
}
