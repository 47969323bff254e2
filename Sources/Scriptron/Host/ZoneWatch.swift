import Synchronization

/// Notices that a zone's file is another one than it was: tzdata was updated, or the machine has another zone.
package final class ZoneWatch: Sendable {
    /// What of a zone's file changes with its content.
    package struct Mark: Sendable, Hashable {
        /// Where it really lies; nil: it is not there.
        var target: String?
        var id: FileID?
        var modified: Int64?
        var size: Int64?
    }

    private let marks = Mutex<[String?: Mark]>([:])
    private let look: @Sendable (String?) -> Mark

    /// `look` finds the mark of a zone; nil is the machine's own.
    package init(look: @escaping @Sendable (String?) -> Mark = { ZoneWatch.mark(of: $0) }) { self.look = look }

    /// Watches a zone of this name, or (nil) the machine's own, from now on.
    package func add(_ name: String?) {
        if marks.withLock({ $0[name] != nil }) { return }
        let mark = look(name)
        marks.withLock { $0[name] = $0[name] ?? mark }
    }

    /// Whether one of them has changed since it was added, or since the last call.
    package func hasChanged() -> Bool {
        let known = marks.withLock { $0 }
        let now = Dictionary(known.keys.map { ($0, look($0)) }) { first, _ in first }
        marks.withLock { $0.merge(now) { _, new in new } }
        return now.contains { known[$0.key] != $0.value }
    }

    private static func mark(of name: String?) -> Mark {
        let path = Path(name.map { ZoneInfo.directory + "/" + $0 } ?? ZoneInfo.localtime)
        guard let status = try? FileStatus.of(path, follow: true) else { return Mark() }
        return Mark(
            target: (try? path.resolvingLinks())?.text, id: status.id, modified: status.modified, size: status.size)
    }
}
