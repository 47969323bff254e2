import Synchronization

/// Keeps a reserve on the store's disk for the time when that is full, so that the jobs that make room, and those that
/// tell people, still run and are recorded.
///
/// While the disk is full the reserve is released, and only jobs of the priority `rescue` start; the fire times of the
/// others wait. When there is room for the reserve again, and some beside it, it is taken back, and all go on.
package final class DiskKeeper: Sendable {
    /// What is kept of a disk, in bytes; of a small one it is less.
    struct Bounds {
        /// The reserve.
        let reserve: Int64
        /// With less free than this the disk counts as full.
        let low: Int64
        /// What must be free beside the reserve before it is over.
        let margin: Int64

        init(_ space: FileSystemSpace) {
            reserve = min(32 << 20, space.size / 8)
            low = min(1 << 20, space.size / 32)
            margin = min(4 << 20, space.size / 8)
        }
    }

    /// Seconds between two looks while the disk is full, and otherwise.
    private static let period = (full: 2.0, usual: 15.0)

    /// What it is connected to.
    package struct Connections: Sendable {
        /// The store's directory, where the reserve lies.
        package var directory: Path
        /// Calls back after some seconds on the monotonic clock.
        package var later: @Sendable (Double, @escaping @Sendable () -> Void) -> Void
        /// Does what may block.
        package var aside: @Sendable (@escaping @Sendable () -> Void) -> Void
        package var say: @Sendable (String) -> Void
        /// The disk is full, or full no more: whatever waited may go on.
        package var changed: @Sendable (_ isFull: Bool) -> Void
    }

    private struct State {
        var failure: Failure?
        var isOpen = true
    }

    private let connections: Connections
    private let file: ReservedFile
    private let state = Mutex(State())

    /// Gives the reserve to the disk at once where that is full: a host must be able to open its store.
    package init(_ connections: Connections) {
        self.connections = connections
        file = ReservedFile(connections.directory.appending("reserve"))
        if let space = try? FileSystemSpace.of(connections.directory), space.free < Bounds(space).low { _ = begin() }
    }

    /// Whether only jobs of the priority `rescue` may start.
    package var isFull: Bool { failure != nil }

    /// That the disk is full; nil while it is not.
    package var failure: Failure? { state.withLock { $0.failure } }

    /// Takes the reserve, and looks at the disk from now on.
    package func start() { connections.aside { [self] in look() } }

    package func stop() { state.withLock { $0.isOpen = false } }

    /// Something could not be written: where the disk is full, that begins.
    package func notice(_ failure: Failure) {
        guard ["SQLITE_FULL", "ENOSPC", "EDQUOT"].contains(failure.code), !isFull else { return }
        // With plenty of it, it was another disk.
        guard let space = try? FileSystemSpace.of(connections.directory), space.free < Bounds(space).margin else {
            return
        }
        if begin() { connections.changed(true) }
        connections.later(Self.period.full) { [self] in connections.aside { [self] in look() } }
    }

    /// Whether that is new.
    private func begin() -> Bool {
        let failure = Failure(
            code: "ENOSPC",
            "the disk is full: the host's reserve is released, and only jobs with priority = \"rescue\" start",
            place: connections.directory.text, cure: "free space on it; the others go on by themselves then")
        let isNew = state.withLock { state in
            defer { state.failure = failure }
            return state.failure == nil
        }
        guard isNew else { return false }
        file.release()
        connections.say("disk: \(failure)")
        return true
    }

    /// Looks at the disk: takes the reserve where there is room for it, or finds the disk full.
    private func look() {
        guard state.withLock({ $0.isOpen }) else { return }
        if let space = try? FileSystemSpace.of(connections.directory) { judge(space) }
        connections.later(isFull ? Self.period.full : Self.period.usual) { [self] in
            connections.aside { [self] in look() }
        }
    }

    private func judge(_ space: FileSystemSpace) {
        let bounds = Bounds(space)
        let wanted = bounds.reserve
        let held = file.held
        if !isFull, space.free < bounds.low {
            if begin() { connections.changed(true) }
            return
        }
        let isThere = held >= wanted
        let fits = isThere || space.free - (wanted - held) >= bounds.margin
        if fits, !isThere { try? file.take(wanted) }
        guard isFull, fits, file.held >= wanted else { return }
        state.withLock { $0.failure = nil }
        connections.say("disk: there is room again, and the reserve is taken back")
        connections.changed(false)
    }
}
