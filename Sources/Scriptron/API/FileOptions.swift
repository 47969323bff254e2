/// The options that several functions of `fs` take.
extension Options {
    /// A pattern, or a list of them.
    mutating func patterns(_ name: String) throws(Failure) -> [Glob] {
        guard let value = take(name) else { return [] }
        guard let texts = value.text.map({ [$0] }) ?? value.list?.compactMap(\.text),
            texts.count == value.list?.count ?? 1
        else { throw mismatch(name, "a pattern or a list of patterns", value) }
        var globs: [Glob] = []
        for text in texts { globs.append(try Glob(text)) }
        return globs
    }

    /// A kind of file, or a list of them.
    mutating func kinds(_ name: String) throws(Failure) -> Set<FileKind>? {
        guard let value = take(name) else { return nil }
        let texts = value.text.map { [$0] } ?? value.list?.compactMap(\.text) ?? []
        let kinds = texts.compactMap(FileKind.init)
        guard !kinds.isEmpty, kinds.count == texts.count else {
            throw mismatch(
                name, "one or several of " + FileKind.allCases.map(\.rawValue).joined(separator: ", "), value)
        }
        return Set(kinds)
    }

    /// A mode as text.
    mutating func mode(_ name: String) throws(Failure) -> UInt32? {
        guard let value = take(name) else { return nil }
        return try EntryValue.mode(value, function)
    }

    /// An owner.
    mutating func owner(_ name: String) throws(Failure) -> Ownership? {
        guard let value = take(name) else { return nil }
        return try EntryValue.owner(value, function)
    }

    /// A whole number that is not negative.
    mutating func count(_ name: String) throws(Failure) -> Int64? {
        guard let value = take(name) else { return nil }
        guard let count = value.integer, count >= 0 else { throw mismatch(name, "a whole number", value) }
        return count
    }

    /// What `list` and `walk` select by: `pattern exclude type older_than clock size`.
    mutating func filter(now: Timestamp) throws(Failure) -> EntryFilter {
        var filter = EntryFilter()
        filter.patterns = try patterns("pattern")
        filter.excludes = try patterns("exclude")
        filter.kinds = try kinds("type")
        filter.clock =
            AgeClock(
                rawValue: try word("clock", of: AgeClock.allCases.map(\.rawValue), default: AgeClock.newest.rawValue))
            ?? .newest
        if let age = try duration("older_than") { filter.before = EntryValue.nanoseconds((now - age).epoch) }
        if case .map(var range)? = size {
            range["min"].map { Quantity.bytes($0) }.map { filter.minSize = $0 }
            range["max"].map { Quantity.bytes($0) }.map { filter.maxSize = $0 }
            range["min"] = nil
            range["max"] = nil
            if let other = range.keys.sorted().first {
                throw Failure(code: "EARGUMENT", "\(function): unknown option size.\(other)", cure: "it takes max, min")
            }
            _ = take("size")
        } else {
            filter.minSize = try size("size")
        }
        return filter
    }

    /// The option `size` without taking it.
    private var size: Value? {
        var copy = self
        return copy.take("size")
    }
}

/// The names of the options that `filter` takes.
let filterOptions = ["pattern", "exclude", "type", "older_than", "clock", "size"]
