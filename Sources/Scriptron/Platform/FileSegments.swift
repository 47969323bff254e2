import CLinux
import Glibc

/// A stretch of a file that holds data; what lies between two of them is a hole.
package struct FileSegment: Sendable, Hashable {
    package var offset: Int64
    package var length: Int64

    package init(offset: Int64, length: Int64) {
        self.offset = offset
        self.length = length
    }
}

extension Descriptor {
    /// Where the first `size` bytes of the file hold data (lseek(2), SEEK_DATA); nil where it has no holes, more than
    /// `limit` of them, or a file system that does not say.
    package func segments(size: Int64, limit: Int = 100_000) -> [FileSegment]? {
        var segments: [FileSegment] = []
        var offset: Int64 = 0
        while offset < size {
            let data = scriptron_seek_data(number, offset, 0)
            if data == -Int64(ENXIO) { break }
            guard data >= offset, segments.count < limit else { return nil }
            let hole = scriptron_seek_data(number, data, 1)
            guard hole > data else { return nil }
            if data < size { segments.append(FileSegment(offset: data, length: min(hole, size) - data)) }
            offset = hole
        }
        let held = segments.reduce(0) { $0 + $1.length }
        return held == size ? nil : segments
    }

    /// Moves the position to so many bytes from the start (lseek(2)).
    package func seek(to offset: Int64) throws(SystemError) {
        try retrying("lseek") { lseek(number, off_t(offset), SEEK_SET) }
    }

    /// Sets the file's length; what is new is a hole (ftruncate(2)).
    package func setLength(_ size: Int64) throws(SystemError) {
        try retrying("ftruncate") { ftruncate(number, off_t(size)) }
    }
}
