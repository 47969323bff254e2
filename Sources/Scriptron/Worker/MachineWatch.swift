/// Notices what makes every prepared confinement stale: something was mounted or unmounted, or a file of the base read
/// set was replaced.
struct MachineWatch: Sendable {
    private let mounts = try? MountTable()
    private var base = ConfinedFiles.lookAtBase()
    private var baseLooked = Monotonic.now
    /// When a change was noticed last, on the monotonic clock.
    private var noticed = -Double.infinity

    /// Whether something changed since this instant of the monotonic clock. The base read set is looked at once a second
    /// at most.
    mutating func hasChanged(since instant: Double) -> Bool {
        let now = Monotonic.now
        if mounts?.hasChanged() ?? true { noticed = now }
        if now - baseLooked >= ConfinementCache.basePeriod {
            let files = ConfinedFiles.lookAtBase()
            if files != base { noticed = now }
            (base, baseLooked) = (files, now)
        }
        return noticed >= instant
    }
}
