import Synchronization

/// Notices changes of a host's sources: the configuration, the job scripts and what they share.
///
/// It has no thread. Its owner polls `descriptor`, calls `drain` when that is readable, and `look` when `due` comes;
/// each of them may come from any thread. The kernel tells of most changes (inotify); for what it does not tell,
/// directories are looked at every minute and files every hour.
package final class SourceWatcher: Sendable {
    /// Seconds without another event after which a change is looked at: most files are complete by then.
    static let quiet = 0.06
    /// Seconds after which a change is looked at although there are more.
    static let patience = 0.3
    /// Seconds between two looks at the directories.
    static let directoryPeriod = 60.0
    /// Seconds between two looks at every file.
    static let filePeriod = 3600.0
    /// Seconds after which a file that was just changed is read once more (see `SourceScan`).
    static let settling = 2.5

    /// What decides whether a directory must be listed again.
    private struct DirectoryMark: Sendable, Hashable {
        var id: FileID
        var mode: UInt32
        var owner: UInt32
        var modified: Int64
        var changed: Int64
    }

    private struct State {
        var scan: SourceScan
        var snapshot = SourceSnapshot()
        /// The watches, by the kernel's number. A directory that is there twice (a bind mount) has one.
        var watches: [Int32: [Path: WatchPlace]] = [:]
        /// The directories as they were before the last look.
        var directories: [Path: DirectoryMark] = [:]
        /// Why changes are not told; then files are looked at as often as directories.
        var watchFailure: Failure?
        var changes = SourceScan.Changes()
        var firstChange = 0.0
        var lastChange = 0.0
        var nextDirectories = 0.0
        var nextFiles = 0.0
        var nextSettling: Double?

        mutating func note(_ more: SourceScan.Changes, now: Double) {
            if changes.isEmpty { firstChange = now }
            lastChange = now
            changes.everything = changes.everything || more.everything
            changes.touched.formUnion(more.touched)
        }

        var due: Double {
            let told =
                changes.isEmpty
                ? .infinity : min(lastChange + SourceWatcher.quiet, firstChange + SourceWatcher.patience)
            return min(told, nextDirectories, nextFiles, nextSettling ?? .infinity)
        }
    }

    private let inotify: Inotify
    private let clock: any WallClock
    private let state: Mutex<State>

    /// Starts to watch, and looks at everything once.
    package init(
        _ locations: SourceLocations, ownership: SourceOwnership = SourceOwnership(),
        clock: any WallClock = SystemClock()
    ) throws(Failure) {
        do throws(SystemError) {
            inotify = try Inotify()
        } catch {
            throw error.failure(cure: "raise fs.inotify.max_user_instances (sysctl)")
        }
        self.clock = clock
        state = Mutex(State(scan: SourceScan(locations, ownership: ownership)))
        state.withLock { state in
            state.changes.everything = true
            work(&state, now: clock.monotonic)
        }
    }

    /// Readable when `drain` has something to do.
    package var descriptor: Descriptor { inotify.descriptor }

    /// The sources as of the last look.
    package var snapshot: SourceSnapshot { state.withLock { $0.snapshot } }

    /// Takes in what the kernel told; never blocks. Afterwards `due` may be earlier.
    package func drain() {
        // Events that cannot be read are lost, and so are those of an overflow: everything is looked at.
        let events = try? inotify.read()
        state.withLock { state in
            var changes = SourceScan.Changes(everything: events == nil)
            for event in events ?? [] {
                if event.mask.contains(.overflow) { changes.everything = true }
                for (path, place) in state.watches[event.watch] ?? [:] {
                    let change = place.changes(event, at: path)
                    changes.everything = changes.everything || change.everything
                    changes.touched.formUnion(change.touched)
                }
                if event.mask.contains(.ended) { state.watches[event.watch] = nil }
            }
            if !changes.isEmpty { state.note(changes, now: clock.monotonic) }
        }
    }

    /// Makes the next look one at everything.
    package func expectChanges() {
        state.withLock { $0.note(SourceScan.Changes(everything: true), now: clock.monotonic) }
    }

    /// Whether the kernel told of changes that were not looked at yet.
    package var isBehind: Bool { state.withLock { !$0.changes.isEmpty } }

    /// When there is something to look at, in seconds of the clock's `monotonic`.
    package var due: Double { state.withLock { $0.due } }

    /// Looks at what is due by `now` (seconds of the clock's `monotonic`), and returns the sources if they or their
    /// failures are not what they were. It reads files, and so may block for as long as their disk does.
    package func look(now: Double) -> SourceSnapshot? {
        state.withLock { state in
            guard state.due <= now else { return nil }
            if state.nextFiles <= now { state.changes.everything = true }
            if state.nextDirectories <= now {
                state.nextDirectories = now + Self.directoryPeriod
                if state.directories != Self.marks(of: state.scan.places) { state.changes.everything = true }
            }
            if let settling = state.nextSettling, settling <= now {
                state.nextSettling = nil
                state.changes.touched.formUnion(state.scan.unsettled)
            }
            guard !state.changes.isEmpty else { return nil }
            let before = state.snapshot
            work(&state, now: now)
            return state.snapshot == before ? nil : state.snapshot
        }
    }

    /// Looks at the changes, and watches what must be watched now.
    private func work(_ state: inout State, now: Double) {
        // What changes between a look and the first watch of a directory is told by nobody, hence the second look. Where
        // the way changes again and again the rest is left for the next time.
        for _ in 0..<4 where !state.changes.isEmpty {
            let changes = state.changes
            state.changes = SourceScan.Changes()
            let directories = changes.everything ? Self.marks(of: state.scan.places) : state.directories
            state.scan.look(changes, now: clock.now())
            guard changes.everything else { break }
            state.directories = directories
            state.nextDirectories = now + Self.directoryPeriod
            let isNew = watch(&state)
            state.nextFiles = now + (state.watchFailure == nil ? Self.filePeriod : Self.directoryPeriod)
            if isNew { state.note(SourceScan.Changes(everything: true), now: now) }
        }
        state.nextSettling = state.scan.unsettled.isEmpty ? nil : now + Self.settling
        state.snapshot = state.scan.snapshot
        if let failure = state.watchFailure { state.snapshot.failures.append(failure) }
    }

    /// Watches the scan's places and nothing else; whether one of them was not watched for this before.
    private func watch(_ state: inout State) -> Bool {
        var watches: [Int32: [Path: WatchPlace]] = [:]
        var isNew = false
        state.watchFailure = nil
        for (path, place) in state.scan.places {
            do throws(SystemError) {
                let watch = try inotify.watch(directory: path, for: place.mask)
                if let others = watches[watch] {
                    let mask = others.values.reduce(place.mask) { $0.union($1.mask) }
                    _ = try inotify.watch(directory: path, for: mask)
                }
                if state.watches[watch]?[path]?.mask != place.mask { isNew = true }
                watches[watch, default: [:]][path] = place
            } catch {
                switch error.name {
                case "ENOENT", "ENOTDIR": isNew = true
                // It may be passed but not read: what it holds is told by the look, if that needs to read it.
                case "EACCES": break
                default:
                    state.watchFailure = error.failure(cure: "raise fs.inotify.max_user_watches (sysctl)")
                }
            }
        }
        for watch in state.watches.keys where watches[watch] == nil { inotify.unwatch(watch) }
        state.watches = watches
        return isNew
    }

    private static func marks(of places: [Path: WatchPlace]) -> [Path: DirectoryMark] {
        var marks: [Path: DirectoryMark] = [:]
        for (path, place) in places {
            guard let status = try? FileStatus.of(path, follow: false) else { continue }
            // What else happens in a directory that is only passed on the way does not matter.
            let isPassed = place.names.isEmpty && !place.holdsSources
            marks[path] = DirectoryMark(
                id: status.id, mode: status.mode, owner: status.uid, modified: isPassed ? 0 : status.modified,
                changed: isPassed ? 0 : status.changed)
        }
        return marks
    }
}
