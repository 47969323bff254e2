import Synchronization

/// A run whose claim is durable, and the job as it was at the claim.
package struct ClaimedRun: Sendable {
    package var run: Run
    package var job: LoadedJob
}

/// Claims the fire times of the loaded jobs: nothing is started before its claim is durable, and each fire time ends
/// in a run or in a range.
package final class Scheduler: Sendable {
    /// The most jobs whose fire times are claimed in one transaction.
    static let batch = 500
    /// Seconds until a claim that the store refused is tried again.
    static let storePatience = 1.0

    /// What the scheduler is connected to.
    package struct Connections: Sendable {
        package var clock: any WallClock
        package var store: any Store
        /// Sets the one alarm to an instant, or (nil) clears it.
        package var arm: @Sendable (Timestamp?) -> Void
        /// Calls back after some seconds on the monotonic clock.
        package var later: @Sendable (Double, @escaping @Sendable () -> Void) -> Void
        /// Why the job cannot start a run now; nil: it can.
        package var busy: @Sendable (String) -> String?
        /// Whether the job may be claimed now; the fire times of those that may not wait for `resume`.
        package var mayClaim: @Sendable (LoadedJob) -> Bool
        /// Takes claims that are durable, the oldest first.
        package var claimed: @Sendable ([ClaimedRun]) -> Void
        /// Hears of trouble with the store; nil when it is over.
        package var trouble: @Sendable (Failure?) -> Void
    }

    fileprivate struct Plan {
        var job: LoadedJob
        var cursor: Timestamp
        /// Since when a claim of it is on its way to the store, on the monotonic clock.
        var claiming: Double?
        /// Its fire times wait for `resume`: why those that are missed by that were missed.
        var held: String?
        /// What takes its place when that claim is durable.
        var successor: Successor?
    }

    /// A job as it was edited, or removed, while a claim was on its way.
    fileprivate enum Successor {
        case changed(LoadedJob, since: Timestamp)
        case removed
    }

    fileprivate struct State {
        var plans: [String: Plan] = [:]
        var timetable = Timetable()
        /// The latest instant seen, to notice that the clock was set back.
        var latest: Timestamp
        var missedReason = Scheduler.downReason
        var stopped = false
        /// How many times the clock was set back, what follows from that being on its way to the store: nothing is
        /// claimed meanwhile.
        var takingBack = 0
    }

    /// What a claim changes, decided before the transaction.
    fileprivate struct Claim: Sendable {
        let job: LoadedJob
        let account: FireAccount
        let run: Run?
    }

    private static let downReason = "the host was down"
    fileprivate static let fullReason = "the disk that holds the store was full"
    private static let lateReason = "the host was late or the clock was set forward"

    private let connections: Connections
    private let state: Mutex<State>

    package init(_ connections: Connections) {
        self.connections = connections
        state = Mutex(State(latest: connections.clock.now()))
    }

    /// Whether a run of the trigger `start` is wanted, and the cursors as the store has them. Jobs without a cursor are
    /// new: theirs is now. One whose schedule changed while the host was down is accounted for by the old schedule.
    package func start(_ jobs: [LoadedJob], cursors: [String: JobCursor]) throws {
        let now = connections.clock.now()
        try connections.store.write { try Self.takeBack(after: now, $0) }
        var fresh: [JobCursor] = []
        var changed: [(LoadedJob, JobCursor)] = []
        var claims: [LoadedJob] = []
        state.withLock { state in
            for job in jobs {
                let known = cursors[job.name]
                let cursor = min(known?.accountedUntil ?? now, now)
                state.plans[job.name] = Plan(job: job, cursor: cursor)
                let row = job.cursor(now)
                if let known, known.schedules != row.schedules || known.timezone != row.timezone {
                    changed.append((job, known))
                } else if known == nil {
                    fresh.append(row)
                }
                if job.schedule.runsAtStart { claims.append(job) }
            }
        }
        for (job, old) in changed { try accountForOldSchedule(job, old, now: now) }
        try connections.store.write { [fresh] session in
            for cursor in fresh { try session.setCursor(cursor) }
        }
        state.withLock { state in
            for job in jobs { state.reschedule(job.name) }
        }
        for job in claims { claimAtStart(job, now: now) }
        tick()
        state.withLock { $0.missedReason = Self.lateReason }
    }

    /// Fire times of the schedule that a job had when the host ended; the job goes on with the new one from now.
    private func accountForOldSchedule(_ job: LoadedJob, _ old: JobCursor, now: Timestamp) throws {
        try connections.store.write { session in
            let reason = "the host was down, and its schedule was changed"
            if let (schedule, ranges) = Self.passed(job, old, now: now, reason: reason) {
                try session.addMissed(ranges, of: schedule, after: old.accountedUntil)
            }
            try session.setCursor(job.cursor(now))
        }
        state.withLock { $0.plans[job.name]?.cursor = now }
    }

    /// The fire times from a cursor until now, by the schedule that was the cursor's, all of them missed.
    private static func passed(
        _ job: LoadedJob, _ cursor: JobCursor, now: Timestamp, reason: String
    ) -> (JobSchedule, [MissedRange])? {
        let zone = (try? Zone.named(orSystem: cursor.timezone)) ?? job.zone
        guard let schedule = try? JobSchedule(cursor.schedules, zone: zone),
            let first = schedule.next(after: cursor.accountedUntil), first <= now,
            let last = schedule.previous(before: now + 0.000001)
        else { return nil }
        let count = schedule.count(after: cursor.accountedUntil, through: now)
        let range = MissedRange(job: job.name, from: first, to: last, kind: .missed, count: count, reason: reason)
        return (schedule, [range])
    }

    private func claimAtStart(_ job: LoadedJob, now: Timestamp) {
        let run = job.newRun(trigger: .start, fireTime: now, now: now)
        submit([Claim(job: job, account: FireAccount.nothing(until: now), run: run)], movesCursor: false)
    }

    /// Takes a new or changed job, from now on; the fire times of its old schedule until now are accounted for first.
    package func update(_ job: LoadedJob) {
        tick()
        let now = connections.clock.now()
        // Where fire times of the old schedule are left, the cursor is written with their claim.
        let (isNew, movesCursor) = state.withLock { state -> (Bool, Bool) in
            if var plan = state.plans[job.name] {
                let isChanged = plan.job.schedule != job.schedule
                plan.successor = .changed(job, since: now)
                let isTaken = plan.claiming == nil && plan.takeSuccessor()
                state.plans[job.name] = plan
                state.reschedule(job.name)
                return (false, isTaken && isChanged)
            }
            state.plans[job.name] = Plan(job: job, cursor: now)
            state.reschedule(job.name)
            return (true, true)
        }
        let cursor = job.cursor(now)
        if movesCursor { write(cursor, of: job, isNew: isNew, now) }
        tick()
    }

    private func write(_ cursor: JobCursor, of job: LoadedJob, isNew: Bool, _ now: Timestamp) {
        connections.store.submit { session in
            let known = try session.cursors()[job.name]
            // A job that could not be loaded when the host started, and now can.
            if isNew, let known,
                let (schedule, ranges) = Self.passed(job, known, now: now, reason: "the job could not be loaded")
            {
                try session.addMissed(ranges, of: schedule, after: known.accountedUntil)
            }
            try session.setCursor(cursor)
        } completion: { [connections] result in
            if case .failure(let error) = result { connections.trouble(Failure.wrapping(error)) }
        }
    }

    /// Forgets a job that is gone; its history stays.
    package func remove(_ name: String) {
        tick()
        state.withLock { state in
            if state.plans[name]?.claiming != nil {
                state.plans[name]?.successor = .removed
            } else {
                state.plans.removeValue(forKey: name)
            }
            state.timetable.set(name, nil)
        }
        connections.store.submit {
            try $0.removeCursor(job: name)
        } completion: { [connections] result in
            if case .failure(let error) = result { connections.trouble(Failure.wrapping(error)) }
        }
        arm()
    }

    /// Claims nothing more.
    package func stop() {
        state.withLock { $0.stopped = true }
        connections.arm(nil)
    }

    /// Jobs whose fire times had to wait may be claimed again.
    package func resume() {
        state.withLock { state in
            for (name, plan) in state.plans where plan.held != nil { state.reschedule(name) }
        }
        tick()
    }

    /// The next fire time of a job.
    package func next(_ name: String) -> Timestamp? {
        state.withLock { state in
            state.timetable.next(name) ?? state.plans[name].flatMap { $0.job.schedule.next(after: $0.cursor) }
        }
    }

    /// Claims what is due, and sets the alarm for the next. Called when the alarm rings, whenever the clock was set,
    /// and whenever in doubt: it does nothing where nothing is due.
    package func tick() {
        let now = connections.clock.now()
        let steppedBack = state.withLock { state in
            let back = now < state.latest - 1
            state.latest = now
            return back
        }
        if steppedBack { clockWasSetBack(now) }
        while true {
            let claims = state.withLock { state in
                state.stopped || state.takingBack > 0 ? [] : state.takeClaims(now, connections)
            }
            if claims.isEmpty { break }
            submit(claims, movesCursor: true)
        }
        arm()
    }

    private func arm() {
        let instant = state.withLock { $0.stopped || $0.takingBack > 0 ? nil : $0.timetable.first() }
        connections.arm(instant)
    }

    private func submit(_ claims: [Claim], movesCursor: Bool) {
        connections.store.submit(weight: claims.count) { session -> [Claimed] in
            try claims.map { claim in
                // What was accounted for meanwhile, by whomever, must not be accounted for twice.
                if movesCursor, let stored = try session.cursor(job: claim.job.name)?.accountedUntil,
                    stored != claim.account.after
                {
                    return Claimed(cursor: stored)
                }
                try session.addMissed(claim.account.ranges, of: claim.job.schedule, after: claim.account.after)
                if movesCursor { try session.setCursor(claim.job.cursor(claim.account.until)) }
                guard let run = claim.run else { return Claimed(cursor: claim.account.until) }
                try session.saveVersion(claim.job.version.hash, files: claim.job.version.files)
                return Claimed(run: try session.insertRun(run), cursor: claim.account.until)
            }
        } completion: { [self] result in
            switch result {
            case .success(let results):
                connections.trouble(nil)
                let claimed = zip(claims, results).compactMap { claim, result in
                    result.run.map { ClaimedRun(run: $0, job: claim.job) }
                }
                if !claimed.isEmpty { connections.claimed(claimed) }
                if movesCursor { settle(claims, cursors: results.map(\.cursor)) }
            case .failure(let error):
                connections.trouble(Failure.wrapping(error))
                connections.later(Self.storePatience) { [self] in
                    if movesCursor { settle(claims, cursors: nil) } else { submit(claims, movesCursor: false) }
                }
            }
        }
    }

    /// What came of a claim: the run that is new, and where the job's cursor stands.
    private struct Claimed: Sendable {
        var run: Run?
        var cursor: Timestamp
    }

    /// Moves the cursors of claims that are durable; those that are not (nil) are due again.
    private func settle(_ claims: [Claim], cursors: [Timestamp]?) {
        let taken = state.withLock { state in
            claims.enumerated().compactMap { index, claim -> JobCursor? in
                let name = claim.job.name
                guard var plan = state.plans[name] else { return nil }
                plan.claiming = nil
                if let cursors { plan.cursor = cursors[index] }
                if case .removed = plan.successor {
                    state.plans.removeValue(forKey: name)
                    return nil
                }
                let isTaken = plan.takeSuccessor()
                state.plans[name] = plan
                state.reschedule(name)
                return isTaken ? plan.job.cursor(plan.cursor) : nil
            }
        }
        if !taken.isEmpty { write(taken) }
        tick()
    }

    /// Writes cursors of jobs that changed while a claim of them was on its way: the claim has written the old ones.
    private func write(_ cursors: [JobCursor]) {
        connections.store.submit { session in
            for cursor in cursors { try session.setCursor(cursor) }
        } completion: { [connections] result in
            if case .failure(let error) = result { connections.trouble(Failure.wrapping(error)) }
        }
    }

    /// What is accounted for later than now is taken back: ranges are due again, and what ran is found by its row. It is
    /// tried until the store has taken it; the claims that were on their way are in the store before it.
    private func clockWasSetBack(_ now: Timestamp) {
        state.withLock { $0.takingBack += 1 }
        takeBack(now)
    }

    private func takeBack(_ now: Timestamp) {
        connections.store.submit { session in
            try Self.takeBack(after: now, session)
        } completion: { [self] result in
            if case .failure(let error) = result {
                connections.trouble(Failure.wrapping(error))
                return connections.later(Self.storePatience) { [self] in takeBack(now) }
            }
            state.withLock { state in
                state.takingBack -= 1
                for (name, plan) in state.plans where plan.cursor > now {
                    state.plans[name]?.cursor = now
                    state.reschedule(name)
                }
            }
            tick()
        }
    }

    private static func takeBack(after now: Timestamp, _ session: any StoreSession) throws {
        let cursors = try session.cursors()
        _ = try session.takeBackMissed(after: now) { range in
            guard let cursor = cursors[range.job], let zone = try? Zone.named(orSystem: cursor.timezone),
                let schedule = try? JobSchedule(cursor.schedules, zone: zone)
            else { return range }
            return range.through(now, of: schedule)
        }
        for var cursor in cursors.values where cursor.accountedUntil > now {
            cursor.accountedUntil = now
            try session.setCursor(cursor)
        }
    }

    // The watch.

    /// Seconds for which a claim may be on its way to the store, and for which a fire time may be past and unclaimed,
    /// before that is a mistake and mended.
    static let claimPatience = 120.0
    static let duePatience = 5.0

    /// Looks whether every job's next fire time is still ahead of it and waited for, and mends what is not; what there
    /// was, in words. `isThorough` looks at each job, which costs some time.
    package func mend(isThorough: Bool) -> [String] {
        let (now, monotonic) = (connections.clock.now(), connections.clock.monotonic)
        let found = state.withLock { state -> [String] in
            guard !state.stopped, state.takingBack == 0 else { return [] }
            var found: [String] = []
            if let first = state.timetable.first(), now - first >= Self.duePatience {
                let late = Quantity.describe(seconds: (now - first).rounded())
                found.append("the next fire time lay \(late) in the past, and nothing had claimed it")
            }
            guard isThorough else { return found }
            for (name, plan) in state.plans {
                if let since = plan.claiming {
                    if monotonic - since < Self.claimPatience { continue }
                    let long = Quantity.describe(seconds: (monotonic - since).rounded())
                    found.append("a claim of job \(name) was on its way to the store for \(long): it is made again")
                    state.plans[name]?.claiming = nil
                } else if plan.held == nil, state.timetable.next(name) == nil,
                    plan.job.schedule.next(after: plan.cursor) != nil
                {
                    found.append("job \(name) had fire times ahead, and none was waited for")
                } else {
                    continue
                }
                state.reschedule(name)
            }
            return found
        }
        if !found.isEmpty { tick() }
        return found
    }
}

extension Scheduler.Plan {
    /// Puts the changed job in the place of the old one, whose fire times until the change must be accounted for first:
    /// where one of them is still due, the successor waits. Whether it was taken.
    fileprivate mutating func takeSuccessor() -> Bool {
        guard case .changed(let changed, let since) = successor else { return false }
        if job.schedule != changed.schedule {
            if let due = job.schedule.next(after: cursor), due <= since { return false }
            cursor = max(cursor, since)
        }
        job = changed
        successor = nil
        return true
    }
}

extension Scheduler.State {
    fileprivate mutating func reschedule(_ name: String) {
        guard let plan = plans[name], plan.claiming == nil else { return timetable.set(name, nil) }
        timetable.set(name, plan.job.schedule.next(after: plan.cursor))
    }

    fileprivate mutating func takeClaims(_ now: Timestamp, _ connections: Scheduler.Connections) -> [Scheduler.Claim] {
        timetable.takeDue(now, limit: Scheduler.batch).compactMap { name in
            guard let plan = plans[name] else { return nil }
            guard connections.mayClaim(plan.job) else {
                // Not in the timetable, or the alarm would ring without end.
                plans[name]?.held = Scheduler.fullReason
                return nil
            }
            plans[name]?.held = nil
            let header = plan.job.header
            // Of a schedule that was changed meanwhile only the fire times before the change count.
            var end = now
            if case .changed(_, let since) = plan.successor { end = min(now, since) }
            let account = FireAccount(
                job: name, schedule: plan.job.schedule, after: plan.cursor,
                FireAccount.Circumstances(
                    now: end, catchUp: header.catchUp, catchUpWindow: header.catchUpWindow,
                    busy: connections.busy(name), missedReason: plan.held ?? missedReason))
            guard account.until > plan.cursor else {
                timetable.set(name, plan.job.schedule.next(after: now))
                return nil
            }
            plans[name]?.claiming = connections.clock.monotonic
            let run = account.run.map { plan.job.newRun(trigger: .schedule, fireTime: $0, now: now) }
            return Scheduler.Claim(job: plan.job, account: account, run: run)
        }.sorted { ($0.run?.fireTime ?? now) < ($1.run?.fireTime ?? now) }
    }
}

extension StoreSession {
    /// Adds the ranges that follow a cursor. What begins with the first fire time after it goes on with the job's newest
    /// range, where that one ends at the cursor: else runs lie between them. What ran already, before the clock was set
    /// back, is no part of them.
    fileprivate func addMissed(_ ranges: [MissedRange], of schedule: JobSchedule, after cursor: Timestamp) throws {
        if ranges.isEmpty { return }
        let first = schedule.next(after: cursor)
        for range in ranges {
            let ran = try fireTimesRun(job: range.job, from: range.from, through: range.to)
            for piece in range.without(ran, of: schedule) {
                let newest = try missed(job: range.job, limit: 1).first
                try addMissed(piece, merge: newest?.to == cursor && piece.from == first)
            }
        }
    }
}

extension LoadedJob {
    /// The job's cursor at an instant.
    func cursor(_ until: Timestamp) -> JobCursor {
        JobCursor(
            job: name, accountedUntil: until, schedules: schedule.texts, timezone: header.timezone)
    }

    /// A run of the job as it is now.
    func newRun(trigger: Trigger, fireTime: Timestamp, now: Timestamp) -> Run {
        Run(
            id: 0, job: name, trigger: trigger, fireTime: fireTime, version: version.hash, settings: settings,
            grant: grant.value, claimed: now)
    }
}
