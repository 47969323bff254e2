/// A grant line by line, so that two of them can be compared: `write /etc`, `run /usr/bin/tar`, `user postgres`.
package struct GrantLines: Sendable, Hashable {
    /// One thing that is allowed.
    package struct Line: Sendable, Hashable {
        /// A key of needs.
        package var kind: String
        /// A path, or what the key lists.
        package var value: Path

        package init(_ kind: String, _ value: Path) {
            self.kind = kind
            self.value = value
        }

        /// As people read it: `write /etc`.
        package var text: String { value.bytes.isEmpty ? kind : "\(kind) \(value.text)" }
    }

    package private(set) var lines: Set<Line> = []

    package init() {}

    /// What a grant allows, by where links lead.
    ///
    /// - Parameters:
    ///   - ownUser: The host's own user, as whom a job runs that has no other.
    package init(_ grant: Grant, ownUser: String) {
        func add(_ kind: String, _ values: [Path]) { lines.formUnion(values.map { Line(kind, $0) }) }
        func add(_ kind: String, _ values: [String]) { add(kind, values.map { Path($0) }) }
        add("read", grant.read.map(grant.real))
        add("write", grant.write.map(grant.real))
        for program in grant.programs {
            add("run", [Path(bytes: program.path.bytes + Array((program.user.map { " as \($0.name)" } ?? "").utf8))])
        }
        add("connect", grant.connect)
        add("secrets", grant.secrets)
        add("signal", grant.signal)
        add("service", grant.service)
        if grant.setid { add("setid", [""]) }
        add("user", [grant.identity?.name ?? ownUser])
    }

    /// The lines beyond what was approved, sorted: none where this only narrows it. What lies inside an approved path is
    /// no more than it, and who may write may read.
    package func widening(_ approved: GrantLines) -> [Line] {
        lines.filter { line in
            switch line.kind {
            case "read", "write":
                !approved.lines.contains { known in
                    (known.kind == "write" || known.kind == line.kind) && line.value.isInside(known.value)
                }
            default: !approved.lines.contains(line)
            }
        }
        .sorted { ($0.kind, $0.value) < ($1.kind, $1.value) }
    }

    /// Adds lines.
    package mutating func add(_ more: some Sequence<Line>) { lines.formUnion(more) }

    /// As it is kept; `init(_:)` reads it back.
    package var value: Value {
        .list(
            lines.sorted { ($0.kind, $0.value) < ($1.kind, $1.value) }
                .map { .list([.text($0.kind), .bytes($0.value.bytes)]) })
    }

    /// The lines out of their value; nil where it is none.
    package init?(_ value: Value) {
        guard let list = value.list else { return nil }
        for item in list {
            guard let pair = item.list, pair.count == 2, let kind = pair[0].text, case .bytes(let bytes) = pair[1]
            else {
                return nil
            }
            lines.insert(Line(kind, Path(bytes: bytes)))
        }
    }
}
