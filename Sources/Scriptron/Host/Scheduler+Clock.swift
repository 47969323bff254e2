/// What follows where the clock was set back.
extension Scheduler {
    /// What is accounted for later than now is taken back: ranges are due again, and what ran is found by its row. It is
    /// tried until the store has taken it; the claims that were on their way are in the store before it.
    func clockWasSetBack(_ now: Timestamp) {
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

    static func takeBack(after now: Timestamp, _ session: any StoreSession) throws {
        let cursors = try session.cursors()
        _ = try session.takeBackMissed(after: now) { range in
            guard let cursor = cursors[range.job], let zone = try? Zone.named(orSystem: cursor.timezone),
                let schedule = try? JobSchedule(cursor.schedules, zone: zone, job: range.job)
            else { return range }
            return range.through(now, of: schedule)
        }
        for var cursor in cursors.values where cursor.accountedUntil > now {
            cursor.accountedUntil = now
            try session.setCursor(cursor)
        }
    }
}
