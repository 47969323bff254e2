import Synchronization

@testable import Scriptron

/// A scheduler on a clock that is moved by hand from one due instant to the next, over a store on disk, with many jobs
/// in many zones. What it claimed is compared with the fire times of clocks that are watched minute by minute.
final class SimulatedTime {
    /// Zones that change in every way there is, and some that do not.
    static let zones = [
        "Europe/Paris", "America/New_York", "America/Santiago", "America/Havana", "Australia/Lord_Howe",
        "Antarctica/Troll", "Pacific/Apia", "Africa/Casablanca", "Asia/Gaza", "Europe/Dublin", "America/Nuuk",
        "Africa/Cairo", "Asia/Beirut", "Asia/Jerusalem", "America/Asuncion", "Pacific/Chatham", "America/St_Johns",
        "Pacific/Norfolk", "Australia/Adelaide", "Australia/Sydney", "Pacific/Auckland", "America/Los_Angeles",
        "America/Sao_Paulo", "Atlantic/Azores", "Europe/London", "Europe/Chisinau", "America/Miquelon",
        "Africa/El_Aaiun",
        "Pacific/Easter", "Antarctica/Macquarie", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Pacific/Kiritimati",
        "Pacific/Marquesas", "UTC", "Asia/Tehran", "America/Phoenix", "Asia/Shanghai", "America/Anchorage",
    ]

    private let directory: TemporaryDirectory
    private let store: SQLiteStore
    private let clock: ManualClock
    private let from: Int64
    private let jobs: [LoadedJob]
    private let seen = Seen()

    /// What the scheduler asked for and did.
    private final class Seen: Sendable {
        let armed = Mutex<Timestamp?>(nil)
        let claimed = Mutex<[String: [Int64]]>([:])
        let troubles = Mutex<[String]>([])
        private let count = Mutex(0)

        /// How many runs were claimed so far.
        var claims: Int { count.withLock { $0 } }

        func claim(_ runs: [ClaimedRun]) {
            claimed.withLock { claimed in
                for run in runs { claimed[run.job.name, default: []].append(run.run.fireTime.seconds) }
            }
            count.withLock { $0 += runs.count }
        }
    }

    /// `count` jobs, whose schedules the seed decides.
    init(jobs count: Int, from: Int64, seed: UInt64) throws {
        directory = try TemporaryDirectory(in: "/dev/shm")
        store = try SQLiteStore(directory: directory.path)
        let start = Timestamp(seconds: from)
        clock = ManualClock(start)
        self.from = from
        let zones = try Self.zones.map { try Zone(named: $0) }
        let version = try JobVersion(files: [:], settings: [:])
        var generator = ScheduleGenerator(seed: seed)
        jobs = try (0..<count).map { number in
            let (name, zone) = ("job-\(number)", zones[number % zones.count])
            // Most jobs are due a few times a day, some all the time.
            let most: Int64 = number % 250 == 0 ? 15_000 : number % 10 == 0 ? 800 : 60
            var texts: [String] = []
            while texts.count < (number % 5 == 0 ? 2 : 1) {
                let (text, schedule) = generator.schedule(.full, in: zone, job: name)
                let month = schedule.count(after: start, through: start + 30 * 86400)
                if month <= most { texts.append(text) }
            }
            var header = JobHeader()
            header.schedules = texts
            return LoadedJob(
                name: name, path: "/jobs/j.lua", script: "jobs/j.lua", header: header,
                schedule: try JobSchedule(texts, zone: zone, job: name), version: version, settings: [:],
                declarations: nil, needs: Needs(), grant: .nothing, zone: zone)
        }
    }

    /// Lets so many days pass.
    func pass(days: Int64) throws {
        let scheduler = Scheduler(
            Scheduler.Connections(
                clock: clock, store: store, arm: { [seen] instant in seen.armed.withLock { $0 = instant } },
                soon: { $0() }, later: { _, _ in }, occupancy: { _ in Occupancy() }, lock: { _ in false },
                unlock: { _ in },
                pauses: { _ in [] }, mayClaim: { _ in true },
                claimed: { [seen] runs in seen.claim(runs) },
                moved: { _ in }, makeWay: { _ in },
                trouble: { [seen] failure in
                    if let failure { seen.troubles.withLock { $0.append(failure.description) } }
                }))
        try scheduler.start(jobs, cursors: [:])
        let end = Timestamp(seconds: from + days * 86400)
        while let next = seen.armed.withLock({ $0 }), next <= end {
            clock.set(to: max(next, clock.now()))
            scheduler.tick()
            try settle(scheduler)
        }
        clock.set(to: end)
        scheduler.tick()
        try settle(scheduler)
        scheduler.stop()
    }

    /// Waits until nothing is due any more, nor a claim on its way: a write that is answered comes after the claims before
    /// it, but perhaps before these are told of, and the next ones follow them.
    private func settle(_ scheduler: Scheduler) throws {
        let now = clock.now()
        repeat {
            try store.write { _ in }
        } while scheduler.state.withLock { state in
            // What is due is claimed, and the alarm, which is set a moment after that, is set.
            let first = state.timetable.first()
            if first.map({ $0 <= now }) ?? false || seen.armed.withLock({ $0 }) != first { return true }
            // Last: there are many.
            return state.plans.contains { $0.value.claiming != nil }
        }
    }

    /// What differs from the clocks that are watched, and how many fire times there are. Call it after `pass`.
    func compare(days: Int64) throws -> (fireTimes: Int, differences: [String]) {
        let sorted = jobs.sorted { ($0.zone.name, $0.name) < ($1.zone.name, $1.name) }
        let questions = sorted.flatMap { job in
            job.header.schedules.map { text in
                FireTimeOracle.Question(
                    zone: job.zone.name, expression: text, job: job.name, after: from, through: from + days * 86400)
            }
        }
        var answers = try FireTimeOracle.answers(questions)[...]
        var differences = seen.troubles.withLock { $0 }
        differences += try store.read { try $0.missed(job: nil, limit: 10) }.map { "\($0) is missed" }
        var total = 0
        for job in sorted {
            let expected = Set(answers.prefix(job.header.schedules.count).joined()).sorted()
            answers = answers.dropFirst(job.header.schedules.count)
            let found = seen.claimed.withLock { $0[job.name] ?? [] }
            total += expected.count
            if found != expected {
                let first = zip(found, expected).first { $0 != $1 }
                differences.append(
                    "\(job.header.schedules) of \(job.name) in \(job.zone.name): \(found.count) and not "
                        + "\(expected.count) fire times, first \(first as Any)")
            }
        }
        return (total, differences)
    }
}
