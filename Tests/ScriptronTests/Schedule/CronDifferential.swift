import Glibc

@testable import Scriptron

/// Fire times against those of cronsim and croniter, where `make cron-peers` has installed them.
enum CronDifferential {
    static let root: Path = {
        // This file is also known by a link from the soak's folder.
        let file = (try? Path(#filePath).resolvingLinks()) ?? Path(#filePath)
        return file.parent.parent.parent.parent
    }()
    static let python = root.appending(".build/cron-peers/bin/python")
    static var isThere: Bool { python.withCString { access($0, X_OK) } == 0 }

    /// The differences that docs/schedules.md names and justifies. Any other is a fault.
    static let known: [String: Set<String>] = [
        "cronsim": ["six fields", "not later", "odd change", "hangs", "gave up", "range of one with step"],
        "croniter": ["occurrence and day", "range of one", "weekday with step", "whole range", "change"],
    ]

    struct Outcome {
        /// Of each peer, how many triples are of each class; `same` is one.
        var counts: [String: [String: Int]] = [:]
        var examples: [String] = []
        /// Differences from cronsim in which the clock that is watched says otherwise than Scriptron.
        var wrongs: [String] = []
        var judged = 0
    }

    /// Random triples of an expression, a zone and an instant. Of ten instants eight lie around a change of the zone's
    /// offset between 2000 and 2037.
    static func run(triples: Int, seed: UInt64) throws -> Outcome {
        let directory = try TemporaryDirectory()
        let file = try directory.file("triples", try lines(triples, seed: seed).joined())
        let script = root.appending("Tests/Support/CronPeers/compare.py")
        var outcome = Outcome()
        var questions: [FireTimeOracle.Question] = []
        var expected: [[Int64]] = []
        for line in try RanProgram.run(python, [script.text, file.text]).lines {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            switch (parts.first, parts.count) {
            case ("example", 4): outcome.examples.append(parts.dropFirst().joined(separator: ": "))
            case ("check", 5...):
                let times = parts[4...].compactMap { Int64($0) }
                guard let after = Int64(parts[3]), let through = times.last else { continue }
                let step: Int64 = parts[2].split(separator: " ").count == 6 ? 1 : 60
                // Watching every second of months is too dear.
                if through - after > (step == 1 ? 40 : 2000) * 86400 { continue }
                questions.append(
                    FireTimeOracle.Question(
                        zone: parts[1], expression: parts[2], after: after, through: through, step: step))
                expected.append(times)
            case (let peer?, 3): outcome.counts[peer, default: [:]][parts[1]] = Int(parts[2]) ?? 0
            default: outcome.wrongs.append(line)
            }
        }
        outcome.judged = questions.count
        for (question, (times, answer)) in zip(questions, zip(expected, try FireTimeOracle.answers(questions)))
        where times != answer {
            outcome.wrongs.append("\(question): \(times) and not \(answer)")
        }
        return outcome
    }

    private static func lines(_ count: Int, seed: UInt64) throws -> [String] {
        let zones = try ZoneInfo.names().filter { !$0.hasPrefix("Etc/") }.sorted().map { try Zone(named: $0) }
        let (start, end): (Int64, Int64) = (946_684_800, 2_145_916_800)
        let all = zones.map { changes(of: $0, from: start, to: end) }
        var generator = ScheduleGenerator(seed: seed)
        return (0..<count).map { number in
            let index = generator.number(0...zones.count - 1)
            let zone = zones[index]
            var instant = Int64(generator.number(Int(start)...Int(end)))
            if !all[index].isEmpty, number % 10 < 8 {
                instant = generator.pick(all[index]) + Int64(generator.number(-93_600...10_800))
            }
            if number % 2 == 0 { instant -= instant % 60 }
            let (text, schedule) = generator.schedule(.shared, seconds: number % 10 == 3, in: zone, job: "j")
            let times = schedule.nextTimes(after: Timestamp(seconds: instant), limit: 3)
            return "\(zone.name)\t\(text)\t\(instant)\t\(times.map { "\($0.seconds)" }.joined(separator: " "))\n"
        }
    }
}
