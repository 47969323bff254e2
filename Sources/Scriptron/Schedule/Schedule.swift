/// One schedule of a job, as one text says it.
package enum Schedule: Sendable, Hashable {
    case cron(CronExpression)
    /// At the multiples of so many seconds since the epoch, so that a restart does not shift it.
    case every(seconds: Int64)
    /// Once, when the host starts.
    case start

    private static let macros: [String: String] = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    /// Reads a cron expression, a macro (`@daily`, `@start`) or an interval (`every 90s`). `job` is the name of the job
    /// whose schedule it is, which decides what `~` stands for.
    package init(_ text: String, job: String) throws(ScheduleFault) {
        guard text.utf8.count <= 1000 else {
            throw ScheduleFault(
                String(text.prefix(40)) + "…", at: 40, "it has more than 1000 characters",
                "split it into a list of schedules")
        }
        let trimmed = String(text.drop { $0 == " " || $0 == "\t" })
        let words = trimmed.split { $0 == " " || $0 == "\t" }
        if trimmed.first == "@" {
            self = try Self.macro(words.map { $0.lowercased() }, text: text, at: text.count - trimmed.count)
        } else if words.first?.lowercased() == "every" {
            let at = text.count - trimmed.count + 6
            self = try Self.interval(words.dropFirst().joined(), text: text, at: min(at, text.count))
        } else {
            self = .cron(try CronExpression(text, job: job))
        }
    }

    private static func macro(_ words: [String], text: String, at position: Int) throws(ScheduleFault) -> Schedule {
        let known = macros.keys.sorted() + ["@start"]
        let hint = "write one of \(known.joined(separator: " "))"
        let word = words.first ?? ""
        guard words.count == 1 else {
            throw ScheduleFault(text, at: position + word.count, "nothing may follow a macro", hint)
        }
        if word == "@start" { return .start }
        if let expression = macros[word] { return .cron(try CronExpression(expression, job: "")) }
        let near = word == "@reboot" ? ["@start"] : Nearest.names(to: word, among: known, limit: 1)
        throw ScheduleFault(
            text, at: position, "there is no macro `\(word)`", near.first.map { "did you mean \($0)?" } ?? hint)
    }

    private static func interval(_ duration: String, text: String, at position: Int) throws(ScheduleFault) -> Schedule {
        let hint = "write `every` and a duration of whole seconds like 90s, 5m, 2h or 1d"
        guard let seconds = Quantity.seconds(.text(duration)), let whole = Int64(exactly: seconds) else {
            throw ScheduleFault(
                text, at: position,
                duration.isEmpty ? "the duration is missing" : "`\(duration)` is not such a duration", hint)
        }
        guard whole >= 1 else {
            throw ScheduleFault(text, at: position, "`\(duration)` is too short, the least is 1s", hint)
        }
        return .every(seconds: whole)
    }
}
