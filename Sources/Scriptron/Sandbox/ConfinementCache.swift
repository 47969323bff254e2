/// The confinements prepared so far, the 256 last used: kept by the zygote, a process of one thread.
///
/// One is prepared again when a path it names is another file than before (device and inode), when a file of the base
/// read set was replaced, or when something was mounted or unmounted on the machine.
package final class ConfinementCache {
    private struct Key: Hashable {
        let grant: Grant
        let scratch: Path?
    }

    private struct Entry {
        let confinement: Confinement
        let files: ConfinedFiles
        let base: Int
        var lastUse: UInt64
    }

    /// How many are kept.
    private static let capacity = 256
    /// How often the base read set is looked at, in seconds.
    static let basePeriod = 1.0

    private let facts: SandboxFacts
    private let filters = FilterCache()
    private var mounts: MountTable?
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    /// The number of the confinement that was prepared last.
    package private(set) var newest = 0
    /// Counts the changes of the base read set that were noticed.
    private var base = 0
    private var baseFiles = ConfinedFiles()
    private var baseLooked = -Double.infinity

    package init(facts: SandboxFacts) {
        self.facts = facts
        mounts = try? MountTable()
    }

    /// The confinement for a grant, prepared now or before.
    ///
    /// - Parameters:
    ///   - scratch: The run's own directory. It is part of the key: directories should be few and used again.
    package func confinement(for grant: Grant, scratch: Path?) throws(Failure) -> Confinement {
        refresh()
        uses += 1
        let key = Key(grant: grant, scratch: scratch)
        let files = ConfinedFiles.look(grant, scratch)
        if var entry = entries[key], entry.files == files, entry.base == base {
            entry.lastUse = uses
            entries[key] = entry
            return entry.confinement
        }
        entries[key] = nil
        let confinement = try Confinement.prepare(grant, scratch: scratch, facts: facts, filters: filters)
        newest += 1
        confinement.number = newest
        if entries.count >= Self.capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
        }
        entries[key] = Entry(confinement: confinement, files: files, base: base, lastUse: uses)
        return confinement
    }

    /// Forgets what changes of the machine made stale. With `wholly` the base read set is looked at even where that was
    /// done just now.
    func refresh(wholly: Bool = false) {
        if mounts?.hasChanged() ?? true { entries.removeAll() }
        let now = Monotonic.now
        guard wholly || now - baseLooked >= Self.basePeriod else { return }
        baseLooked = now
        let files = ConfinedFiles.lookAtBase()
        if files != baseFiles {
            baseFiles = files
            base += 1
        }
    }

    /// Looks at the mounts through this table from now on: a fork shares its parent's, and what one of them was told
    /// the other is not.
    func watch(_ mounts: MountTable) { self.mounts = mounts }
}
