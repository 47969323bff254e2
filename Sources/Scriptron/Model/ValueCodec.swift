/// Values as compact bytes that come back exactly: raw bytes, whole and other numbers, NaN. For the state of jobs and
/// for the frames between host and worker.
///
/// One tag byte, then: null, false and true nothing; an int a zigzag varint; a number its eight bytes, lowest first;
/// bytes a varint length and themselves; a list a varint count and its values; a map a varint count and its members,
/// each a key (varint length, UTF-8) and a value, in the order of the keys' bytes. Equal values have equal bytes.
/// Decoding takes hostile bytes: it ends in a value or an error, within the limits.
package enum ValueCodec {
    /// What a decoder accepts.
    package struct Limits: Sendable, Hashable {
        /// How deep lists and maps may nest.
        package var depth: Int
        /// How many bytes the encoded form may have.
        package var bytes: Int
        /// How many bytes of memory the value may take, roughly: a byte can stand for a value of dozens.
        package var memory: Int

        package init(depth: Int = ValueCodec.depthLimit, bytes: Int = 64 << 20, memory: Int = .max) {
            self.depth = depth
            self.bytes = bytes
            self.memory = memory
        }
    }

    /// How deep lists and maps may nest when encoded.
    package static let depthLimit = 512

    private enum Tag: UInt8 {
        case null, no, yes, int, number, bytes, list, map
    }

    /// The value's bytes. Fails (code `EVALUE`) for a handle and for nesting beyond `depthLimit`.
    package static func encode(_ value: Value) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        try encode(value, into: &output)
        return output
    }

    /// Appends the value's bytes to `output`.
    package static func encode(_ value: Value, into output: inout [UInt8]) throws(Failure) {
        try write(value, into: &output, depth: 0)
    }

    /// The one value that `bytes` hold. Fails (code `EVALUE`) for anything else, and beyond the limits.
    package static func decode(_ bytes: [UInt8], limits: Limits = Limits()) throws(Failure) -> Value {
        guard bytes.count <= limits.bytes else {
            throw Failure(code: "EVALUE", "the encoded value has \(bytes.count) bytes, more than \(limits.bytes)")
        }
        var reader = Reader(bytes: bytes, limits: limits)
        let value = try reader.value(depth: 0)
        guard reader.index == bytes.count else { throw reader.malformed("bytes after the value") }
        return value
    }

    private static func write(_ value: Value, into output: inout [UInt8], depth: Int) throws(Failure) {
        switch value {
        case .null: output.append(Tag.null.rawValue)
        case .bool(let bool): output.append(bool ? Tag.yes.rawValue : Tag.no.rawValue)
        case .int(let int):
            output.append(Tag.int.rawValue)
            write(varint: UInt64(bitPattern: (int << 1) ^ (int >> 63)), into: &output)
        case .number(let number):
            output.append(Tag.number.rawValue)
            for shift in stride(from: 0, to: 64, by: 8) {
                output.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(shift)))
            }
        case .bytes(let bytes):
            output.append(Tag.bytes.rawValue)
            write(counted: bytes, into: &output)
        case .list(let values):
            try enter(depth)
            output.append(Tag.list.rawValue)
            write(varint: UInt64(values.count), into: &output)
            for value in values { try write(value, into: &output, depth: depth + 1) }
        case .map(let values):
            try enter(depth)
            output.append(Tag.map.rawValue)
            write(varint: UInt64(values.count), into: &output)
            let members = values.map { (key: Array($0.key.utf8), value: $0.value) }
            for member in members.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                write(counted: member.key, into: &output)
                try write(member.value, into: &output, depth: depth + 1)
            }
        case .handle(let kind, _):
            throw Failure(code: "EVALUE", "a \(kind) is bound to its run and has no plain form")
        }
    }

    private static func enter(_ depth: Int) throws(Failure) {
        guard depth < depthLimit else {
            throw Failure(code: "EVALUE", "the value nests deeper than \(depthLimit) levels")
        }
    }

    private static func write(counted bytes: [UInt8], into output: inout [UInt8]) {
        write(varint: UInt64(bytes.count), into: &output)
        output += bytes
    }

    private static func write(varint: UInt64, into output: inout [UInt8]) {
        var rest = varint
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }

    private struct Reader {
        let bytes: [UInt8]
        let limits: Limits
        var index = 0
        /// Memory that was taken.
        private var taken = 0

        init(bytes: [UInt8], limits: Limits) {
            self.bytes = bytes
            self.limits = limits
        }

        /// Counts memory before it is taken.
        private mutating func take(_ memory: Int) throws(Failure) {
            taken += memory
            guard taken <= limits.memory else {
                throw malformed("more than \(Quantity.describe(bytes: Int64(limits.memory))) in memory")
            }
        }

        mutating func value(depth: Int) throws(Failure) -> Value {
            guard let tag = Tag(rawValue: try byte()) else { throw malformed("an unknown tag") }
            switch tag {
            case .null: return .null
            case .no: return .bool(false)
            case .yes: return .bool(true)
            case .int:
                let zigzag = try varint()
                return .int(Int64(bitPattern: (zigzag >> 1) ^ (0 &- (zigzag & 1))))
            case .number:
                var bits: UInt64 = 0
                for shift in stride(from: 0, to: 64, by: 8) { bits |= UInt64(try byte()) << UInt64(shift) }
                return .number(Double(bitPattern: bits))
            case .bytes: return .bytes(Array(try counted()))
            case .list:
                let count = try enter(depth, smallestItem: 1)
                try take(32 + count * MemoryLayout<Value>.stride)
                var values: [Value] = []
                for _ in 0..<count { values.append(try value(depth: depth + 1)) }
                return .list(values)
            case .map:
                let count = try enter(depth, smallestItem: 2)
                // A table that is up to three quarters full, of keys and values.
                try take(64 + count * (MemoryLayout<Value>.stride + 16) * 2)
                var values: [String: Value] = [:]
                for _ in 0..<count {
                    guard let key = String(validating: try counted(), as: UTF8.self) else {
                        throw malformed("a key that is no valid UTF-8")
                    }
                    guard values.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                        throw malformed("a doubled key")
                    }
                }
                return .map(values)
            }
        }

        /// Reads the count of a list or map; it cannot be more than the bytes that are left could hold.
        private mutating func enter(_ depth: Int, smallestItem: Int) throws(Failure) -> Int {
            guard depth < limits.depth else { throw malformed("nesting deeper than \(limits.depth) levels") }
            let count = try varint()
            guard count <= UInt64((bytes.count - index) / smallestItem) else { throw malformed("a count too large") }
            return Int(count)
        }

        private mutating func counted() throws(Failure) -> ArraySlice<UInt8> {
            let count = try varint()
            guard count <= UInt64(bytes.count - index) else { throw malformed("a length beyond the end") }
            try take(32 + Int(count))
            defer { index += Int(count) }
            return bytes[index..<index + Int(count)]
        }

        private mutating func varint() throws(Failure) -> UInt64 {
            var result: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                let byte = try byte()
                guard shift < 63 || byte <= 1 else { break }
                result |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return result }
            }
            throw malformed("a number of more than 64 bits")
        }

        private mutating func byte() throws(Failure) -> UInt8 {
            guard index < bytes.count else { throw malformed("an end too early") }
            defer { index += 1 }
            return bytes[index]
        }

        func malformed(_ what: String) -> Failure {
            Failure(code: "EVALUE", "not an encoded value: \(what) at byte \(index)")
        }
    }
}
