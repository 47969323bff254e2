/// What should never be: attempts without a worker, runs that nobody holds. The host mends it, and says so.
extension Supervisor {
    /// Seconds beyond its deadline after which an attempt that has not ended is ended once more.
    static let endPatience = 60.0

    /// Looks at the attempts; what there was, in words. On the loop's thread.
    func mendAttempts() -> [String] {
        var found: [String] = []
        for (run, active) in state.withLock({ $0.active }) where active.verdict == nil {
            guard let worker = active.worker else { continue }
            let name = "run \(run) of job \(active.claimed.run.job)"
            if !connections.workers.holds(worker) {
                found.append("\(name) had no worker any more: it is lost")
                conclude(run, WorkerEnd(verdict: .lost, exit: nil))
            } else if active.attempt.unkillable == nil, let launched = active.launched,
                Monotonic.now - launched > active.claimed.job.header.timeout + connections.grace + Self.endPatience
            {
                found.append("\(name) went on beyond its deadline: it is killed once more")
                connections.workers.cancel(worker)
            }
        }
        return found
    }

    /// Finds the runs that are open in the store and that this host does not hold: those that it did not hold at the
    /// last look either, for a claim is in the store before it is here.
    func strayRuns(_ open: [Run]) -> [Run] {
        let strays = open.filter { !holds($0.id) }
        let known = state.withLock { state in
            defer { state.strays = Set(strays.map(\.id)) }
            return state.strays
        }
        return strays.filter { known.contains($0.id) }
    }

    /// The workers that run attempts of this host's runs.
    var workers: Set<Int64> { Set(state.withLock { $0.active.values.compactMap(\.worker) }) }
}
