/// What was edited right before an operator asks for a run.
extension Daemon {
    /// Takes in what was written to the sources until now, and waits for the job to be loaded from it: an edit is live
    /// for the run that is asked for next. Waits a moment where nothing changed, and no longer than a load may take.
    func takeEdits(of job: String) {
        sourcesSpoke()
        let end = Monotonic.now + Evaluator.timeout + 2
        while watcher.isBehind, Monotonic.now < end { Monotonic.sleep(until: Monotonic.now + 0.005) }
        // Who looks takes what it finds on the same queue.
        let isTaken = Shared(false)
        reload.submit { isTaken.value.withLock { $0 = true } }
        while !isTaken.value.withLock({ $0 }), Monotonic.now < end { Monotonic.sleep(until: Monotonic.now + 0.001) }
        let path = job.hasPrefix("/") ? Path(job).normalized : nil
        while parts.catalog.isLoading(job, path), Monotonic.now < end {
            Monotonic.sleep(until: Monotonic.now + 0.005)
        }
    }

    /// What of the edits is not in force in a run of this job: the last good text runs, or the last good configuration.
    func refusedEdits(of entry: CatalogEntry) -> [String] {
        var refused: [String] = []
        if let problem = entry.problem, entry.loaded != nil {
            refused.append("the script as it is now is refused, and the last good one runs: \(problem)")
        }
        if let problem = state.withLock({ $0.troubles["configuration"] }) {
            refused.append("the configuration as it is now is refused, and the last good one is in force: \(problem)")
        }
        return refused
    }
}
