/// A table of a script or a configuration while it is decoded: each key is taken by its name, and one that nobody took
/// is an error. Every failure names the file, the line where it can be found, and the key's path.
package struct Section {
    package let file: SourceFile
    /// The keys that lead to this table.
    package let path: [String]
    private var values: [String: Value]

    /// Fails where the value is no table with names for keys.
    package init(_ value: Value, of file: SourceFile, at path: [String] = []) throws(Failure) {
        guard let values = value.map else {
            throw Failure(
                code: "ECONFIG", "must be a table of names and values, not \(Self.describe(value))",
                place: file.place(path))
        }
        self.file = file
        self.path = path
        self.values = values
    }

    /// The names of the keys that nobody took yet, sorted.
    package var keys: [String] { values.keys.sorted() }

    /// The value of a key, if given; it counts as known from now on.
    package mutating func take(_ key: String) -> Value? {
        guard let value = values.removeValue(forKey: key), !value.isNull else { return nil }
        return value
    }

    /// A text.
    package mutating func text(_ key: String) throws(Failure) -> String? {
        guard let value = take(key) else { return nil }
        guard let text = Self.plain(value) else { throw mismatch(key, "a text", value) }
        return text
    }

    /// A text that is one: not empty, and without NUL, where C would see another, shorter one.
    private static func plain(_ value: Value) -> String? {
        guard let text = value.text, !text.isEmpty, !text.utf8.contains(0) else { return nil }
        return text
    }

    /// True or false.
    package mutating func bool(_ key: String) throws(Failure) -> Bool? {
        guard let value = take(key) else { return nil }
        guard let bool = value.bool else { throw mismatch(key, "true or false", value) }
        return bool
    }

    /// A whole number within a range.
    package mutating func integer(_ key: String, in range: ClosedRange<Int64>) throws(Failure) -> Int64? {
        guard let value = take(key) else { return nil }
        guard let integer = value.integer, range.contains(integer) else {
            throw mismatch(key, "a whole number from \(range.lowerBound) to \(range.upperBound)", value)
        }
        return integer
    }

    /// A duration in seconds, more than 0 unless `zero` is fine.
    package mutating func duration(_ key: String, zero: Bool = false) throws(Failure) -> Double? {
        guard let value = take(key) else { return nil }
        guard let seconds = Quantity.seconds(value) else {
            throw mismatch(key, "a duration such as \"90s\", \"5m\", \"7d\", or seconds", value)
        }
        guard seconds > 0 || zero else { throw mismatch(key, "a duration above 0", value) }
        return seconds
    }

    /// A size in bytes, within a range.
    package mutating func size(_ key: String, in range: ClosedRange<Int64>) throws(Failure) -> Int64? {
        guard let value = take(key) else { return nil }
        guard let bytes = Quantity.bytes(value) else {
            throw mismatch(key, "a size such as \"64MiB\", or bytes", value)
        }
        guard range.contains(bytes) else {
            let ends = [range.lowerBound, range.upperBound].map { Quantity.describe(bytes: $0) }
            throw mismatch(key, "a size from \(ends[0]) to \(ends[1])", value)
        }
        return bytes
    }

    /// One of a few words.
    package mutating func word(_ key: String, of words: [String]) throws(Failure) -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.text, words.contains(text) else {
            throw mismatch(key, "one of " + words.map { "\"\($0)\"" }.joined(separator: ", "), value)
        }
        return text
    }

    /// A text, or a list of texts; empty where it is left out.
    package mutating func texts(_ key: String, _ expected: String = "a text or a list of texts") throws(Failure)
        -> [String]
    {
        var texts: [String] = []
        for (keys, value) in try items(key, expected) {
            guard let text = Self.plain(value) else { throw mismatch(keys, expected, value) }
            texts.append(text)
        }
        return texts
    }

    /// A path, or a list of paths, as written; empty where it is left out.
    package mutating func paths(_ key: String) throws(Failure) -> [Path] {
        let expected = "a path or a list of paths"
        var paths: [Path] = []
        for (keys, value) in try items(key, expected) {
            guard case .bytes(let bytes) = value, !bytes.isEmpty, !bytes.contains(0) else {
                throw mismatch(keys, expected, value)
            }
            paths.append(Path(bytes: bytes))
        }
        return paths
    }

    /// The items of a list with their keys' paths, or the one value that stands for a list of itself.
    package mutating func items(_ key: String, _ expected: String) throws(Failure) -> [(keys: [String], value: Value)] {
        guard let value = take(key) else { return [] }
        if let items = value.list {
            return items.enumerated().map { ([key, "[\($0.offset + 1)]"], $0.element) }
        }
        if case .map = value { throw mismatch(key, expected, value) }
        return [([key], value)]
    }

    /// The table of a key.
    package mutating func section(_ key: String) throws(Failure) -> Section? {
        guard let value = take(key) else { return nil }
        return try Section(value, of: file, at: path + [key])
    }

    /// Fails when a key was given whose behaviour is not there yet; false says the same as leaving it out.
    package mutating func refuse(_ keys: [String]) throws(Failure) {
        for key in keys {
            guard let value = take(key), value != false else { continue }
            throw failure([key], "not supported yet", cure: "remove it")
        }
    }

    /// Fails when a key was given that nobody took, with the nearest right name.
    package func finish(known: [String]) throws(Failure) {
        guard let key = keys.first else { return }
        let nearest = Nearest.names(to: key, among: known, limit: 1).first
        throw failure(
            [key], "unknown key",
            cure: nearest.map { "did you mean \($0)?" } ?? "it can be " + known.sorted().joined(separator: ", "))
    }

    /// A failure about a key of this table.
    package func failure(_ keys: [String], _ message: String, cure: String? = nil) -> Failure {
        Failure(code: "ECONFIG", message, place: file.place(path + keys), cure: cure)
    }

    /// The failure for a value of another type than was expected, or outside of its range.
    package func mismatch(_ key: String, _ expected: String, _ value: Value) -> Failure {
        mismatch([key], expected, value)
    }

    /// The same for a value inside the key's.
    package func mismatch(_ keys: [String], _ expected: String, _ value: Value) -> Failure {
        failure(keys, "must be \(expected), not \(Self.describe(value))")
    }

    /// A value as messages show it: short texts and numbers themselves, else the type.
    package static func describe(_ value: Value) -> String {
        if let name = value.secretName { return "secret:\(name)" }
        switch value {
        case .null: return "nil"
        case .bool(let bool): return bool ? "true" : "false"
        case .int(let int): return String(int)
        case .number(let number): return String(number)
        case .bytes(let bytes):
            guard bytes.count <= 60 else { return "a text of \(bytes.count) bytes" }
            return "\"\(Path(bytes: bytes).text)\""
        case .list: return "a list"
        case .map: return "a table"
        case .handle(let kind, _): return "a \(kind)"
        }
    }
}
