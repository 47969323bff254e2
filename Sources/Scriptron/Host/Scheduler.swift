import Synchronization

/// A run whose claim is durable, and the job as it was at the claim.
package struct ClaimedRun: Sendable {
    package var run: Run
    package var job: LoadedJob
}

/// Claims the fire times of the loaded jobs: nothing is started before its claim is durable, and each fire time ends
/// in a run or in a range.
package final class Scheduler: Sendable {
    /// The most jobs whose fire times are claimed in one transaction, and of the first where many are due: each next one
    /// is twice as large and waits for the one before, so that the first runs start while the others are being claimed.
    static let batch = 500
    fileprivate static let firstBatch = 32
    /// Seconds until a claim that the store refused is tried again.
    static let storePatience = 1.0

    /// What the scheduler is connected to.
    package struct Connections: Sendable {
        package var clock: any WallClock
        package var store: any Store
        /// Sets the one alarm to an instant, or (nil) clears it.
        package var arm: @Sendable (Timestamp?) -> Void
        /// Calls back when what waits already has been done.
        package var soon: @Sendable (@escaping @Sendable () -> Void) -> Void
        /// Calls back after some seconds on the monotonic clock.
        package var later: @Sendable (Double, @escaping @Sendable () -> Void) -> Void
        /// What goes on of a job.
        package var occupancy: @Sendable (String) -> Occupancy
        /// Keeps a waiting run from starting while its fire time changes; false where it has begun or is gone.
        package var lock: @Sendable (Int64) -> Bool
        /// Its fire time did not change.
        package var unlock: @Sendable (Int64) -> Void
        /// What pauses a job, what is over included while fire times within it may not be accounted for.
        package var pauses: @Sendable (String) -> [Pause]
        /// Whether the job may be claimed now; the fire times of those that may not wait for `resume`.
        package var mayClaim: @Sendable (LoadedJob) -> Bool
        /// Takes claims that are durable, the oldest first.
        package var claimed: @Sendable ([ClaimedRun]) -> Void
        /// Takes a waiting run whose fire time changed, durably.
        package var moved: @Sendable (ClaimedRun) -> Void
        /// Cancels what has begun of a job, for this run.
        package var makeWay: @Sendable (Run) -> Void
        /// Hears of trouble with the store; nil when it is over.
        package var trouble: @Sendable (Failure?) -> Void
    }

    struct Plan {
        @Boxed var job: LoadedJob
        var cursor: Timestamp
        /// Since when a claim of it is on its way to the store, on the monotonic clock.
        var claiming: Double?
        /// Its fire times wait for `resume`: why those that are missed by that were missed.
        var held: String?
        /// What takes its place when that claim is durable.
        @Rare var successor: Successor?
        /// It was not looked at yet since the host started.
        var isFirst = false
    }

    /// A job as it was edited, or removed, while a claim was on its way.
    enum Successor {
        case changed(LoadedJob, since: Timestamp)
        case removed
    }

    struct State {
        var plans: [String: Plan] = [:]
        var timetable = Timetable()
        /// The latest instant seen, to notice that the clock was set back.
        var latest: Timestamp
        var stopped = false
        /// How many times the clock was set back, what follows from that being on its way to the store: nothing is
        /// claimed meanwhile.
        var takingBack = 0
        /// How many jobs are claimed at once, if so many are due.
        var width = Scheduler.firstBatch
    }

    static let downReason = "the host was down"
    static let fullReason = "the disk that holds the store was full"
    static let lateReason = "the host was late or the clock was set forward"

    let connections: Connections
    let state: Mutex<State>
    /// Held while the alarm is set.
    private let arming = Mutex(())

    package init(_ connections: Connections) {
        self.connections = connections
        state = Mutex(State(latest: connections.clock.now()))
    }

    /// Takes the jobs of a host that starts, and the cursors as the store has them; again for those whose loading took
    /// longer. Jobs without a cursor are new: theirs is now. One whose schedule changed while the host was down is
    /// accounted for by the old schedule.
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
                state.plans[job.name] = Plan(job: job, cursor: cursor, isFirst: true)
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
        state.withLock { state in
            for job in jobs where state.plans[job.name]?.claiming == nil { state.plans[job.name]?.isFirst = false }
        }
    }

    /// Fire times of the schedule that a job had when the host ended; the job goes on with the new one from now.
    private func accountForOldSchedule(_ job: LoadedJob, _ old: JobCursor, now: Timestamp) throws {
        try connections.store.write { [self] session in
            if let (schedule, ranges) = passed(
                job, old, now: now, reason: "the host was down, and its schedule was changed")
            {
                try session.addMissed(ranges, of: schedule, after: old.accountedUntil)
            }
            try session.setCursor(job.cursor(now))
        }
        state.withLock { $0.plans[job.name]?.cursor = now }
    }

    /// The fire times from a cursor until now, by the schedule that was the cursor's: missed, but for those in a pause.
    private func passed(
        _ job: LoadedJob, _ cursor: JobCursor, now: Timestamp, reason: String
    ) -> (JobSchedule, [MissedRange])? {
        let zone = (try? Zone.named(orSystem: cursor.timezone)) ?? job.zone
        guard let schedule = try? JobSchedule(cursor.schedules, zone: zone, job: job.name) else { return nil }
        var circumstances = FireAccount.Circumstances(
            now: now, catchUp: .none, catchUpWindow: 0, missedReason: reason)
        circumstances.exclusions.pauses = connections.pauses(job.name)
        circumstances.tolerance = -1
        var ranges: [MissedRange] = []
        var after = cursor.accountedUntil
        while true {
            let account = FireAccount(job: job.name, schedule: schedule, after: after, circumstances)
            if account.until == after { return (schedule, ranges) }
            ranges += account.ranges
            after = account.until
        }
    }

    /// Starts a job of the trigger `start`, as its words on overlaps and windows allow it.
    private func claimAtStart(_ job: LoadedJob, now: Timestamp) {
        let run = job.newRun(trigger: .start, fireTime: now, now: now)
        let exclusions = Exclusions(blackouts: job.blackouts, pauses: connections.pauses(job.name))
        claim(
            Admission(job.header, connections.occupancy(job.name), exclusions, now: now).claim(run, of: job, now: now))
    }

    /// Takes a new or changed job, from now on; the fire times of its old schedule until now are accounted for first.
    package func update(_ job: LoadedJob) {
        tick()
        let now = connections.clock.now()
        // Where fire times of the old schedule are still to be claimed, the cursor is written with their claim.
        let (isNew, movesCursor) = state.withLock { state -> (Bool, Bool) in
            guard var plan = state.plans[job.name] else {
                state.plans[job.name] = Plan(job: job, cursor: now)
                state.reschedule(job.name)
                return (true, true)
            }
            let isChanged = plan.job.schedule != job.schedule
            plan.successor = .changed(job, since: now)
            let isTaken = plan.claiming == nil && plan.takeSuccessor()
            state.plans[job.name] = plan
            state.reschedule(job.name)
            return (false, isTaken && isChanged)
        }
        if movesCursor { write(job.cursor(now), of: job, isNew: isNew, now) }
        tick()
    }

    private func write(_ cursor: JobCursor, of job: LoadedJob, isNew: Bool, _ now: Timestamp) {
        connections.store.submit { [self] session in
            // A job that could not be loaded when the host started, and now can.
            if isNew, let known = try session.cursor(job: job.name),
                let (schedule, ranges) = passed(job, known, now: now, reason: "the job could not be loaded")
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
        arm()
    }

    /// Jobs whose fire times had to wait may be claimed again.
    package func resume() {
        state.withLock { state in
            for (name, plan) in state.plans where plan.held != nil { state.reschedule(name) }
        }
        tick()
    }

    /// The next fire time of a job that is not excluded.
    package func next(_ name: String) -> Timestamp? {
        guard let plan = state.withLock({ $0.plans[name] }) else { return nil }
        let exclusions = Exclusions(blackouts: plan.job.blackouts, pauses: connections.pauses(name))
        return exclusions.next(plan.job.schedule, after: plan.cursor)
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
        claimDue(now)
    }

    /// Claims what is due, or the oldest of it: what these begin with comes to the store before the next claims, which
    /// their settlement has made. The alarm is set when all is claimed.
    private func claimDue(_ now: Timestamp) {
        let (claims, isAll) = state.withLock { state in
            let claims =
                state.stopped || state.takingBack > 0 ? [] : state.takeClaims(now, limit: state.width, connections)
            let isAll = state.timetable.first().map { $0 > now } ?? true
            state.width = isAll ? Self.firstBatch : min(2 * state.width, Self.batch)
            return (claims, isAll)
        }
        if !claims.isEmpty { submit(claims) }
        if claims.isEmpty || isAll { arm() }
    }

    /// Sets the alarm for the next fire time, one thread after the other: between a look and what is set by it no other
    /// may set a newer one, which would be lost.
    private func arm() {
        arming.withLock { _ in
            let instant = state.withLock { $0.stopped || $0.takingBack > 0 ? nil : $0.timetable.first() }
            connections.arm(instant)
        }
    }

    /// Writes cursors of jobs that changed while a claim of them was on its way: the claim has written the old ones.
    func write(_ cursors: [JobCursor]) {
        connections.store.submit { session in
            for cursor in cursors { try session.setCursor(cursor) }
        } completion: { [connections] result in
            if case .failure(let error) = result { connections.trouble(Failure.wrapping(error)) }
        }
    }
}
