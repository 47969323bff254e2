import Scriptron

/// The times of one contender, in seconds.
struct Figures {
    let name: String
    var seconds: [Double] = []
    /// The first run after a time of quiet.
    var afterQuiet: Double?

    init(name: String) { self.name = name }

    /// The time that this share (0 to 1) of the runs stays within.
    func quantile(_ share: Double) -> Double {
        let sorted = seconds.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}

/// The figures of all contenders, as people and as programs read them. The shell's are the second.
struct Report {
    let figures: [Figures]
    let sandbox: String
    let quiet: Double

    private var shell: Double { figures[1].quantile(0.5) }

    /// One object a line, times in milliseconds.
    func json() throws -> String {
        let lines = try figures.map { figure in
            let value: Value = [
                "name": .text(figure.name), "runs": .int(Int64(figure.seconds.count)),
                "median_ms": Self.number(figure.quantile(0.5)), "p99_ms": Self.number(figure.quantile(0.99)),
                "min_ms": Self.number(figure.quantile(0)),
                "ratio_to_sh": .number(figure.quantile(0.5) / shell),
                "after_quiet_ms": figure.afterQuiet.map(Self.number) ?? .null,
            ]
            return try JSON.text(value)
        }
        return lines.joined(separator: "\n")
    }

    /// A table, times in milliseconds.
    var table: String {
        var rows = [["ms a run", "min", "median", "p99", "to sh"] + (quiet > 0 ? ["after quiet"] : [])]
        for figure in figures {
            var row = [figure.name]
            for share in [0, 0.5, 0.99] { row.append(Self.text(figure.quantile(share) * 1000)) }
            row.append(Self.text(figure.quantile(0.5) / shell))
            if quiet > 0 { row.append(figure.afterQuiet.map { Self.text($0 * 1000) } ?? "") }
            rows.append(row)
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + space : space + row[column]
            }.joined(separator: "  ")
        }
        let head = "\(figures[0].seconds.count) rounds, interleaved; the sandbox: \(sandbox)"
        return ([head, ""] + lines).joined(separator: "\n")
    }

    private static func number(_ seconds: Double) -> Value { .number((seconds * 1e6).rounded() / 1000) }

    /// Two places after the point.
    private static func text(_ number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
