/// How fire times that are due become durable claims.
extension Scheduler {
    /// What a claim changes, decided before the transaction.
    struct Claim: Sendable {
        let job: LoadedJob
        let account: FireAccount
        /// The rows of the account's runs.
        let runs: [Run]
        /// Whether no other piece of the same account follows.
        let isLast: Bool

        init(_ job: LoadedJob, _ account: FireAccount, now: Timestamp, isLast: Bool) {
            self.job = job
            self.account = account
            self.isLast = isLast
            runs = account.runs.map { fireTime in
                var run = job.newRun(trigger: .schedule, fireTime: fireTime, now: now)
                // Drawn here, and forgotten: no fire time is ever computed from it.
                let jitter = job.header.jitter > 0 ? now + Double.random(in: 0..<job.header.jitter) : nil
                run.notBefore = [jitter, account.notBefore].compactMap { $0 }.max()
                return run
            }
        }
    }

    /// What became of a claim's runs.
    private struct Done: Sendable {
        var claimed: [Run] = []
        var moved: Run?
        /// Where the job's cursor stands.
        var cursor: Timestamp
    }

    /// Writes claims, a transaction after the other; what is durable starts.
    func submit(_ transactions: [[Claim]]) {
        guard let claims = transactions.first else { return }
        connections.store.submit(weight: claims.count) { session -> [Done] in
            try claims.map { try Self.write($0, session) }
        } completion: { [self] result in
            switch result {
            case .success(let done):
                connections.trouble(nil)
                hand(zip(claims, done).map { ($0, $1) })
                settle(claims, cursors: done.map(\.cursor))
                submit(Array(transactions.dropFirst()))
            case .failure(let error):
                connections.trouble(Failure.wrapping(error))
                connections.later(Self.storePatience) { [self] in settle(claims, cursors: nil) }
            }
        }
    }

    private static func write(_ claim: Claim, _ session: any StoreSession) throws -> Done {
        // What was accounted for meanwhile, by whomever, must not be accounted for twice.
        if let stored = try session.cursor(job: claim.job.name)?.accountedUntil, stored != claim.account.after {
            return Done(cursor: stored)
        }
        var done = Done(cursor: claim.account.until)
        var rows = claim.runs
        try session.saveVersion(claim.job.version.hash, files: claim.job.version.files)
        if let move = claim.account.move, var moved = rows.first {
            // One that was cancelled meanwhile has its own end: then this is a run of its own.
            if let waiting = try session.run(move.run.run), [.waiting, .held].contains(waiting.state),
                waiting.attempts == 0
            {
                rows.removeFirst()
                moved.id = waiting.id
                moved.state = waiting.state
                if try session.moveRun(moved) {
                    done.moved = moved
                    let newest = try session.missed(job: moved.job, limit: 1).first
                    try session.addMissed(move.left, merge: newest?.to == move.run.left)
                }
            }
        }
        try session.addMissed(claim.account.ranges, of: claim.job.schedule, after: claim.account.after)
        try session.setCursor(claim.job.cursor(claim.account.until))
        for run in rows { if let run = try session.insertRun(run) { done.claimed.append(run) } }
        return done
    }

    private func hand(_ settled: [(claim: Claim, done: Done)]) {
        let claimed = settled.flatMap { claim, done in done.claimed.map { ClaimedRun(run: $0, job: claim.job) } }
            .sorted { $0.run.fireTime < $1.run.fireTime }
        if !claimed.isEmpty { connections.claimed(claimed) }
        for (claim, done) in settled {
            if let moved = done.moved {
                connections.moved(ClaimedRun(run: moved, job: claim.job))
            } else if let move = claim.account.move {
                connections.unlock(move.run.run)
            }
            if claim.account.cancels, let run = done.moved ?? done.claimed.last { connections.makeWay(run) }
        }
    }

    /// Claims a run that no fire time of the schedule is due for, until the store takes it.
    func claim(_ claim: Supervisor.Claim) {
        connections.store.submit { session -> Run? in
            try session.saveVersion(claim.job.version.hash, files: claim.job.version.files)
            return try session.insertRun(claim.run)
        } completion: { [self] result in
            switch result {
            case .success(let run):
                connections.trouble(nil)
                guard let run, run.state != .ended else { return }
                connections.claimed([ClaimedRun(run: run, job: claim.job)])
                if claim.cancels { connections.makeWay(run) }
            case .failure(let error):
                connections.trouble(Failure.wrapping(error))
                connections.later(Self.storePatience) { [self] in self.claim(claim) }
            }
        }
    }

    /// Moves the cursors of claims that are durable; those that are not (nil) are due again.
    private func settle(_ claims: [Claim], cursors: [Timestamp]?) {
        if cursors == nil { for claim in claims { claim.account.move.map { connections.unlock($0.run.run) } } }
        let taken = state.withLock { state in
            claims.enumerated().compactMap { index, claim -> JobCursor? in
                let name = claim.job.name
                guard var plan = state.plans[name] else { return nil }
                if let cursors { plan.cursor = cursors[index] }
                if cursors != nil, !claim.isLast {
                    state.plans[name] = plan
                    return nil
                }
                plan.claiming = nil
                plan.isFirst = false
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
        connections.soon { [self] in tick() }
    }
}

extension Scheduler.Plan {
    /// Puts the changed job in the place of the old one, whose fire times until the change must be accounted for first:
    /// where one of them is still due, the successor waits. Whether it was taken.
    mutating func takeSuccessor() -> Bool {
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
    mutating func reschedule(_ name: String) {
        guard let plan = plans[name], plan.claiming == nil else { return timetable.set(name, nil) }
        timetable.set(name, plan.job.schedule.next(after: plan.cursor))
    }

    /// The claims of what is due, the oldest first: so many jobs, and as many runs as one transaction takes, or one job
    /// whose runs need several.
    mutating func takeClaims(
        _ now: Timestamp, limit: Int, _ connections: Scheduler.Connections
    ) -> [[Scheduler.Claim]] {
        var claims: [Scheduler.Claim] = []
        var runs = 0
        while claims.count < limit, runs < Scheduler.batch,
            let name = timetable.takeDue(now, limit: 1).first
        {
            guard let plan = plans[name] else { continue }
            guard connections.mayClaim(plan.job) else {
                // Not in the timetable, or the alarm would ring without end.
                plans[name]?.held = Scheduler.fullReason
                continue
            }
            plans[name]?.held = nil
            let account = account(plan, now, connections)
            guard account.until > plan.cursor else {
                timetable.set(name, plan.job.schedule.next(after: now))
                continue
            }
            if runs + account.runs.count > Scheduler.batch, !claims.isEmpty {
                // It would not fit: the next transaction begins with it.
                account.move.map { connections.unlock($0.run.run) }
                timetable.set(name, plan.job.schedule.next(after: plan.cursor))
                break
            }
            plans[name]?.claiming = connections.clock.monotonic
            runs += account.runs.count
            let pieces = account.pieces(of: Scheduler.batch)
            let made = pieces.enumerated().map { index, piece in
                Scheduler.Claim(plan.job, piece, now: now, isLast: index == pieces.count - 1)
            }
            if made.count > 1 { return made.map { [$0] } }
            claims += made
        }
        return claims.isEmpty ? [] : [claims]
    }

    private func account(_ plan: Scheduler.Plan, _ now: Timestamp, _ connections: Scheduler.Connections) -> FireAccount
    {
        let (job, header) = (plan.job, plan.job.header)
        // Of a schedule that was changed meanwhile only the fire times before the change count.
        var end = now
        if case .changed(_, let since) = plan.successor { end = min(now, since) }
        var circumstances = FireAccount.Circumstances(
            now: end, catchUp: header.catchUp, catchUpWindow: header.catchUpWindow,
            missedReason: plan.held ?? (plan.isFirst ? Scheduler.downReason : Scheduler.lateReason))
        circumstances.overlap = header.overlap
        circumstances.exclusions = Exclusions(blackouts: job.blackouts, pauses: connections.pauses(job.name))
        while true {
            circumstances.occupancy = connections.occupancy(job.name)
            let account = FireAccount(job: job.name, schedule: job.schedule, after: plan.cursor, circumstances)
            // One that began in this very moment moves no more.
            guard let move = account.move, !connections.lock(move.run.run) else { return account }
        }
    }
}

extension StoreSession {
    /// Adds the ranges that follow a cursor. What begins with the first fire time after it goes on with the job's newest
    /// range, where that one ends at the cursor: else runs lie between them. What ran already, before the clock was set
    /// back, is no part of them.
    func addMissed(_ ranges: [MissedRange], of schedule: JobSchedule, after cursor: Timestamp) throws {
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
    func newRun(trigger: Trigger, fireTime: Timestamp, now: Timestamp, parent: Int64? = nil) -> Run {
        Run(
            id: 0, job: name, trigger: trigger, fireTime: fireTime, version: version.hash, settings: settings,
            grant: grant.value, header: header.value, parent: parent, claimed: now)
    }
}
