/// What files are compressed as.
package enum CompressionFormat: String, Sendable, Hashable, CaseIterable {
    case zstd
    case gzip

    /// The levels that make sense: more of them costs time, less of them space.
    package var levels: ClosedRange<Int> { self == .zstd ? 1...19 : 1...9 }

    /// The level where nobody says otherwise.
    package var usualLevel: Int { self == .zstd ? 3 : 6 }

    /// The format that begins with these bytes; nil: none that is known.
    init?(beginningWith bytes: some Collection<UInt8>) {
        if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else {
            return nil
        }
    }
}

/// How a file is compressed.
package struct CompressOptions: Sendable, Hashable {
    package var format = CompressionFormat.zstd
    /// Nil: the format's usual one.
    package var level: Int?

    package init() {}
}

/// One file of many to compress.
package struct CompressItem: Sendable {
    package var from: CheckedPath
    /// The file as it was seen: another, or one that was written to since, is not read. Nil: whatever is there.
    package var seen: FileStatus?
    package var to: CheckedPath

    package init(from: CheckedPath, seen: FileStatus? = nil, to: CheckedPath) {
        self.from = from
        self.seen = seen
        self.to = to
    }
}

/// What became of a file that was compressed or decompressed.
package struct ConvertedFile: Sendable, Hashable {
    /// Bytes of the content.
    package var bytes: Int64
    /// Bytes of the compressed file.
    package var stored: Int64
    /// SHA-256 of the content, in hexadecimal; nil where it was only planned.
    package var sha256: String?
}
