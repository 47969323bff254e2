/// Looks at a host's sources and remembers what it saw, so that the next look reads only what changed.
///
/// A file is read again where its identity (device, inode, size, modification and change time) differs, where somebody
/// says that it was touched, or where it was read so soon after its last change that another one could hide behind the
/// same time.
struct SourceScan: Sendable {
    /// What may have changed since the last look.
    struct Changes: Sendable, Hashable {
        /// Anything: directories are listed and every file's identity is looked at.
        var everything = false
        /// Files that were written or renamed, by the path without links.
        var touched: Set<Path> = []

        var isEmpty: Bool { !everything && touched.isEmpty }
    }

    /// A source has at most so many bytes.
    static let maxSize: Int64 = 1 << 20
    /// Times of files are that coarse at most, in nanoseconds (FAT's two seconds).
    private static let coarse: Int64 = 2_000_000_000

    /// What decides whether a file must be read again.
    private struct Identity: Sendable, Hashable {
        var id: FileID
        var size: Int64
        var modified: Int64
        var changed: Int64

        init(_ status: FileStatus) {
            id = status.id
            size = status.size
            modified = status.modified
            changed = status.changed
        }
    }

    private struct Entry: Sendable {
        /// Nil where it could not be read: the file is kept as it was, and looked at again.
        var identity: Identity?
        var isSettled: Bool
        /// Where a link leads; the file's own path without one.
        var target: Path
        var isLink: Bool
        var file: WatchedFile?
        var failure: Failure?
    }

    /// A directory of sources, and those in it.
    private struct Folder: Sendable {
        var path: Path
        var isOptional: Bool
        /// The directory that it really is; nil where it is not there.
        var real: Path?
        var entries: [String: Entry] = [:]
        var failure: Failure?
        /// Scripts that are none, because no job can be called so.
        var misnamed: [Failure] = []
    }

    let locations: SourceLocations
    private let ownership: SourceOwnership
    private var jobs: Folder
    private var libraries: Folder
    private var configuration: Entry?
    /// The directories to watch, by their path without links, and what matters in each.
    private(set) var places: [Path: WatchPlace] = [:]

    init(_ locations: SourceLocations, ownership: SourceOwnership) {
        self.locations = locations
        self.ownership = ownership
        jobs = Folder(path: locations.jobs, isOptional: false)
        libraries = Folder(path: locations.libraries, isOptional: true)
    }

    /// What is known now.
    var snapshot: SourceSnapshot {
        var snapshot = SourceSnapshot()
        snapshot.configuration = configuration?.file
        snapshot.scripts = jobs.entries.compactMapValues(\.file)
        snapshot.unreadable = jobs.entries.compactMapValues { $0.file == nil ? $0.failure : nil }
        snapshot.libraries = libraries.entries.compactMapValues(\.file)
        let entries = [configuration].compactMap { $0 } + jobs.entries.values + libraries.entries.values
        let failures = [jobs.failure, libraries.failure] + entries.map(\.failure) + jobs.misnamed
        snapshot.failures = failures.compactMap { $0 }.sorted {
            ($0.place ?? "", $0.message) < ($1.place ?? "", $1.message)
        }
        return snapshot
    }

    /// The files that were read so soon after their last change that they must be read again, by the path without links.
    var unsettled: Set<Path> {
        let entries = [configuration].compactMap { $0 } + jobs.entries.values + libraries.entries.values
        return Set(entries.filter { !$0.isSettled }.map(\.target))
    }

    // MARK: The look

    /// Looks at what changed; `now` is the time of day.
    mutating func look(_ changes: Changes, now: Timestamp) {
        guard changes.everything || concernsLink(changes.touched) else {
            lookAtTouched(changes.touched, now: now)
            return
        }
        places = [:]
        lookAtFolder(\.jobs, changes.touched, now: now) { SourceName.script($0) }
        lookForMisnamed()
        lookAtFolder(\.libraries, changes.touched, now: now) { SourceName.library($0) }
        lookAtConfiguration(changes.touched, now: now)
    }

    /// Whether one of the files is or was a link, whose way must be gone again.
    private func concernsLink(_ touched: Set<Path>) -> Bool {
        touched.contains { path in
            if path == locations.configuration { return true }
            let name = Path(bytes: path.name).text
            let entry = [jobs, libraries].first { $0.real == path.parent }?.entries[String(name.dropLast(4))]
            if entry?.isLink == true { return true }
            return (try? FileStatus.of(path, follow: false))?.kind == .link
        }
    }

    private mutating func lookAtTouched(_ touched: Set<Path>, now: Timestamp) {
        lookAtTouched(touched, in: \.jobs, now: now) { SourceName.script($0) }
        lookAtTouched(touched, in: \.libraries, now: now) { SourceName.library($0) }
        if let target = configuration?.target, touched.contains(target) { lookAtConfiguration([target], now: now) }
    }

    /// Goes through a folder's entries once: after a load of many jobs all their files are looked at again.
    private mutating func lookAtTouched(
        _ touched: Set<Path>, in folder: WritableKeyPath<Self, Folder>, now: Timestamp, naming: ([UInt8]) -> String?
    ) {
        let known = self[keyPath: folder]
        guard let real = known.real else { return }
        var names = Set(known.entries.lazy.filter { touched.contains($0.value.target) }.map(\.key))
        names.formUnion(touched.filter { $0.parent == real }.compactMap { naming($0.name) })
        var entries = known.entries
        for name in names { entries[name] = look(at: name, in: known, real, touched: true, now: now) }
        self[keyPath: folder].entries = entries
    }

    private mutating func lookAtFolder(
        _ folder: WritableKeyPath<Self, Folder>, _ touched: Set<Path>, now: Timestamp,
        naming: ([UInt8]) -> String?
    ) {
        var known = self[keyPath: folder]
        defer { self[keyPath: folder] = known }
        let names: [[UInt8]]
        do throws(Failure) {
            let trail = try follow(known.path)
            if trail.isBroken, known.isOptional {
                // Where the directory around it is away too, its files are not deleted.
                if trail.end.parent == jobs.real { known = Folder(path: known.path, isOptional: true) }
                return
            }
            // Before the directory is listed, so that whatever comes after is told.
            if !trail.isBroken { places[trail.end, default: WatchPlace()].holdsSources = true }
            known.real = try ownership.check(known.path).end
            do throws(SystemError) {
                names = try Directory(trail.end).names()
            } catch {
                throw error.failure(cure: "make it a directory that the host's user may read")
            }
        } catch {
            // Nothing is unloaded because a directory cannot be read.
            known.failure = error.at(known.path.text)
            return
        }
        known.failure = nil
        guard let real = known.real else { return }
        let found = Dictionary(names.compactMap { file in naming(file).map { ($0, file) } }) { first, _ in first }
        known.entries = known.entries.filter { found[$0.key] != nil }
        for (name, file) in found {
            let path = real.appending(Path(bytes: file))
            let old = known.entries[name]
            let isTouched = touched.contains(path) || old.map { touched.contains($0.target) } ?? false
            known.entries[name] = look(at: name, in: known, real, touched: isTouched, now: now)
            if let entry = known.entries[name], entry.isLink { _ = try? follow(path, holds: true) }
        }
    }

    /// A script that is passed over because of its name must not be thought scheduled.
    private mutating func lookForMisnamed() {
        guard jobs.failure == nil, let real = jobs.real, let names = try? Directory(real).names() else { return }
        jobs.misnamed = names.filter { SourceName.isMisnamed($0) }.sorted { $0.lexicographicallyPrecedes($1) }
            .compactMap { name in
                let path = real.appending(Path(bytes: name))
                guard let found = try? FileStatus.of(path, follow: true), found.kind == .file else { return nil }
                return Failure(
                    code: "ENAME", "it is passed over: no job can be called so",
                    cure: "give it a name of small letters, digits, - and _, such as backup.lua"
                ).at(jobs.path.appending(Path(bytes: name)).text)
            }
    }

    private mutating func lookAtConfiguration(_ touched: Set<Path>, now: Timestamp) {
        guard let path = locations.configuration else { return }
        let old = configuration
        do throws(Failure) {
            let trail = try follow(path, holds: true)
            try ownership.check(path)
            let isTouched = touched.contains(trail.end) || touched.contains(path)
            configuration = read(path, target: trail.end, isLink: false, old: old, touched: isTouched, now: now)
        } catch {
            configuration = Entry(
                identity: nil, isSettled: true, target: old?.target ?? path, isLink: false, file: old?.file,
                failure: error.at(path.text))
        }
    }

    /// Goes the way to a path and notes which directories must be watched for it to stay what it is. With `holds` the
    /// file at its end matters too.
    @discardableResult
    private mutating func follow(_ path: Path, holds: Bool = false) throws(Failure) -> PathTrail {
        let trail: PathTrail
        do throws(SystemError) {
            trail = try PathTrail(path)
        } catch {
            throw error.failure()
        }
        for step in trail.steps {
            switch step.status.kind {
            case .directory: if places[step.path] == nil { places[step.path] = WatchPlace() }
            case .link: places[step.path.parent, default: WatchPlace()].names.insert(step.path.name)
            default: break
            }
        }
        if trail.isBroken || holds { places[trail.end.parent, default: WatchPlace()].names.insert(trail.end.name) }
        return trail
    }

    // MARK: One file

    /// One file of a folder; nil where there is none, or a directory.
    private func look(
        at name: String, in folder: Folder, _ real: Path, touched: Bool, now: Timestamp
    ) -> Entry? {
        let old = folder.entries[name]
        let path = real.appending(name + ".lua")
        let shown = folder.path.appending(name + ".lua")
        do throws(Failure) {
            let own = try status(of: path, follow: false)
            // Where the directory went away under the look, its files are not deleted.
            guard let own else { return try status(of: real, follow: false) == nil ? old : nil }
            guard own.kind == .link else {
                if own.kind == .directory { return nil }
                return read(shown, target: path, isLink: false, old: old, touched: touched, now: now)
            }
            if let way = try? PathTrail(path), way.isBroken {
                throw Failure(
                    code: "ENOENT", "it is a link that leads nowhere: there is no \(way.end)",
                    cure: "put a script there, or remove the link")
            }
            let trail = try ownership.check(path)
            return read(shown, target: trail.end, isLink: true, old: old, touched: touched, now: now)
        } catch {
            let isLink = (try? FileStatus.of(path, follow: false))?.kind == .link
            return Entry(
                identity: nil, isSettled: true, target: path, isLink: isLink, file: old?.file,
                failure: error.at(shown.text))
        }
    }

    private func status(of path: Path, follow: Bool) throws(Failure) -> FileStatus? {
        do throws(SystemError) {
            return try FileStatus.of(path, follow: follow)
        } catch {
            throw error.failure()
        }
    }

    /// Reads a file where it differs from what is known.
    private func read(
        _ shown: Path, target: Path, isLink: Bool, old: Entry?, touched: Bool, now: Timestamp
    ) -> Entry {
        var entry = Entry(identity: nil, isSettled: true, target: target, isLink: isLink, file: old?.file, failure: nil)
        do throws(Failure) {
            guard let status = try status(of: target, follow: false) else {
                throw Failure(code: "ENOENT", "it is gone")
            }
            try ownership.judge(status, at: target, isParent: false)
            if !touched, let old, old.isSettled, old.file != nil, old.failure == nil, old.target == target,
                old.identity == Identity(status)
            {
                return old
            }
            let (bytes, before, after) = try contents(of: target, shown: shown)
            entry.identity = before
            // Only the kernel sets the change time. One far in the future (the clock was set back) is settled too: the
            // next change gets another.
            entry.isSettled = before == after && abs(now.microseconds * 1000 - after.changed) > Self.coarse
            // The same array stays in use where nothing changed, and takes no more memory.
            if let file = old?.file, file.bytes == bytes, file.path == shown { return entry }
            entry.file = WatchedFile(path: shown, bytes: bytes)
        } catch {
            entry.failure = error.at(shown.text)
        }
        return entry
    }

    private func contents(
        of path: Path, shown: Path
    ) throws(Failure) -> (bytes: [UInt8], before: Identity, after: Identity) {
        // The place says which it is, but where a link leads elsewhere.
        let what = path == shown ? "it" : path.text
        do {
            let file = try RegularFile.read(path.name, in: Directory(path.parent), follow: false)
            let bytes = try file.readAll(max: Self.maxSize)
            return (bytes, Identity(file.status), Identity(try FileStatus(of: file.descriptor)))
        } catch RegularFile.OpenError.notRegular(let kind) {
            throw Failure(
                code: "ENOTREG", "\(what) is a \(FileFailure.name(of: kind)), no regular file",
                cure: "move it out of the directory")
        } catch RegularFile.OpenError.system(let error), let error as SystemError {
            guard error.name != "EFBIG" else {
                throw Failure(
                    code: "EFBIG", "\(what) has more than \(Self.maxSize >> 20) MiB",
                    cure: "keep data out of the script")
            }
            throw error.failure(cure: "let the host's user read \(path)")
        } catch {
            throw Failure(code: "EIO", "\(what) cannot be read: \(error)")
        }
    }
}
