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
        var overlap = Overlap.skip
        /// A run that has begun.
        var begun: Int64?
        /// How many wait.
        var waiting = 0
        /// The fire time of the last of them, where it is of the schedule, and the one that it had before.
        var movable: Int64?
        var left: Int64?
        var except: [String] = []
        var pauses: [Pause] = []
        var runs: [Int64] = []
        /// `kind from to count`.
        var moved: String?
        var cancels = false
        var notBefore: Int64?
        /// `kind from to count`.
        var ranges: [String] = []
        var until: Int64

        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "nothing is due", schedule: "every 10s", cursor: 100, now: 109.9, until: 100),
        Row(name: "one is due", schedule: "every 10s", cursor: 100, now: 110, runs: [110], until: 110),
        Row(
            name: "a timer that wakes early runs nothing", schedule: "every 10s", cursor: 100, now: 109.999, until: 100),
        Row(
            name: "a late host runs the newest, and the others are missed", schedule: "every 10s", cursor: 100,
            now: 135,
            runs: [130], ranges: ["missed 110 120 2"], until: 130),
        Row(
            name: "a busy job skips the newest", schedule: "every 10s", cursor: 100, now: 110, begun: 7,
            ranges: ["skipped 110 110 1"], until: 110),
        Row(
            name: "a busy job after a pause: missed and skipped", schedule: "every 10s", cursor: 100, now: 131,
            begun: 7, ranges: ["missed 110 120 2", "skipped 130 130 1"], until: 130),
        Row(
            name: "down for an hour: the newest is caught up", schedule: "every 600s", cursor: 0, now: 4100,
            runs: [3600],
            ranges: ["missed 600 3000 5"], until: 3600),
        Row(
            name: "without catch-up a little late still runs", schedule: "every 600s", cursor: 0, now: 630,
            catchUp: .none, runs: [600], until: 600),
        Row(
            name: "without catch-up all are missed", schedule: "every 600s", cursor: 0, now: 4100, catchUp: .none,
            ranges: ["missed 600 3600 6"], until: 3600),
        Row(
            name: "beyond the window all are missed", schedule: "every 6000s", cursor: 0, now: 7000, window: 300,
            ranges: ["missed 6000 6000 1"], until: 6000),
        Row(
            name: "thirty days down with a job a second is one range", schedule: "* * * * * *", cursor: 0,
            now: 2_592_000, runs: [2_592_000], ranges: ["missed 1 2591999 2591999"], until: 2_592_000),
        // Catch-up of all.
        Row(
            name: "all are caught up, the oldest first", schedule: "every 600s", cursor: 0, now: 4100, catchUp: .all,
            runs: [600, 1200, 1800, 2400, 3000, 3600], until: 3600),
        Row(
            name: "all within the window are, the others are missed", schedule: "every 600s", cursor: 0, now: 4100,
            catchUp: .all, window: 1800, runs: [2400, 3000, 3600], ranges: ["missed 600 1800 3"], until: 3600),
        Row(
            name: "a thousand are caught up at most, the newest", schedule: "every 1s", cursor: 0, now: 5000,
            catchUp: .all, runs: Array(4001...5000), ranges: ["missed 1 4000 4000"], until: 5000),
        Row(
            name: "all are caught up behind a run that goes on", schedule: "every 600s", cursor: 0, now: 1300,
            catchUp: .all, begun: 7, runs: [600, 1200], until: 1200),
        Row(
            name: "meanwhile what is on time waits behind them", schedule: "every 600s", cursor: 1200, now: 1800,
            catchUp: .all, begun: 7, waiting: 2, runs: [1800], until: 1800),
        Row(
            name: "and when none waits any more it is skipped again", schedule: "every 600s", cursor: 1200, now: 1800,
            catchUp: .all, begun: 7, ranges: ["skipped 1800 1800 1"], until: 1800),
        Row(
            name: "a thousand wait at most", schedule: "every 600s", cursor: 0, now: 4100, catchUp: .all, waiting: 998,
            runs: [600, 1200], ranges: ["skipped 1800 3600 4"], until: 3600),
        // Overlaps.
        Row(
            name: "queue: it waits", schedule: "every 10s", cursor: 100, now: 110, overlap: .queue, begun: 7,
            runs: [110], until: 110),
        Row(
            name: "queue: the newest takes the place of the one that waits", schedule: "every 10s", cursor: 110,
            now: 120, overlap: .queue, begun: 7, waiting: 1, movable: 110, runs: [120], moved: "skipped 110 110 1",
            until: 120),
        Row(
            name: "queue: one that is asked for by a person does not make way", schedule: "every 10s", cursor: 110,
            now: 120, overlap: .queue, begun: 7, waiting: 1, runs: [120], until: 120),
        Row(
            name: "queue with catch-up of all: each one waits", schedule: "every 10s", cursor: 110, now: 120,
            catchUp: .all, overlap: .queue, begun: 7, waiting: 1, movable: 110, runs: [120], until: 120),
        Row(
            name: "queue after downtime: the newest waits, the others are missed", schedule: "every 600s", cursor: 0,
            now: 2000, overlap: .queue, begun: 7, waiting: 1, movable: 0, runs: [1800], moved: "skipped 0 0 1",
            ranges: ["missed 600 1200 2"], until: 1800),
        Row(
            name: "cancel: what goes on makes way", schedule: "every 10s", cursor: 100, now: 110, overlap: .cancel,
            begun: 7, runs: [110], cancels: true, until: 110),
        Row(
            name: "cancel: what has not ended yet is waited for by the newest", schedule: "every 10s", cursor: 110,
            now: 120, overlap: .cancel, begun: 7, waiting: 1, movable: 110, runs: [120], moved: "skipped 110 110 1",
            cancels: true, until: 120),
        Row(
            name: "cancel: where nothing goes on nothing is cancelled", schedule: "every 10s", cursor: 110, now: 120,
            overlap: .cancel, runs: [120], until: 120),
        Row(
            name: "allow: it starts beside", schedule: "every 10s", cursor: 100, now: 110, overlap: .allow, begun: 7,
            waiting: 5, movable: 100, runs: [110], until: 110),
        Row(
            name: "allow: a thousand wait at most", schedule: "every 10s", cursor: 100, now: 110, overlap: .allow,
            waiting: 1000, movable: 100, ranges: ["skipped 110 110 1"], until: 110),
        // Windows and pauses. 1970-01-01 is a Thursday.
        Row(
            name: "a fire time in a window is skipped", schedule: "every 1h", cursor: 0, now: 3600,
            except: ["01:00-03:00"], ranges: ["skipped 3600 3600 1"], until: 3600),
        Row(
            name: "at its end it runs", schedule: "every 1h", cursor: 7200, now: 10800, except: ["01:00-03:00"],
            runs: [10800], until: 10800),
        Row(
            name: "windows in the middle of downtime", schedule: "every 1h", cursor: 0, now: 18000,
            except: ["01:30-03:30"], runs: [18000],
            ranges: ["missed 3600 3600 1", "skipped 7200 10800 2", "missed 14400 14400 1"], until: 18000),
        Row(
            name: "what is caught up in a window waits for its end", schedule: "every 1h", cursor: 0, now: 9000,
            except: ["01:30-03:00"], runs: [3600], notBefore: 10800, ranges: ["skipped 7200 7200 1"], until: 7200),
        Row(
            name: "two windows that meet are two ranges, each with its reason", schedule: "every 1h", cursor: 0,
            now: 14400, except: ["01:00-02:00", "02:00-03:00"], runs: [14400],
            ranges: ["skipped 3600 3600 1", "skipped 7200 7200 1", "missed 10800 10800 1"], until: 14400),
        Row(
            name: "one window on days in a row is one range", schedule: "every 12h", cursor: 0, now: 388_800,
            except: ["SAT,SUN"], runs: [388_800],
            ranges: ["missed 43200 129600 3", "skipped 172800 302400 4", "missed 345600 345600 1"], until: 388_800),
        Row(
            name: "a month in a window with a job a second is one range", schedule: "* * * * * *", cursor: 0,
            now: 2_592_000, except: ["1970-01-01..1970-02-28"], ranges: ["skipped 1 2592000 2592000"],
            until: 2_592_000),
        Row(
            name: "a pause skips, and what came before it is caught up when it is over", schedule: "every 600s",
            cursor: 0, now: 1900, pauses: [pause(since: 700)], runs: [600], ranges: ["skipped 1200 1800 2"], until: 1800
        ),
        Row(
            name: "a pause that is over", schedule: "every 600s", cursor: 0, now: 3000,
            pauses: [pause(since: 700, until: 1800)], runs: [3000],
            ranges: ["missed 600 600 1", "skipped 1200 1200 1", "missed 1800 2400 2"], until: 3000),
    ]

    private static func pause(since: Int64, until: Int64? = nil) -> Pause {
        Pause(
            job: "j", kind: .pause, since: Timestamp(seconds: since), until: until.map(Timestamp.init(seconds:)),
            by: "anna")
    }

    @Test("Every fire time between the cursor and now is in the run or in a range", arguments: rows)
    func account(row: Row) throws {
        let schedule = try JobSchedule([row.schedule], zone: .utc)
        var circumstances = FireAccount.Circumstances(
            now: Timestamp(row.now), catchUp: row.catchUp, catchUpWindow: row.window, missedReason: "down")
        circumstances.overlap = row.overlap
        circumstances.occupancy.begun = row.begun
        circumstances.occupancy.waiting = row.waiting
        circumstances.occupancy.firstWaiting = row.waiting > 0 ? 8 : nil
        circumstances.occupancy.movable = row.movable.map {
            Occupancy.Movable(run: 8, fireTime: Timestamp(seconds: $0), left: row.left.map(Timestamp.init(seconds:)))
        }
        circumstances.exclusions = Exclusions(
            blackouts: try Blackouts(row.except, zone: .utc), pauses: row.pauses)
        let account = FireAccount(
            job: "j", schedule: schedule, after: Timestamp(seconds: row.cursor), circumstances)
        #expect(account.runs.map(\.seconds) == row.runs)
        #expect(account.cancels == row.cancels)
        #expect(account.notBefore?.seconds == row.notBefore)
        let moved = account.move?.left
        #expect(moved.map { "\($0.kind.rawValue) \($0.from.seconds) \($0.to.seconds) \($0.count)" } == row.moved)
        #expect(account.until.seconds == row.until)
        let ranges = account.ranges.map { "\($0.kind.rawValue) \($0.from.seconds) \($0.to.seconds) \($0.count)" }
        #expect(ranges == row.ranges)
        let total = schedule.count(after: Timestamp(seconds: row.cursor), through: Timestamp(row.now))
        #expect(account.ranges.reduce(Int64(account.runs.count)) { $0 + $1.count } == total)
        // None has a run inside, and they rise.
        for range in account.ranges { #expect(!account.runs.contains { $0 >= range.from && $0 <= range.to }) }
        for (range, next) in zip(account.ranges, account.ranges.dropFirst()) { #expect(range.to < next.from) }
        // Written in pieces it is the same account.
        let pieces = account.pieces(of: 300)
        #expect(pieces.flatMap(\.runs) == account.runs && pieces.flatMap(\.ranges) == account.ranges)
        #expect(pieces.allSatisfy { $0.runs.count <= 300 } && pieces.last?.until == account.until)
        for piece in pieces.dropLast() {
            #expect(piece.until == piece.runs.last && piece.ranges.allSatisfy { $0.to < piece.until })
        }
        for (piece, next) in zip(pieces, pieces.dropFirst()) { #expect(next.after == piece.until) }
    }

    @Test("Reasons say what skipped a fire time") func reasons() throws {
        func reasons(_ change: (inout FireAccount.Circumstances) throws -> Void) throws -> [String] {
            var circumstances = FireAccount.Circumstances(
                now: Timestamp(seconds: 3600), catchUp: .once, catchUpWindow: 0, missedReason: "down")
            try change(&circumstances)
            return FireAccount(
                job: "j", schedule: try JobSchedule(["every 1h"], zone: .utc), after: Timestamp(seconds: 0),
                circumstances
            ).ranges.map(\.reason)
        }
        #expect(try reasons { $0.occupancy.begun = 7 } == ["overlap: run 7 still runs"])
        #expect(
            try reasons {
                $0.occupancy.waiting = 1
                $0.occupancy.firstWaiting = 9
            } == ["overlap: run 9 still waits"])
        #expect(
            try reasons { $0.exclusions.blackouts = try Blackouts(["00:30-02:00"], zone: .utc) } == [
                "in its window \"00:30-02:00\" of except"
            ])
        #expect(try reasons { $0.exclusions.pauses = [Self.pause(since: 10)] } == ["paused by anna"])
        for (kind, reason) in [(Pause.Kind.pause, "all jobs were paused by x"), (.drain, "the host was drained by x")] {
            let pause = Pause(job: Pause.everything, kind: kind, since: Timestamp(seconds: 0), by: "x")
            #expect(try reasons { $0.exclusions.pauses = [pause] } == [reason])
        }
    }

    @Test("More windows than one account goes through are gone through by several") func manyWindows() throws {
        let schedule = try JobSchedule(["every 1h"], zone: .utc)
        var circumstances = FireAccount.Circumstances(
            now: Timestamp(seconds: 300 * 86400), catchUp: .once, catchUpWindow: 86400, missedReason: "down")
        circumstances.exclusions.blackouts = try Blackouts(["10:00-12:00"], zone: .utc)
        var cursor = Timestamp(seconds: 0)
        var (runs, count, ranges): ([Timestamp], Int64, Int) = ([], 0, 0)
        while true {
            let account = FireAccount(job: "j", schedule: schedule, after: cursor, circumstances)
            if account.until == cursor { break }
            runs += account.runs
            count += account.ranges.reduce(0) { $0 + $1.count }
            ranges += account.ranges.count
            cursor = account.until
        }
        #expect(runs == [circumstances.now])
        #expect(count == 300 * 24 - 1 && ranges == 601)
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
    @Test("Delays double up to the longest, drawn from all of that") func delays() {
        let retry = Retry(attempts: 9, delay: 10, maxDelay: 60)
        let longest = (1...5).map { Backoff.delay(retry, failed: $0, random: 1) }
        #expect(longest == [10, 20, 40, 60, 60])
        #expect(Backoff.delay(retry, failed: 1, random: 0) == 0)
        #expect(Backoff.delay(retry, failed: 3, random: 0.5) == 20)
        #expect(Backoff.delay(Retry(attempts: 1, delay: 0), failed: 60, random: 0.9) == 0)
    }
}
