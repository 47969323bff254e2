/// Reads the members of a tar archive, one after the other: ustar, pax, and what GNU tar writes. Hostile ones too: what
/// it does not understand, or what does not fit together, is a failure (`EDAMAGED`), and nothing is taken on trust.
final class TarReader {
    private let source: () throws -> [UInt8]
    private var buffer: [UInt8] = []
    private var position = 0
    /// Bytes of the member's data that were not read, and the zeros behind them.
    private var left: Int64 = 0
    private var padding = 0
    /// Where the data goes: the stretches of a sparse file that are left, or one for all of it.
    private var segments: [FileSegment] = []
    private var atEnd = false

    private static let block = Int64(TarWriter.block)
    private static let mostHeader: Int64 = 16 << 20

    /// - Parameter source: The archive's next bytes, decompressed; none at the end.
    init(_ source: @escaping () throws -> [UInt8]) { self.source = source }

    /// The next member; nil at the end. What was not read of the last one is passed over.
    func next() throws -> TarMember? {
        if atEnd { return nil }
        while try piece() != nil {}
        var records: [String: [UInt8]] = [:]
        var longName: [UInt8]?
        var longTarget: [UInt8]?
        while true {
            let header = try take(TarWriter.block)
            if header.allSatisfy({ $0 == 0 }) {
                try drain()
                return nil
            }
            try Self.check(header)
            let size = try Self.number(header[124..<136])
            guard size >= 0 else { throw Decompressor.damaged("a member has a negative size") }
            switch header[156] {
            case UInt8(ascii: "x"): try Self.records(try body(size), into: &records)
            // What holds for all that follows is of no use here: names, sizes and times come with each member.
            case UInt8(ascii: "g"): _ = try body(size)
            case UInt8(ascii: "L"): longName = Array(try body(size).prefix { $0 != 0 })
            case UInt8(ascii: "K"): longTarget = Array(try body(size).prefix { $0 != 0 })
            default: return try member(header, size, records, longName, longTarget)
            }
        }
    }

    /// The next bytes of the member's content, and where in the file they belong; nil at its end.
    func piece() throws -> (offset: Int64, bytes: [UInt8])? {
        while let segment = segments.last, segment.length == 0 { segments.removeLast() }
        guard let segment = segments.last else {
            if left > 0 { throw Decompressor.damaged("a sparse member holds more than it says") }
            if padding > 0 {
                _ = try take(padding)
                padding = 0
            }
            return nil
        }
        let count = Int(min(segment.length, 1 << 20))
        let bytes = try some(count)
        left -= Int64(bytes.count)
        segments[segments.count - 1] = FileSegment(
            offset: segment.offset + Int64(bytes.count), length: segment.length - Int64(bytes.count))
        return (segment.offset, bytes)
    }

    private func member(
        _ header: [UInt8], _ headerSize: Int64, _ records: [String: [UInt8]], _ longName: [UInt8]?,
        _ longTarget: [UInt8]?
    ) throws -> TarMember {
        func text(_ range: Range<Int>) -> [UInt8] { Array(header[range].prefix { $0 != 0 }) }
        func whole(_ key: String, _ range: Range<Int>) throws -> Int64 {
            guard let record = records[key] else { return try Self.number(header[range]) }
            guard let number = Int64(String(decoding: record, as: UTF8.self)), number >= 0 else {
                throw Decompressor.damaged("a member's record \(key) is no number")
            }
            return number
        }
        var name = text(0..<100)
        let isPosix = header[257..<263].elementsEqual("ustar\u{0}".utf8)
        let prefix = isPosix ? text(345..<500) : []
        if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        name = records["GNU.sparse.name"] ?? records["path"] ?? longName ?? name
        let isNamedDirectory = name.last == UInt8(ascii: "/")
        while name.count > 1, name.last == UInt8(ascii: "/") { name.removeLast() }
        let kind: TarMember.Kind
        switch header[156] {
        case UInt8(ascii: "0"), UInt8(ascii: "7"), 0: kind = isNamedDirectory ? .directory : .file
        case UInt8(ascii: "1"): kind = .hardLink
        case UInt8(ascii: "2"): kind = .link
        case UInt8(ascii: "5"): kind = .directory
        case UInt8(ascii: "6"): kind = .fifo
        default:
            throw Failure(
                code: "ENOTSUP",
                "the member \(Path(bytes: name).text) is of the type \(Unicode.Scalar(header[156]).escaped(asASCII: true))",
                cure: "take it out of the archive with tar")
        }
        var member = TarMember(name: name, kind: kind)
        member.mode = UInt32(truncatingIfNeeded: try Self.number(header[100..<108])) & 0o7777
        member.uid = UInt32(clamping: try whole("uid", 108..<116))
        member.gid = UInt32(clamping: try whole("gid", 116..<124))
        member.target = records["linkpath"] ?? longTarget ?? text(157..<257)
        member.modified = try records["mtime"].map(Self.time) ?? Self.clamped(Self.number(header[136..<148]))
        for (key, value) in records where key.hasPrefix("SCHILY.xattr.") {
            member.attributes[String(key.dropFirst("SCHILY.xattr.".count))] = value
        }
        // Only files have data.
        left = kind == .file ? try whole("size", 124..<136) : 0
        padding = TarWriter.padding(left)
        member.size = left
        segments = left > 0 ? [FileSegment(offset: 0, length: left)] : []
        if kind != .file, headerSize > 0 {
            throw Decompressor.damaged("the member \(member.text) is a \(kind.rawValue) with data")
        }
        if records["GNU.sparse.major"] != nil || records["GNU.sparse.map"] != nil {
            try readSparse(&member, records)
        }
        return member
    }

    /// The map of a sparse file of GNU tar's format 1.0, which stands before its data.
    private func readSparse(_ member: inout TarMember, _ records: [String: [UInt8]]) throws {
        guard member.kind == .file, records["GNU.sparse.major"] == Array("1".utf8),
            let size = records["GNU.sparse.realsize"].flatMap({ Int64(String(decoding: $0, as: UTF8.self)) }), size >= 0
        else {
            throw Failure(
                code: "ENOTSUP", "the member \(member.text) is a sparse file of another form than GNU tar's 1.0",
                cure: "take it out of the archive with tar")
        }
        var text: [UInt8] = []
        func line() throws -> Int64 {
            while true {
                if let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                    guard end > 0, end < 20, let number = Int64(String(decoding: text[..<end], as: UTF8.self)),
                        number >= 0
                    else { break }
                    text.removeSubrange(...end)
                    return number
                }
                guard text.count < 64, left >= Self.block else { break }
                text += try take(TarWriter.block)
                left -= Self.block
            }
            throw Decompressor.damaged("the map of the sparse member \(member.text) makes no sense")
        }
        let count = try line()
        guard count <= 1 << 20 else { throw Decompressor.damaged("the member \(member.text) has too many holes") }
        var all: [FileSegment] = []
        var reached: Int64 = 0
        var held: Int64 = 0
        for _ in 0..<count {
            let segment = FileSegment(offset: try line(), length: try line())
            guard segment.offset >= reached, segment.length <= size, segment.offset <= size - segment.length else {
                throw Decompressor.damaged("the map of the sparse member \(member.text) makes no sense")
            }
            reached = segment.offset + segment.length
            held += segment.length
            all.append(segment)
        }
        guard held == left else {
            throw Decompressor.damaged("the sparse member \(member.text) holds less than it says")
        }
        member.size = size
        member.segments = all.filter { $0.length > 0 }
        segments = all.reversed()
    }

    // Bytes.

    /// Whether header and checksum agree.
    private static func check(_ header: [UInt8]) throws {
        let expected = try number(header[148..<156])
        var sum: Int64 = 8 * 32
        for (index, byte) in header.enumerated() where !(148..<156).contains(index) { sum += Int64(byte) }
        if sum != expected { throw Decompressor.damaged("a header of it does not fit its checksum") }
    }

    /// A number of a header: octal digits, or base 256 for large ones.
    private static func number(_ field: ArraySlice<UInt8>) throws -> Int64 {
        guard let first = field.first else { return 0 }
        if first & 0x80 != 0 {
            var value: Int64 = first & 0x40 != 0 ? -1 : 0
            for (index, byte) in field.enumerated() {
                let digit = index == 0 ? (first & 0x40 != 0 ? byte : byte & 0x7F) : byte
                guard value.magnitude < 1 << 54 else { throw Decompressor.damaged("a number in a header is too large") }
                value = value << 8 | Int64(digit)
            }
            return value
        }
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        if digits.isEmpty { return 0 }
        guard let value = Int64(String(decoding: digits, as: UTF8.self), radix: 8), value >= 0 else {
            throw Decompressor.damaged("a number in a header is none")
        }
        return value
    }

    private static func clamped(_ seconds: Int64) -> Int64 {
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? 0 : product
    }

    /// `-12.5`, in nanoseconds.
    private static func time(_ record: [UInt8]) throws -> Int64 {
        var digits = record[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let seconds = Int64(String(decoding: first, as: UTF8.self)), seconds >= 0,
            seconds < 9_000_000_000
        else { throw Decompressor.damaged("a member's time is none") }
        var fraction = parts.count > 1 ? String(decoding: parts[1].prefix(9), as: UTF8.self) : ""
        fraction += String(repeating: "0", count: 9 - fraction.utf8.count)
        guard let rest = Int64(fraction), rest >= 0 else { throw Decompressor.damaged("a member's time is none") }
        let value = seconds * 1_000_000_000 + rest
        return isNegative ? -value : value
    }

    /// pax records: `LENGTH KEY=VALUE\n` each.
    private static func records(_ bytes: [UInt8], into records: inout [String: [UInt8]]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex + 2,
                length <= rest.count, rest[rest.startIndex + length - 1] == UInt8(ascii: "\n"),
                let equals = rest[space..<(rest.startIndex + length)].firstIndex(of: UInt8(ascii: "="))
            else { throw Decompressor.damaged("a record of a header makes no sense") }
            let end = rest.startIndex + length
            records[String(decoding: rest[(space + 1)..<equals], as: UTF8.self)] = Array(rest[(equals + 1)..<(end - 1)])
            rest = rest[end...]
        }
    }

    /// The data of a header that tells of the next one.
    private func body(_ size: Int64) throws -> [UInt8] {
        guard size <= Self.mostHeader else { throw Decompressor.damaged("a header of it is too large") }
        let bytes = try take(Int(size))
        _ = try take(TarWriter.padding(size))
        return bytes
    }

    /// Exactly so many bytes.
    private func take(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += try some(count - bytes.count) }
        return bytes
    }

    /// At most so many bytes, and at least one.
    private func some(_ count: Int) throws -> [UInt8] {
        if position == buffer.count {
            buffer = try source()
            position = 0
            if buffer.isEmpty { throw Decompressor.damaged("it ends in the middle of a member") }
        }
        let end = min(buffer.count, position + count)
        defer { position = end }
        return Array(buffer[position..<end])
    }

    /// Reads on to the end, so that what checks itself there is checked.
    private func drain() throws {
        atEnd = true
        while try !source().isEmpty {}
    }
}
