/// A zone's changes of offset, as its file gives them (TZif, RFC 8536), and the rule for the years after.
struct ZoneTable: Sendable, Hashable {
    /// An unbroken stretch of time with one offset: from `start` up to, not including, `end` (epoch seconds).
    /// `Int64.min` and `Int64.max` stand for no bound.
    struct Period: Sendable, Hashable {
        var start: Int64
        var end: Int64
        var offset: ZoneOffset
    }

    /// Epoch seconds, rising.
    private var transitions: [Int64]
    /// For each transition, which of `offsets` holds from it on.
    private var indexes: [UInt8]
    /// The first one holds before the first transition.
    private var offsets: [ZoneOffset]
    private var rule: PosixZoneRule?

    /// A zone that has one rule for all times.
    init(rule: PosixZoneRule) {
        self.transitions = []
        self.indexes = []
        self.offsets = [rule.standard]
        self.rule = rule
    }

    /// The period that holds an instant.
    func period(at instant: Int64) -> Period {
        // Beyond some hundred thousand years nothing is asked, and the arithmetic must not overflow.
        let instant = min(max(instant, -9_300_000_000_000), 9_300_000_000_000)
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        guard low == transitions.count else {
            let start = low == 0 ? Int64.min : transitions[low - 1]
            let offset = low == 0 ? offsets[0] : offsets[Int(indexes[low - 1])]
            return Period(start: start, end: transitions[low], offset: offset)
        }
        let base = transitions.last ?? Int64.min
        let last = indexes.last.map { offsets[Int($0)] } ?? offsets[0]
        guard let rule else { return Period(start: base, end: .max, offset: last) }
        return Self.period(at: instant, of: rule, after: base, offset: last)
    }

    /// The period of the rule, which takes over at `base`, where `last` is the offset.
    private static func period(
        at instant: Int64, of rule: PosixZoneRule, after base: Int64, offset last: ZoneOffset
    ) -> Period {
        guard rule.summer != nil else { return Period(start: base, end: .max, offset: rule.standard) }
        let year = LocalTime(localSeconds: instant).date.year
        var current = Period(start: base, end: .max, offset: last)
        // Two years before and after: a rule's times may lie up to a week outside of their year.
        for year in year - 2...year + 2 {
            for (at, offset) in rule.transitions(in: year) where at > base {
                guard at <= instant else { return Period(start: current.start, end: at, offset: current.offset) }
                current = Period(start: at, end: .max, offset: offset)
            }
        }
        return current
    }
}

extension ZoneTable {
    /// What is wrong with a zone's file.
    struct FormatError: Error, Hashable {
        var message: String
    }

    /// Reads a TZif file of version 1 to 4. Files that count leap seconds (`right/…`) are refused, for instants here
    /// do not.
    init(tzif bytes: [UInt8]) throws(FormatError) {
        var reader = TZifReader(bytes: bytes)
        var header = try reader.header()
        var wide = false
        if header.version > 0 {
            // The first block repeats the data in 32 bits for old readers.
            try reader.skip(header.length(wide: false))
            header = try reader.header()
            wide = true
        }
        guard header.leaps == 0 else { throw FormatError(message: "it counts leap seconds") }
        guard (1...255).contains(header.types), header.abbreviations > 0 else {
            throw FormatError(message: "it has no kinds of local time")
        }
        transitions = []
        for _ in 0..<header.transitions { transitions.append(try reader.integer(wide ? 8 : 4)) }
        indexes = try reader.bytes(header.transitions)
        let types = try reader.bytes(header.types * 6)
        let names = try reader.bytes(header.abbreviations)
        try reader.skip(header.standardFlags + header.utcFlags)
        offsets = []
        for start in stride(from: 0, to: types.count, by: 6) {
            let seconds = TZifReader.integer(types[start..<start + 4])
            let nameStart = Int(types[start + 5])
            guard abs(seconds) < 26 * 3600, nameStart < names.count else {
                throw FormatError(message: "one of its kinds of local time is out of range")
            }
            let name = names[nameStart...].prefix { $0 != 0 }
            offsets.append(
                ZoneOffset(
                    seconds: seconds, isSummer: types[start + 4] != 0,
                    abbreviation: String(decoding: name, as: UTF8.self)))
        }
        let rising = zip(transitions, transitions.dropFirst()).allSatisfy { $0 < $1 }
        // RFC 8536, section 3.2 keeps them above -2^59; what is beyond would overflow the arithmetic.
        guard transitions.allSatisfy({ $0.magnitude <= 1 << 60 }) else {
            throw FormatError(message: "one of its transitions is out of range")
        }
        guard rising, indexes.allSatisfy({ Int($0) < header.types }) else {
            throw FormatError(message: "its transitions are out of order or of unknown kind")
        }
        rule = nil
        guard wide else { return }
        let footer = try reader.footer()
        guard !footer.isEmpty else { return }
        guard let rule = PosixZoneRule(footer) else { throw FormatError(message: "its last rule cannot be read") }
        self.rule = rule
    }
}

/// Reads a TZif file from the front; every length is checked, for the file may be anything.
private struct TZifReader {
    struct Header {
        var version: UInt8
        var utcFlags: Int
        var standardFlags: Int
        var leaps: Int
        var transitions: Int
        var types: Int
        var abbreviations: Int

        /// The length of the block behind the header.
        func length(wide: Bool) -> Int {
            let time = wide ? 8 : 4
            return transitions * (time + 1) + types * 6 + abbreviations + leaps * (time + 4) + standardFlags + utcFlags
        }
    }

    private var rest: ArraySlice<UInt8>

    init(bytes: [UInt8]) { self.rest = bytes[...] }

    mutating func bytes(_ count: Int) throws(ZoneTable.FormatError) -> [UInt8] {
        guard count <= rest.count else { throw ZoneTable.FormatError(message: "it is cut short") }
        let piece = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        return piece
    }

    mutating func skip(_ count: Int) throws(ZoneTable.FormatError) { _ = try bytes(count) }

    /// A big-endian number with a sign.
    static func integer(_ bytes: some Sequence<UInt8>) -> Int64 {
        var value: Int64?
        for byte in bytes { value = (value ?? (byte & 0x80 == 0 ? 0 : -1)) << 8 | Int64(byte) }
        return value ?? 0
    }

    mutating func integer(_ length: Int) throws(ZoneTable.FormatError) -> Int64 { Self.integer(try bytes(length)) }

    /// `TZif`, a version, 15 bytes kept free, and six counts.
    mutating func header() throws(ZoneTable.FormatError) -> Header {
        guard try bytes(4) == Array("TZif".utf8) else { throw ZoneTable.FormatError(message: "it is no TZif file") }
        let version = try bytes(16)[0]
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = try integer(4)
            guard (0...1_000_000).contains(count) else {
                throw ZoneTable.FormatError(message: "one of its counts is out of range")
            }
            counts.append(Int(count))
        }
        return Header(
            version: version, utcFlags: counts[0], standardFlags: counts[1], leaps: counts[2],
            transitions: counts[3], types: counts[4], abbreviations: counts[5])
    }

    /// The text between two line feeds at the end.
    mutating func footer() throws(ZoneTable.FormatError) -> ArraySlice<UInt8> {
        guard rest.first == 10, let end = rest.dropFirst().firstIndex(of: 10) else {
            throw ZoneTable.FormatError(message: "it is cut short")
        }
        return rest[rest.startIndex + 1..<end]
    }
}
