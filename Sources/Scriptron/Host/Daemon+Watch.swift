/// What the host looks at once a minute.
extension Daemon {
    /// Looks once a minute whether all is as it should be.
    func watchLater() {
        let watchdog = Watchdog(
            Watchdog.Connections(
                scheduler: parts.scheduler, supervisor: parts.supervisor, workers: core.workers, store: store,
                recover: { [unowned self] runs in
                    let recovery = Recovery(
                        store: store, catalog: parts.catalog, environment: core.environment, now: clock.now())
                    parts.supervisor.add(try recovery.strays(runs))
                },
                report: { [unowned self] found in
                    for text in found { HostSpeech.say("watchdog: \(text)") }
                    // It is an alert until the next look finds nothing.
                    let all = found.joined(separator: "; ")
                    trouble("watchdog", found.isEmpty ? nil : Failure(code: "EWATCH", all))
                }))
        @Sendable func lookLater() {
            core.loop.after(Watchdog.period) { [self] in
                if state.withLock({ $0.stopping }) { return }
                watchdog.look { [upkeep] in upkeep.submit($0) }
                tidy()
                lookLater()
            }
        }
        lookLater()
    }

    /// Gives back what bursts and loads have left, where none goes on.
    private func tidy() {
        guard parts.supervisor.counts == (0, 0), parts.catalog.pending.isEmpty else { return }
        let wasUntidy = isUntidy.withLock { isUntidy in
            defer { isUntidy = false }
            return isUntidy
        }
        if wasUntidy { upkeep.submit { UnusedMemory.giveBack() } }
    }
}
