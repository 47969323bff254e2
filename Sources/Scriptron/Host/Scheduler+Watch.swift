/// What should never be: a fire time that is past and unclaimed. The watchdog has it mended.
extension Scheduler {
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
