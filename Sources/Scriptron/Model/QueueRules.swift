/// What queues take, wherever a task comes from: a script, a file, the command line.
package enum QueueRules {
    /// The longest that a task may be put off, and the longest lease, in seconds.
    package static let longest = 366 * 86400.0
    /// The most bytes of an error that a task keeps.
    package static let errorCap = 2000

    /// The name of a queue: letters, digits, `.`, `_`, `-`, at most 64.
    package static func name(_ text: String) throws(Failure) -> String {
        let isKnown = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isKnown, (1...64).contains(text.utf8.count) else {
            throw Failure(
                code: "EARGUMENT", "\"\(escaped(Array(text.utf8).prefix(80)))\" is no name of a queue",
                cure: "it is 1 to 64 letters, digits, dots, underscores and hyphens")
        }
        return text
    }

    /// A key: 1 to 512 bytes.
    package static func key(_ text: String) throws(Failure) -> String {
        guard (1...512).contains(text.utf8.count) else {
            throw Failure(code: "EARGUMENT", "the key of a task is text of 1 to 512 bytes, not of \(text.utf8.count)")
        }
        return text
    }

    /// How deep lists and tables of a body may nest: it goes through frames and records that put it deeper.
    package static let depthCap = 90

    /// A body that can be kept: it has a form in JSON, and is not too large (`E2BIG`) nor too deep.
    package static func body(_ value: Value) throws(Failure) -> Value {
        _ = try size(value)
        return value
    }

    /// Bodies that can be pushed together: not too many (`E2BIG`), and each one that can be kept.
    package static func bodies(_ values: [Value]) throws(Failure) -> [Value] {
        guard values.count <= QueueTask.batchCap else {
            throw Failure(
                code: "E2BIG", "one push takes \(QueueTask.batchCap) tasks, and these are \(values.count)",
                cure: "push them in pieces, each durable by itself")
        }
        var bytes = 0
        for (index, value) in values.enumerated() {
            do throws(Failure) {
                bytes += try size(value)
            } catch {
                throw Failure(code: error.code, "task \(index + 1): \(error.message)", cure: error.cure)
            }
        }
        guard bytes <= QueueTask.claimCap else {
            throw Failure(
                code: "E2BIG",
                "the bodies of one push may have \(Quantity.describe(bytes: Int64(QueueTask.claimCap))) as JSON, and these have \(Quantity.describe(bytes: Int64(bytes)))",
                cure: "push them in pieces, each durable by itself")
        }
        return values
    }

    /// The size of a body as JSON, in bytes, where it can be kept.
    private static func size(_ value: Value) throws(Failure) -> Int {
        guard isShallow(value, depthCap) else {
            throw Failure(
                code: "EARGUMENT", "the body of a task may nest \(depthCap) levels, and this one nests deeper")
        }
        let size = try JSON.encode(value).count
        guard size <= QueueTask.bodyCap else {
            throw Failure(
                code: "E2BIG",
                "the body of a task may have \(Quantity.describe(bytes: Int64(QueueTask.bodyCap))) as JSON, and this one has \(Quantity.describe(bytes: Int64(size)))",
                cure: "keep large data in a file, and let the body name it")
        }
        return size
    }

    private static func isShallow(_ value: Value, _ levels: Int) -> Bool {
        switch value {
        case .list(let values): levels > 0 && values.allSatisfy { isShallow($0, levels - 1) }
        case .map(let values): levels > 0 && values.values.allSatisfy { isShallow($0, levels - 1) }
        default: true
        }
    }

    /// Seconds from now: not below 0, not beyond a year.
    package static func delay(_ seconds: Double, _ name: String = "delay") throws(Failure) -> Double {
        guard seconds.isFinite, seconds >= 0, seconds <= longest else {
            throw Failure(code: "EARGUMENT", "\(name) must be from 0 to 366 days")
        }
        return seconds
    }

    /// Any bytes as the text of an error: what is no printable UTF-8 is escaped, what is too long is cut.
    package static func error(_ bytes: [UInt8]) -> String {
        guard bytes.count > errorCap else { return escaped(bytes[...]) }
        return escaped(bytes.prefix(errorCap)) + "… (\(bytes.count) bytes in all)"
    }

    private static func escaped(_ bytes: ArraySlice<UInt8>) -> String {
        let bytes = Array(bytes)
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let length = byte < 0x80 ? 1 : UTF8Sequence.length(in: bytes, at: index)
            let isControl =
                byte < 0x20 && byte != 0x0A || byte == 0x7F || (byte == 0xC2 && length == 2 && bytes[index + 1] < 0xA0)
            if length == 0 || isControl {
                for part in bytes[index..<index + max(length, 1)] {
                    text +=
                        Array("\\x".utf8) + Array(String(part >> 4, radix: 16).utf8)
                        + Array(String(part & 15, radix: 16).utf8)
                }
            } else {
                text += bytes[index..<index + length]
            }
            index += max(length, 1)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
