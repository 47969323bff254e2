/// The arguments of one call of a host function, taken by position, the last often a table of options.
package struct Arguments {
    /// The full name for messages: `fs.write`, or `lock:release`.
    package let function: String
    package let values: [Value]

    package init(function: String, values: [Value]) {
        self.function = function
        self.values = values
    }

    /// The argument at `index` (from 0); null where there is none.
    package subscript(index: Int) -> Value { index < values.count ? values[index] : .null }

    /// A required string of any bytes.
    package func bytes(_ index: Int, _ name: String) throws(Failure) -> [UInt8] {
        guard case .bytes(let bytes) = self[index] else { throw mismatch(index, name, "a string") }
        return bytes
    }

    /// A required string of valid UTF-8.
    package func text(_ index: Int, _ name: String) throws(Failure) -> String {
        guard let text = self[index].text else { throw mismatch(index, name, "text in UTF-8") }
        return text
    }

    /// A required whole number.
    package func integer(_ index: Int, _ name: String) throws(Failure) -> Int64 {
        guard let value = self[index].integer else { throw mismatch(index, name, "a whole number") }
        return value
    }

    /// A required number, finite.
    package func number(_ index: Int, _ name: String) throws(Failure) -> Double {
        guard let value = self[index].double, value.isFinite else { throw mismatch(index, name, "a number") }
        return value
    }

    /// The table of options at `index`; empty where it was left out.
    package func options(_ index: Int) throws(Failure) -> Options {
        if self[index].isNull { return Options(function: function, values: [:]) }
        guard let values = self[index].map else {
            throw mismatch(index, "options", "a table of options", cure: "options have names: { name = value }")
        }
        return Options(function: function, values: values)
    }

    /// The error for another argument than was expected.
    package func mismatch(_ index: Int, _ name: String, _ expected: String, cure: String? = nil) -> Failure {
        Failure(
            code: "EARGUMENT",
            "\(function): argument \(index + 1) (\(name)) must be \(expected), not \(self[index].shown)",
            cure: cure ?? self.cure(index, expected))
    }

    /// What to write instead of an argument of a wrong type, where that can be told from it.
    private func cure(_ index: Int, _ expected: String) -> String? {
        switch (self[index], expected) {
        case (.int(let number), "a string"), (.int(let number), "text in UTF-8"): "put it in quotes: \"\(number)\""
        case (.null, _): "it was left out, or what was given is nil"
        case (.list, "a string"), (.list, "text in UTF-8"):
            "write table.concat(list, \"\\n\"), or one text after the other"
        default: nil
        }
    }
}

/// A table of options: each is taken by its name, and one that nobody took is an error.
package struct Options {
    package let function: String
    private var values: [String: Value]

    package init(function: String, values: [String: Value]) {
        self.function = function
        self.values = values
    }

    /// The option, if given; it counts as known from now on.
    package mutating func take(_ name: String) -> Value? { values.removeValue(forKey: name) }

    /// The options that nobody took: for calls that take any.
    package var rest: [String: Value] { values }

    /// A boolean option.
    package mutating func bool(_ name: String, default fallback: Bool) throws(Failure) -> Bool {
        guard let value = take(name) else { return fallback }
        guard let bool = value.bool else { throw mismatch(name, "true or false", value) }
        return bool
    }

    /// A text option.
    package mutating func text(_ name: String) throws(Failure) -> String? {
        guard let value = take(name) else { return nil }
        guard let text = value.text else { throw mismatch(name, "text", value) }
        return text
    }

    /// A text option that must be one of a few words.
    package mutating func word(_ name: String, of words: [String], default fallback: String) throws(Failure) -> String {
        guard let value = take(name) else { return fallback }
        guard let text = value.text, words.contains(text) else {
            throw mismatch(name, "one of " + words.joined(separator: ", "), value)
        }
        return text
    }

    /// A duration option: `"90s"`, `"5m"` or seconds. In seconds.
    package mutating func duration(_ name: String) throws(Failure) -> Double? {
        guard let value = take(name) else { return nil }
        guard let seconds = Quantity.seconds(value) else {
            throw mismatch(name, "a duration such as \"90s\", \"5m\" or a number of seconds", value)
        }
        return seconds
    }

    /// A size option: `"16MiB"` or bytes. In bytes.
    package mutating func size(_ name: String) throws(Failure) -> Int64? {
        guard let value = take(name) else { return nil }
        guard let bytes = Quantity.bytes(value) else {
            throw mismatch(name, "a size such as \"16MiB\" or a number of bytes", value)
        }
        return bytes
    }

    /// Fails when an option was given that nobody took, with the nearest known names.
    package func finish(known: [String]) throws(Failure) {
        guard let name = values.keys.sorted().first else { return }
        let near = Nearest.names(to: name, among: known.sorted(), limit: 1).first
        throw Failure(
            code: "EARGUMENT", "\(function): unknown option \(name)",
            cure: near.map { "did you mean \($0)?" } ?? "it takes " + known.sorted().joined(separator: ", ")
        )
    }

    /// The error for another option than was expected.
    package func mismatch(_ name: String, _ expected: String, _ value: Value) -> Failure {
        Failure(code: "EARGUMENT", "\(function): option \(name) must be \(expected), not \(value.shown)")
    }
}
