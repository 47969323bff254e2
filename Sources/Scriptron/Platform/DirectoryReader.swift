import CLinux
import Glibc

/// Reads a directory a buffer at a time (getdents64(2)), so that one of a million names costs no more than a small one.
struct DirectoryReader {
    /// One name of a directory.
    struct Record {
        let name: [UInt8]
        /// What kind of file it is, where the file system says so.
        let kind: FileKind?
        /// Where the reading goes on behind it, for `lseek`.
        let offset: Int64
    }

    private let directory: Directory
    private var buffer = [UInt8](repeating: 0, count: 32 << 10)
    private var position = 0
    private var filled = 0

    init(_ directory: Directory) { self.directory = directory }

    /// The next name but `.` and `..`; nil at the end. A directory that is removed meanwhile has ended (ENOENT).
    mutating func next() throws(SystemError) -> Record? {
        if !directory.isReadable { throw SystemError(EACCES, call: "open") }
        while true {
            if position == filled {
                let count = buffer.withUnsafeMutableBytes {
                    scriptron_read_directory(directory.descriptor.number, $0.baseAddress, $0.count)
                }
                filled = count == -Int(ENOENT) ? 0 : try checked("getdents64", result: count)
                position = 0
                if filled == 0 { return nil }
            }
            let record = record(at: position)
            if record.name != [UInt8(ascii: ".")], record.name != [UInt8(ascii: "."), UInt8(ascii: ".")] {
                return record
            }
        }
    }

    /// The record at `start` (struct linux_dirent64: inode 8, offset 8, length 2, type 1, the name to its NUL).
    private mutating func record(at start: Int) -> Record {
        let (record, length) = buffer.withUnsafeBytes { bytes in
            let offset = bytes.loadUnaligned(fromByteOffset: start + 8, as: Int64.self)
            let length = Int(bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
            let name = bytes[start + 19..<start + length].prefix { $0 != 0 }
            return (Record(name: Array(name), kind: Self.kind(bytes[start + 18]), offset: offset), length)
        }
        position += length
        return record
    }

    /// The kind that d_type stands for (readdir(3)); nil: unknown.
    private static func kind(_ type: UInt8) -> FileKind? {
        switch Int(type) {
        case DT_REG: .file
        case DT_DIR: .directory
        case DT_LNK: .link
        case DT_FIFO: .fifo
        case DT_SOCK: .socket
        case DT_BLK: .block
        case DT_CHR: .character
        default: nil
        }
    }
}
