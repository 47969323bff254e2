/// The runs of a host: those that wait for a slot, and those that have one. It says which may start next: plain rules,
/// without I/O. Instants are those of the monotonic clock, so that a clock that is set holds no run up.
struct Roster: Sendable {
    /// How many runs may run at once.
    struct Limits: Sendable, Hashable {
        var slots: Int
        /// By the group's name; a group that is not named has no limit.
        var groups: [String: Int] = [:]
        /// Whether only runs of the priority `rescue`, and those that an operator asked for, may start.
        var isDiskFull = false

        /// Whether a run has to wait for room on the disk.
        func keeps(_ claimed: ClaimedRun) -> Bool {
            isDiskFull && claimed.job.header.priority != .rescue && claimed.run.trigger != .manual
        }
    }

    /// Where a waiting run stands: higher priorities first, then older fire times.
    private struct Place: Sendable, Comparable {
        let rank: Int
        let fireTime: Timestamp
        let run: Int64

        init(_ claimed: ClaimedRun) {
            rank = claimed.job.header.priority.rank
            fireTime = claimed.run.fireTime
            run = claimed.run.id
        }

        static func < (left: Place, right: Place) -> Bool {
            if left.rank != right.rank { return left.rank > right.rank }
            return (left.fireTime, left.run) < (right.fireTime, right.run)
        }
    }

    private struct Delay: Sendable, Comparable {
        let until: Double
        let run: Int64

        static func < (left: Delay, right: Delay) -> Bool { (left.until, left.run) < (right.until, right.run) }
    }

    private struct Waiting: Sendable {
        var claimed: ClaimedRun
        /// Not before this instant does it start.
        var ready: Double
        /// The fire time that it had before.
        var left: Timestamp?
        /// Its fire time is about to change: it does not start meanwhile.
        var isMoving = false

        /// Whether it is a run of the schedule whose fire time may change.
        var isMovable: Bool {
            claimed.run.trigger == .schedule && claimed.run.attempts == 0 && !isMoving
        }
    }

    private struct Running: Sendable {
        let job: String
        let groups: [String]
        var hasSlot = true
    }

    private var waiting: [Int64: Waiting] = [:]
    /// Those that are ready, in the order in which they start.
    private var order: [Place] = []
    /// Those that are not ready yet; some that are gone, or wait longer now.
    private var delayed = Heap<Delay>()
    /// All that wait, by their jobs.
    private var lines: [String: [Place]] = [:]
    private var running: [Int64: Running] = [:]
    private var runningOfJob: [String: Set<Int64>] = [:]
    private var groupUse: [String: Int] = [:]
    private var slotsUsed = 0

    // Questions.

    var waitingCount: Int { waiting.count }
    var runningCount: Int { running.count }

    func isWaiting(_ run: Int64) -> Bool { waiting[run] != nil }

    /// What goes on of a job.
    func occupancy(_ job: String) -> Occupancy {
        var occupancy = Occupancy()
        occupancy.begun = runningOfJob[job]?.min()
        for place in lines[job] ?? [] {
            guard let entry = waiting[place.run] else { continue }
            if entry.claimed.run.attempts > 0 {
                occupancy.begun = min(occupancy.begun ?? place.run, place.run)
                continue
            }
            occupancy.waiting += 1
            occupancy.firstWaiting = occupancy.firstWaiting ?? place.run
            if entry.isMovable {
                occupancy.movable = Occupancy.Movable(
                    run: place.run, fireTime: entry.claimed.run.fireTime, left: entry.left)
            }
        }
        return occupancy
    }

    /// The runs of a job that have begun: they run, or wait for their next attempt.
    func begun(_ job: String) -> [Int64] {
        let again = (lines[job] ?? []).map(\.run).filter { waiting[$0]?.claimed.run.attempts ?? 0 > 0 }
        return (Array(runningOfJob[job] ?? []) + again).sorted()
    }

    /// When a run that waits for its time is ready, the earliest; nil: none does.
    mutating func nextReady() -> Double? {
        while let delay = delayed.first, waiting[delay.run]?.ready != delay.until { delayed.popFirst() }
        return delayed.first?.until
    }

    // Waiting.

    /// Takes runs that start `delays` seconds from now at the earliest.
    mutating func add(_ runs: [(claimed: ClaimedRun, delay: Double)], now: Double) {
        var places: [Place] = []
        for (claimed, delay) in runs {
            let run = claimed.run.id
            waiting[run] = Waiting(claimed: claimed, ready: now + max(0, delay))
            Self.insert(Place(claimed), into: &lines[claimed.run.job, default: []])
            if delay > 0 {
                delayed.insert(Delay(until: now + delay, run: run))
            } else {
                places.append(Place(claimed))
            }
        }
        if places.count == 1 {
            Self.insert(places[0], into: &order)
        } else if !places.isEmpty {
            order += places
            order.sort()
        }
    }

    /// Takes a waiting run out; nil where it does not wait.
    mutating func remove(_ run: Int64) -> ClaimedRun? {
        guard let entry = waiting.removeValue(forKey: run) else { return nil }
        let place = Place(entry.claimed)
        Self.remove(place, from: &order)
        let job = entry.claimed.run.job
        if var line = lines.removeValue(forKey: job) {
            Self.remove(place, from: &line)
            if !line.isEmpty { lines[job] = line }
        }
        return entry.claimed
    }

    /// Keeps a waiting run from starting while its fire time changes; false where it has begun or is gone.
    mutating func lock(_ run: Int64) -> Bool {
        guard waiting[run]?.isMovable == true else { return false }
        waiting[run]?.isMoving = true
        return true
    }

    /// Its fire time did not change.
    mutating func unlock(_ run: Int64) { waiting[run]?.isMoving = false }

    /// Puts the changed run in the place of the locked one; false where that is gone meanwhile.
    mutating func move(_ claimed: ClaimedRun, delay: Double, now: Double) -> Bool {
        guard let old = remove(claimed.run.id) else { return false }
        add([(claimed, delay)], now: now)
        waiting[claimed.run.id]?.left = old.run.fireTime
        return true
    }

    /// Has each waiting run held or not; those that change, as they are then.
    mutating func hold(_ isHeld: (Run) -> Bool) -> [Run] {
        var changed: [Run] = []
        for (id, entry) in waiting {
            let state: RunState = isHeld(entry.claimed.run) ? .held : .waiting
            guard entry.claimed.run.state != state else { continue }
            waiting[id]?.claimed.run.state = state
            if let run = waiting[id]?.claimed.run { changed.append(run) }
        }
        return changed
    }

    // Starting and ending.

    /// Takes out the first waiting run that may start now, and gives it a slot; nil: none may.
    mutating func take(now: Double, limits: Limits) -> ClaimedRun? {
        promote(now)
        guard slotsUsed < limits.slots else { return nil }
        for place in order {
            guard let entry = waiting[place.run], mayStart(entry, place, limits) else { continue }
            guard let claimed = remove(place.run) else { continue }
            occupy(claimed)
            return claimed
        }
        return nil
    }

    private func mayStart(_ entry: Waiting, _ place: Place, _ limits: Limits) -> Bool {
        let (run, header) = (entry.claimed.run, entry.claimed.job.header)
        if run.state == .held || entry.isMoving || limits.keeps(entry.claimed) { return false }
        if header.groups.contains(where: { groupUse[$0, default: 0] >= limits.groups[$0] ?? .max }) { return false }
        if header.overlap == .allow { return true }
        if runningOfJob[run.job]?.isEmpty == false { return false }
        // One after the other, in their order; one that is held, or kept, lets those behind it pass.
        let first = lines[run.job]?.first { place in
            waiting[place.run].map { $0.claimed.run.state != .held && !limits.keeps($0.claimed) } ?? false
        }
        return first?.run == place.run
    }

    private mutating func occupy(_ claimed: ClaimedRun) {
        let groups = claimed.job.header.groups
        running[claimed.run.id] = Running(job: claimed.run.job, groups: groups)
        runningOfJob[claimed.run.job, default: []].insert(claimed.run.id)
        for group in groups { groupUse[group, default: 0] += 1 }
        slotsUsed += 1
    }

    /// Its process is gone: others may have its slot, though not of its job.
    mutating func freeSlot(_ run: Int64) {
        guard let entry = running[run], entry.hasSlot else { return }
        running[run]?.hasSlot = false
        for group in entry.groups {
            groupUse[group, default: 1] -= 1
            if groupUse[group] == 0 { groupUse[group] = nil }
        }
        slotsUsed -= 1
    }

    /// Its attempt is over and on record.
    mutating func finish(_ run: Int64) {
        freeSlot(run)
        guard let entry = running.removeValue(forKey: run) else { return }
        runningOfJob[entry.job]?.remove(run)
        if runningOfJob[entry.job]?.isEmpty == true { runningOfJob[entry.job] = nil }
    }

    /// Puts those whose time has come into the order.
    private mutating func promote(_ now: Double) {
        while let next = nextReady(), next <= now, let delay = delayed.popFirst() {
            if let entry = waiting[delay.run] { Self.insert(Place(entry.claimed), into: &order) }
        }
    }

    // Sorted lists.

    private static func insert(_ place: Place, into list: inout [Place]) {
        list.insert(place, at: index(of: place, in: list))
    }

    private static func remove(_ place: Place, from list: inout [Place]) {
        let index = index(of: place, in: list)
        if index < list.count, list[index].run == place.run { list.remove(at: index) }
    }

    /// Where it stands, or would.
    private static func index(of place: Place, in list: [Place]) -> Int {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
