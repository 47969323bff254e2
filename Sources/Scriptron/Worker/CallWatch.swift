/// Looks at the files that the programs of a run open, change and execute, for a run that learns its needs.
///
/// It only looks: each call goes on as it would have, and the kernel judges it by the sandbox. What a program shows here
/// and then does otherwise makes the needs wrong that are printed, and nothing else.
final class CallWatch: Sendable {
    /// open(2)'s flags: the access mode, those that make or empty a file, and O_PATH, which opens nothing.
    private static let accessMode: Int32 = 3
    private static let changing: Int32 = 0o100 | 0o1000 | 0o20_000_000
    private static let pathOnly: Int32 = 0o10_000_000
    private static let workingDirectory: Int32 = -100

    private let grant: Grant
    /// The worker itself, whose uses its own API tells.
    private let worker: Int32
    private let tell: @Sendable (Use) -> Void

    init(_ grant: Grant, worker: Int32, tell: @escaping @Sendable (Use) -> Void) {
        self.grant = grant
        self.worker = worker
        self.tell = tell
    }

    /// Takes a call that is held up, and lets it go on; false where it is none of those that are watched. `user` is
    /// whose program made it; nil: the job's own.
    func see(_ call: HeldCall, user: String? = nil) -> Bool {
        guard let watched = WatchedCall.of(call.systemCall) else { return false }
        if call.thread != worker { for name in watched.names { see(name, of: call, user) } }
        call.proceed()
        return true
    }

    private func see(_ name: WatchedCall.Name, of call: HeldCall, _ user: String?) {
        guard let written = try? call.text(call.argument(name.path), most: PathText.longestPath),
            let path = path(written, name.directory, call)
        else { return }
        switch name.act {
        case .open(let flags):
            let flags = call.number(flags)
            if flags & Self.pathOnly != 0 { return }
            if flags & (Self.accessMode | Self.changing) != 0 { return changes(path) }
            reads(path)
        case .change: changes(path)
        case .execute: executes(path, user)
        }
    }

    /// The path of a call, absolute.
    private func path(_ written: [UInt8], _ directory: Int?, _ call: HeldCall) -> Path? {
        let path = Path(bytes: written)
        if path.isAbsolute { return path }
        let number = directory.map { call.number($0) } ?? Self.workingDirectory
        let start = number == Self.workingDirectory ? call.workingDirectory : call.openPath(number)
        guard let start, start.isAbsolute else { return nil }
        // futimens(3) and the like: the descriptor itself.
        return written.isEmpty ? start : start.appending(path)
    }

    private func reads(_ path: Path) {
        guard let real = try? path.resolvingExistingLinks(), !Self.isKernels(real),
            ((try? FileStatus.of(real, follow: false)) ?? nil) != nil,
            !BaseReadSet.paths(for: grant).contains(where: { real.isInside($0) }), let named = granted(real, path)
        else { return }
        if !grant.write.contains(where: { named.isInside($0) }), !grant.read.contains(where: { named.isInside($0) }) {
            return
        }
        tell(.read(named))
    }

    private func changes(_ path: Path) {
        guard let directory = try? path.parent.resolvingExistingLinks() else { return }
        let real = directory.appending(Path(bytes: path.name)).normalized
        guard !Self.isKernels(real), let named = granted(real, path),
            grant.write.contains(where: { named.isInside($0) })
        else { return }
        tell(.write(named))
    }

    /// The path by the name that the grant knows it by: links in granted paths are followed once, when it is made.
    private func granted(_ real: Path, _ path: Path) -> Path? {
        let roots = grant.read + grant.write
        if roots.contains(where: { real.isInside($0) }) { return real }
        let plain = path.normalized
        return roots.contains(where: { plain.isInside($0) }) ? plain : nil
    }

    private func executes(_ path: Path, _ user: String?) {
        guard let directory = try? path.parent.resolvingExistingLinks(), let real = try? path.resolvingExistingLinks()
        else { return }
        // Two names may be one file: the one that was called is meant.
        let called = directory.appending(Path(bytes: path.name))
        let named = grant.programs.filter { $0.path == path.normalized || $0.path == called }
        let meant = named.isEmpty ? grant.programs.filter { $0.files.first == real } : named
        // What another user's program executes may be granted to the job's own user alone.
        guard let program = meant.first(where: { $0.user?.name == user }) ?? meant.first(where: { $0.user == nil })
        else { return }
        // By its name where the name finds it.
        let isSearched = ProgramFinder.searchPath.contains(program.path.parent)
        tell(.execute(isSearched ? Path(bytes: program.path.name).text : program.path.text, user: program.user?.name))
    }

    /// /proc, /sys and devices: what is there is the kernel's, and different for each process.
    private static func isKernels(_ path: Path) -> Bool {
        ["/proc", "/sys", "/dev"].contains { path.isInside($0) }
    }
}
