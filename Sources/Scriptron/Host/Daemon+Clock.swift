/// The clock on the wall as people, NTP and flat batteries set it.
extension Daemon {
    /// A step is told from this many seconds on.
    private static let toldStep = 1.0

    /// Brings to order what was noted under a clock that showed a later time than it does now, and begins to watch it.
    func trustClock() throws(Failure) {
        let newest: Timestamp?
        do {
            newest = try store.read { try $0.runs(RunQuery(limit: 1)).first?.claimed }
        } catch {
            throw Failure.wrapping(error)
        }
        let trust = ClockTrust(now: clock.now(), monotonic: clock.monotonic, newest: newest)
        clockTrust.withLock { $0 = trust }
        try reanchor(step: 0)
    }

    /// The clock was set, or the machine slept.
    func clockWasSet() {
        let (now, monotonic) = (clock.now(), clock.monotonic)
        let step = clockTrust.withLock { $0?.look(now: now, monotonic: monotonic) } ?? 0
        if abs(step) >= Self.toldStep {
            let way = step > 0 ? "forward" : "back"
            HostSpeech.say("the clock was set \(way) by \(Quantity.describe(seconds: abs(step).rounded()))")
        }
        upkeep.submit { [self] in
            do throws(Failure) {
                try reanchor(step: step)
                trouble("clock", nil)
            } catch {
                trouble("clock", error)
            }
            parts.alerts.hear()
        }
    }

    /// Whatever waits for a time span that a later clock began, waits for it from now; what waits to be sent is not older
    /// for a step forward.
    private func reanchor(step: Double) throws(Failure) {
        try queues.clockWasSetBack()
        let now = clock.now()
        do {
            try store.write { session in
                try session.setBackAlerts(to: now)
                if step >= Self.toldStep { try session.postponeOutbox(by: step) }
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    // Zones.

    /// Has the jobs go by tzdata and by the machine's zone as they are now, where these have changed.
    func lookAtZones() {
        let name = state.withLock { $0.environment.configuration.timezone }
        zoneWatch.add(name)
        guard zoneWatch.hasChanged() || state.withLock({ $0.troubles["zones"] != nil }) else { return }
        do throws(Failure) {
            let zone = try Zone.named(orSystem: name)
            state.withLock { state in
                state.environment.zone = zone
                state.loader = JobLoader(
                    environment: state.environment, evaluator: core.evaluator, writeRoots: core.loader.writeRoots)
                state.loader.approvals = core.loader.approvals
            }
            try parts.catalog.rezone { (name) throws(Failure) in
                try name.map { (name) throws(Failure) in
                    try Zone(named: name)
                } ?? zone
            }
            trouble("zones", nil)
        } catch {
            trouble("zones", error)
        }
    }
}
