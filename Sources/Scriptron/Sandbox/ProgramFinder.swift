/// Finds the programs that an entry of `run` means, and every file that must be executable for them.
struct ProgramFinder: Sendable {
    /// Where programs are searched for by name, in this order; also the PATH that programs get.
    static let searchPath: [Path] = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]

    /// Why an entry means no program that may be granted.
    enum Problem: Error, Hashable {
        case notFound
        /// The file is no regular one, or nobody may execute it.
        case notExecutable(Path)
        /// It would run as this file's owner or group, which the sandbox takes away.
        case setID(Path)
        /// It could not be looked at.
        case unreadable(Path, String)
        /// More links and interpreters than the kernel follows.
        case tooDeep(Path)
        case badPattern(String)
    }

    /// Where relative entries start.
    let base: Path
    /// Whom the programs run as: to this user and its groups a set-id file gives nothing that is missed.
    var user: (uid: UInt32, groups: [UInt32])?

    /// The programs of an entry: one for a name or a path, any number for a glob (at least one).
    func find(_ entry: String) throws(Problem) -> [Grant.Program] {
        let paths = try paths(entry)
        if paths.isEmpty { throw .notFound }
        let named = !Glob.isPattern(entry)
        var programs: [Grant.Program] = []
        for path in paths {
            do throws(Problem) {
                programs.append(Grant.Program(name: entry, path: path, files: try files(path)))
            } catch {
                // A glob takes the programs among what it matches; an entry that names one thing says what is wrong.
                if named { throw error }
            }
        }
        if programs.isEmpty { throw .notFound }
        return programs
    }

    /// The files behind a program: the target of its links, its interpreters and loaders, its helpers with theirs.
    private func files(_ path: Path) throws(Problem) -> [Path] {
        var files: [Path] = []
        try collect(path, into: &files, depth: 0)
        let real = files.first ?? path
        let helpers = ProgramHelpers.of(
            String(decoding: path.name, as: UTF8.self), realName: String(decoding: real.name, as: UTF8.self))
        for helper in helpers {
            for found in (try? paths(helper)) ?? [] { try? collect(found, into: &files, depth: 0) }
        }
        return files
    }

    private func collect(_ path: Path, into files: inout [Path], depth: Int) throws(Problem) {
        guard depth < 8 else { throw .tooDeep(path) }
        let real: Path
        let status: FileStatus?
        let head: [UInt8]
        do throws(SystemError) {
            real = try path.resolvingLinks()
            if files.contains(real) { return }
            status = try FileStatus.of(real, follow: false)
            head = status?.kind == .file ? try StateFiles.open(real, .read).read(ProgramImage.headLength) : []
        } catch {
            if error.number == ErrorNumber.notFound { throw .notFound }
            throw .unreadable(path, error.name)
        }
        guard let status, status.kind == .file, status.mode & 0o111 != 0 else { throw .notExecutable(path) }
        if gains(status) { throw .setID(real) }
        files.append(real)
        switch ProgramImage(head: head) {
        case .loaded(let loader): try collect(loader, into: &files, depth: depth + 1)
        case .script(let interpreter, let argument):
            try collect(interpreter, into: &files, depth: depth + 1)
            if interpreter.name == Array("env".utf8), let name = ProgramImage.program(ofEnv: argument ?? "") {
                guard let found = try paths(name).first else { throw .notFound }
                try collect(found, into: &files, depth: depth + 1)
            }
        case .complete, .unknown: break
        }
    }

    /// Whether a file makes who executes it another user or group than it is.
    private func gains(_ status: FileStatus) -> Bool {
        let setUser = status.mode & 0o4000 != 0 && status.uid != user?.uid
        let setGroup =
            status.mode & 0o2010 == 0o2010 && user?.uid != 0 && user?.groups.contains(status.gid) != true
        return setUser || setGroup
    }

    /// Where the programs of an entry lie, whatever they need; empty where there are none.
    func places(_ entry: String) throws(Problem) -> [Path] { try paths(entry) }

    /// The paths that an entry means, sorted where it is a glob; empty where there are none.
    private func paths(_ entry: String) throws(Problem) -> [Path] {
        if !entry.contains("/") {
            if Glob.isPattern(entry) {
                let glob = try glob(entry)
                var seen: Set<FileID> = []
                return Self.searchPath.flatMap { matches($0, glob) }.filter { path in
                    // /bin may be /usr/bin.
                    guard isProgram(path), let id = (try? FileStatus.of(path, follow: true))??.id else { return false }
                    return seen.insert(id).inserted
                }
            }
            return Array(Self.searchPath.map { $0.appending(entry) }.filter(isProgram).prefix(1))
        }
        let path = base.appending(Path(entry)).normalized
        guard Glob.isPattern(entry) else { return exists(path) ? [path] : [] }
        var reached: [Path] = ["/"]
        for name in path.components {
            let text = String(decoding: name, as: UTF8.self)
            if Glob.isPattern(text) {
                let glob = try glob(text)
                reached = reached.flatMap { matches($0, glob) }
            } else {
                reached = reached.map { $0.appending(Path(bytes: name)) }
            }
        }
        return reached.filter(isProgram)
    }

    private func glob(_ pattern: String) throws(Problem) -> Glob {
        do throws(Failure) { return try Glob(pattern) } catch { throw .badPattern(error.message) }
    }

    private func matches(_ directory: Path, _ glob: Glob) -> [Path] {
        let names = (try? StateFiles.names(in: directory)) ?? []
        return names.filter { glob.matches($0) && $0.first != UInt8(ascii: ".") }.map {
            directory.appending(Path(bytes: $0))
        }
    }

    private func exists(_ path: Path) -> Bool { (try? FileStatus.of(path, follow: true)) ?? nil != nil }

    private func isProgram(_ path: Path) -> Bool {
        guard let status = try? FileStatus.of(path, follow: true) else { return false }
        return status.kind == .file && status.mode & 0o111 != 0
    }
}
