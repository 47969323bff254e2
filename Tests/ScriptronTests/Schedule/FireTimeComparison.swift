@testable import Scriptron

/// What a schedule says of its fire times, forwards, backwards and counted, against the clock that is watched.
struct FireTimeComparison {
    private var zones: [String: Zone] = [:]
    private var questions: [FireTimeOracle.Question] = []
    /// How many fire times were compared.
    private(set) var compared = 0
    private(set) var differences: [String] = []

    /// Asks about an expression in a zone, from so many hours before an instant to so many after it.
    mutating func ask(_ expression: String, _ zone: Zone, around instant: Int64, hours: Int64, seconds: Bool = false) {
        zones[zone.name] = zone
        questions.append(
            FireTimeOracle.Question(
                zone: zone.name, expression: expression, after: instant - hours * 3600,
                through: instant + hours * 3600, step: seconds ? 1 : Self.step(zone, instant)))
    }

    /// Where the clock does not show whole minutes at whole minutes it is watched by the second.
    private static func step(_ zone: Zone, _ change: Int64) -> Int64 {
        let offsets = [change - 1, change].map { zone.offset(at: Timestamp(seconds: $0)).seconds }
        return (offsets + [change]).allSatisfy { $0 % 60 == 0 } ? 60 : 1
    }

    /// Compares what was asked about so far.
    mutating func compare() throws {
        let answers = try FireTimeOracle.answers(questions)
        for (question, expected) in zip(questions, answers) {
            guard let zone = zones[question.zone] else { continue }
            let schedule = try JobSchedule([question.expression], zone: zone, job: question.job)
            let (first, last) = (Timestamp(seconds: question.after), Timestamp(seconds: question.through))
            let found = schedule.fireTimes(after: first, through: last, limit: expected.count + 1).map(\.seconds)
            var backwards: [Int64] = []
            var instant = last + 1e-6
            while backwards.count <= expected.count, let time = schedule.previous(before: instant), time > first {
                backwards.append(time.seconds)
                instant = time
            }
            compared += expected.count
            let isSame =
                found == expected && backwards.reversed() == expected
                && schedule.count(after: first, through: last) == Int64(expected.count)
            if !isSame {
                differences.append(
                    "\(question.expression) in \(zone.name) after \(zone.iso(first)): \(found.prefix(9)), backwards "
                        + "\(backwards.suffix(9)), and not \(expected.prefix(9))")
            }
        }
        questions = []
    }
}
