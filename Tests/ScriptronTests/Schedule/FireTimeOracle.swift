import Glibc

@testable import Scriptron

/// Fire times found the slow way, by the program `fire-times` (Tests/Support): the clock of the zone is watched minute
/// by minute, as cron itself does it. It shares no code with what it checks, not even the zones.
enum FireTimeOracle {
    /// A cron expression, and the stretch of time in which its fire times are asked for.
    struct Question {
        var zone: String
        var expression: String
        var job = "j"
        /// Epoch seconds: later than this.
        var after: Int64
        /// Not later than this.
        var through: Int64
        /// 60 where the expression fires at second 0 only, and the zone's offsets and changes are whole minutes.
        var step: Int64 = 60
    }

    /// The fire times of each question. Those about the same zone and time are best asked one after the other.
    static func answers(_ questions: [Question]) throws -> [[Int64]] {
        let directory = try TemporaryDirectory()
        let lines = questions.map {
            "\($0.zone)\t\($0.expression)\t\($0.job)\t\($0.after)\t\($0.through)\t\($0.step)\n"
        }
        let file = try directory.file("questions", lines.joined())
        let answers = try RanProgram.run(try RanProgram.own("fire-times"), [file.text]).output
        let rows = answers.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard rows.count == questions.count else { throw Trouble(text: "fire-times: \(rows.last ?? "no answer")") }
        return rows.map { row in row.utf8.split(separator: 32).map { $0.reduce(0) { $0 * 10 + Int64($1 - 48) } } }
    }

    struct Trouble: Error { let text: String }
}

/// The schedules that every zone and change is tried with.
enum SampleSchedules {
    static let minutely = [
        "* * * * *", "*/30 * * * *", "30 * * * *", "0 */2 * * *", "*/15 0-3 * * *", "7 1-5 * * *", "30 2 * * *",
        "0,30 2 * * *", "0 0 * * *", "0 3 * * *", "59 23 * * *", "0 1 * * sun", "15 2 1-7 * */7", "30 1 29 2 *",
        "@hourly", "@daily", "30 2 L * *", "0 1 LW * *", "30 2 15W,1W * *", "0 0 L-3 * *", "*/20 2 * * sunL",
        "30 2 * * sun#2", "0 2 ? * FRI-MON", "~ ~ * * *", "~/20 1~3 * * *", "0 3 * nov-mar ?",
    ]
    static let secondly = ["*/7 * * * * *", "15,45 59 1,2 * * *", "* 0 2 * * *", "0 30 0-23/2 * * *"]
}

/// The instants at which a zone's clock is put forward or back, in a range.
func changes(of zone: Zone, from: Int64, to end: Int64) -> [Int64] {
    var found: [Int64] = []
    var instant = Timestamp(seconds: from)
    while let next = zone.nextTransition(after: instant), next.seconds < end {
        found.append(next.seconds)
        instant = next
    }
    return found
}
