import Synchronization

/// Keeps what pauses jobs: durable, so that it outlives the host, and over when its time is.
package final class PauseDesk: Sendable {
    /// What it is connected to.
    package struct Connections: Sendable {
        package var store: any Store
        package var now: @Sendable () -> Timestamp
        /// Calls back after some seconds on the monotonic clock.
        package var later: @Sendable (Double, @escaping @Sendable () -> Void) -> Void
        /// Hears of what is in force, whenever that changes.
        package var changed: @Sendable ([Pause]) -> Void

        package init(
            store: any Store, now: @escaping @Sendable () -> Timestamp,
            later: @escaping @Sendable (Double, @escaping @Sendable () -> Void) -> Void,
            changed: @escaping @Sendable ([Pause]) -> Void
        ) {
            self.store = store
            self.now = now
            self.later = later
            self.changed = changed
        }
    }

    /// Seconds for which a pause that is over is remembered: fire times within it are accounted for long before.
    static let memory = 86400.0
    /// The longest wait for the end of a pause; the clock may be set meanwhile. In seconds.
    private static let longestWait = 60.0

    private struct State {
        var pauses: [Pause] = []
        var isWaiting = false
    }

    private let connections: Connections
    private let state = Mutex(State())

    package init(_ connections: Connections) { self.connections = connections }

    /// Reads what the store knows: those that go on, and those that ended since the oldest cursor.
    package func load(since oldest: Timestamp?) throws {
        let since = min(oldest ?? connections.now(), connections.now() - Self.memory)
        let pauses = try connections.store.read { try $0.pauses(since: since) }
        state.withLock { $0.pauses = pauses }
        announce()
    }

    /// Those about a job, some of them over.
    package func about(_ job: String) -> [Pause] { state.withLock { $0.pauses.filter { $0.isAbout(job) } } }

    /// Those that are in force now.
    package var inForce: [Pause] {
        let now = connections.now()
        return state.withLock { $0.pauses.filter { $0.covers(now) } }
    }

    /// What keeps a job from starting now, the drain first; nil: nothing does.
    package func inForce(for job: String) -> Pause? {
        let pauses = inForce.filter { $0.isAbout(job) }
        return pauses.first { $0.kind == .drain } ?? pauses.first
    }

    /// Pauses jobs (`Pause.everything` among the names: all of them), in the place of what pauses them already.
    package func pause(
        _ jobs: [String], _ kind: Pause.Kind, for seconds: Double? = nil, by person: String
    ) throws(Failure) -> [Pause] {
        let now = connections.now()
        let known = inForce
        if kind == .pause, jobs.contains(Pause.everything), let drain = known.first(where: { $0.kind == .drain }) {
            throw Failure(
                code: ControlCode.conflict, "the host is drained by \(drain.by): nothing starts at all",
                cure: "scriptron resume ends that")
        }
        let old = known.filter { jobs.contains($0.job) }
        let new = jobs.map { Pause(job: $0, kind: kind, since: now, until: seconds.map { now + $0 }, by: person) }
        return try change(ending: old, at: now, adding: new)
    }

    /// Ends what pauses these names; those that ended. Fails where one of them is not paused by its name.
    package func resume(_ jobs: [String]) throws(Failure) -> [Pause] {
        let known = inForce
        for job in jobs where !known.contains(where: { $0.job == job }) { throw Self.notPaused(job, known) }
        let ended = known.filter { jobs.contains($0.job) }
        _ = try change(ending: ended, at: connections.now(), adding: [])
        return ended
    }

    private static func notPaused(_ job: String, _ known: [Pause]) -> Failure {
        let names = known.map(\.job).filter { $0 != Pause.everything }
        if job == Pause.everything {
            return Failure(
                code: ControlCode.conflict, "the host is neither paused nor drained",
                cure: names.isEmpty ? nil : "scriptron resume \(names.joined(separator: " ")) resumes what is paused")
        }
        return Failure(
            code: ControlCode.conflict, "job \(job) is not paused by its name",
            cure: known.contains { $0.job == Pause.everything }
                ? "scriptron resume, without a job, ends what pauses all of them" : nil)
    }

    private func change(
        ending old: [Pause], at now: Timestamp, adding new: [Pause]
    ) throws(Failure) -> [Pause] {
        let ended = old.map { pause in
            var pause = pause
            // A clock that was set back does not make it end before it began.
            pause.until = max(now, pause.since)
            return pause
        }
        let added: [Pause]
        do {
            added = try connections.store.write { session in
                for pause in ended { try session.updatePause(pause) }
                return try new.map { try session.insertPause($0) }
            }
        } catch {
            throw Failure.wrapping(error)
        }
        state.withLock { state in
            for pause in ended {
                if let index = state.pauses.firstIndex(where: { $0.id == pause.id }) { state.pauses[index] = pause }
            }
            state.pauses += added
            state.pauses.removeAll { $0.until.map { $0 < now - Self.memory } ?? false }
        }
        announce()
        return added
    }

    /// Tells what is in force, and again when the next of it ends.
    private func announce() {
        connections.changed(inForce)
        let now = connections.now()
        let wait = state.withLock { state -> Double? in
            let ends = state.pauses.filter { $0.covers(now) }.compactMap(\.until)
            guard let next = ends.min(), !state.isWaiting else { return nil }
            state.isWaiting = true
            return min(max(next - now, 0.01), Self.longestWait)
        }
        guard let wait else { return }
        connections.later(wait) { [self] in
            state.withLock { $0.isWaiting = false }
            announce()
        }
    }
}
