import Scriptron

/// Schedules and their fire times for people.
enum ScheduleText {
    /// What the schedules say, and what becomes of them when the zone's clock is changed.
    static func explanation(_ schedule: JobSchedule, job: String?, _ style: TextStyle, after: Timestamp) -> [String] {
        var lines = schedule.explanations.flatMap { style.wrap("\($0.text): \($0.words).", indent: 2) }
        for sentence in schedule.changeWords(after: after) { lines += style.wrap(sentence, indent: 2) }
        if schedule.texts.contains(where: { $0.contains("~") }) {
            lines += style.wrap(
                job.map { "What ~ stands for is chosen by the name of the job, here \($0)." }
                    ?? "What ~ stands for is chosen by the name of the job: give it as JOB, for these are an example.",
                indent: 2)
        }
        return lines
    }

    /// A table of fire times, given as rows.
    static func fireTimes(_ rows: [Value], _ style: TextStyle, _ time: TimeText, several: Bool) -> [String] {
        var columns = [TextTable.Column("FIRE TIME"), .init("")]
        let notes = rows.map(note)
        if several { columns.append(.init("SCHEDULE", flexible: true)) }
        if notes.contains(where: { !$0.isEmpty }) { columns.append(.init("NOTE", flexible: true)) }
        var table = TextTable(columns)
        for (row, note) in zip(rows, notes) {
            var cells: [TextTable.Cell] = [
                .init(row["local"]?.text ?? ""), .init(row["fire_time"]?.double.map { time.distance($0) } ?? ""),
            ]
            if several { cells.append(.init(row["schedule"]?.list?.compactMap(\.text).joined(separator: ", ") ?? "")) }
            if columns.count > cells.count { cells.append(.init(note, .yellow)) }
            table.add(cells)
        }
        return table.lines(style)
    }

    /// What a change of the zone's clock does to a fire time; empty where there is none.
    static func note(_ row: Value) -> String {
        guard let effect = row["effect"]?.text else { return "" }
        let local = row["local"]?.text ?? ""
        // A date only where it is another than the one that is shown.
        let named = row["named"]?.text.map { clock($0, besides: local) } ?? ""
        return switch effect {
        case "shifted": "the clock skips \(named)"
        case "passed_over": "the clock has skipped \(named)"
        case "only_first": "the first \(clock(local, besides: local)) of two, the only one that counts"
        case "first": "the first \(clock(local, besides: local)) of two"
        case "second": "the second \(clock(local, besides: local)) of two"
        default: effect
        }
    }

    /// `02:30` of `2026-03-29T02:30:00+01:00`; with its seconds where there are some, and with its date where it is not
    /// that of `other`.
    private static func clock(_ text: String, besides other: String) -> String {
        let parts = text.split(separator: "T", maxSplits: 1)
        guard parts.count == 2 else { return text }
        let time = parts[1].prefix(8)
        let shown = time.hasSuffix(":00") ? time.prefix(5) : time
        return other.hasPrefix(parts[0]) ? String(shown) : "\(parts[0]) \(shown)"
    }
}
