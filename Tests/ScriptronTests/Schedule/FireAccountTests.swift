import Testing

@testable import Scriptron

@Suite("FireAccount") struct FireAccountTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var schedule: String
        var cursor: Int64
        var now: Double
        var catchUp = CatchUp.once
        var window = 86400.0
        var busy: String?
        var run: Int64?
        /// `kind from to count`.
        var ranges: [String] = []
        var until: Int64

        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "nothing is due", schedule: "every 10s", cursor: 100, now: 109.9, until: 100),
        Row(name: "one is due", schedule: "every 10s", cursor: 100, now: 110, run: 110, until: 110),
        Row(
            name: "a timer that wakes early runs nothing", schedule: "every 10s", cursor: 100, now: 109.999, until: 100),
        Row(
            name: "a late host runs the newest, and the others are missed", schedule: "every 10s", cursor: 100,
            now: 135,
            run: 130, ranges: ["missed 110 120 2"], until: 130),
        Row(
            name: "a busy job skips the newest", schedule: "every 10s", cursor: 100, now: 110, busy: "overlap",
            ranges: ["skipped 110 110 1"], until: 110),
        Row(
            name: "a busy job after a pause: missed and skipped", schedule: "every 10s", cursor: 100, now: 131,
            busy: "overlap", ranges: ["missed 110 120 2", "skipped 130 130 1"], until: 130),
        Row(
            name: "down for an hour: the newest is caught up", schedule: "every 600s", cursor: 0, now: 4100, run: 3600,
            ranges: ["missed 600 3000 5"], until: 3600),
        Row(
            name: "without catch-up a little late still runs", schedule: "every 600s", cursor: 0, now: 630,
            catchUp: .none, run: 600, until: 600),
        Row(
            name: "without catch-up all are missed", schedule: "every 600s", cursor: 0, now: 4100, catchUp: .none,
            ranges: ["missed 600 3600 6"], until: 3600),
        Row(
            name: "beyond the window all are missed", schedule: "every 6000s", cursor: 0, now: 7000, window: 300,
            ranges: ["missed 6000 6000 1"], until: 6000),
        Row(
            name: "thirty days down with a job a second is one range", schedule: "* * * * * *", cursor: 0,
            now: 2_592_000, run: 2_592_000, ranges: ["missed 1 2591999 2591999"], until: 2_592_000),
    ]

    @Test("Every fire time between the cursor and now is in the run or in a range", arguments: rows)
    func account(row: Row) throws {
        let schedule = try JobSchedule([row.schedule], zone: .utc)
        let account = FireAccount(
            job: "j", schedule: schedule, after: Timestamp(seconds: row.cursor),
            FireAccount.Circumstances(
                now: Timestamp(row.now), catchUp: row.catchUp, catchUpWindow: row.window, busy: row.busy,
                missedReason: "down"))
        #expect(account.run?.seconds == row.run)
        #expect(account.until.seconds == row.until)
        let ranges = account.ranges.map { "\($0.kind.rawValue) \($0.from.seconds) \($0.to.seconds) \($0.count)" }
        #expect(ranges == row.ranges)
        let total = schedule.count(after: Timestamp(seconds: row.cursor), through: Timestamp(row.now))
        #expect(account.ranges.reduce(account.run == nil ? 0 : 1) { $0 + $1.count } == total)
    }
}

@Suite("Timetable") struct TimetableTests {
    @Test("Jobs come out by their instants, each once, at its newest instant") func order() {
        var table = Timetable()
        table.set("b", Timestamp(seconds: 20))
        table.set("a", Timestamp(seconds: 20))
        table.set("c", Timestamp(seconds: 10))
        table.set("c", Timestamp(seconds: 30))
        table.set("d", Timestamp(seconds: 5))
        table.set("d", nil)
        #expect(table.first()?.seconds == 20)
        #expect(table.takeDue(Timestamp(seconds: 25), limit: 10) == ["a", "b"])
        #expect(table.takeDue(Timestamp(seconds: 25), limit: 10).isEmpty)
        #expect(table.takeDue(Timestamp(seconds: 99), limit: 10) == ["c"])
        #expect(table.count == 0)
    }

    @Test("No more than the limit come at once") func limit() {
        var table = Timetable()
        for index in 0..<1000 { table.set("j\(index)", Timestamp(seconds: 1)) }
        #expect(table.takeDue(Timestamp(seconds: 1), limit: 500).count == 500)
        #expect(table.takeDue(Timestamp(seconds: 1), limit: 600).count == 500)
    }
}

@Suite("Backoff") struct BackoffTests {
    @Test("Delays double up to the longest, drawn from the upper half") func delays() {
        let retry = Retry(attempts: 9, delay: 10, maxDelay: 60)
        let longest = (1...5).map { Backoff.delay(retry, failed: $0, random: 1) }
        #expect(longest == [10, 20, 40, 60, 60])
        #expect(Backoff.delay(retry, failed: 1, random: 0) == 5)
    }
}
