/// Finds the processes that have files open, by looking through /proc: no file is opened for it.
struct OpenFiles: Sendable {
    /// One process that has a file open.
    struct Opener: Sendable, Hashable {
        let pid: Int32
        let name: String
        /// `r`, `w`, `rw`; `mapped`; `directory` (it works in it, or it is its root).
        let mode: String
        /// Whether it writes at the file's end alone (O_APPEND).
        var appends = false

        var value: Value {
            ["pid": .int(Int64(pid)), "name": .text(name), "mode": .text(mode), "appends": .bool(appends)]
        }
    }

    let proc: Path

    init(proc: Path = "/proc") { self.proc = proc }

    /// Who has which of the files open; nil where a process may not be looked into, so that nobody knows.
    ///
    /// One exception: an init that even root may not look into (it belongs to whoever runs this machine from outside)
    /// counts as having none of them open; or in such machines nothing would ever be known.
    ///
    /// Whether a file is the one that is meant is told by its inode (fdinfo) before it is looked at, so that a process
    /// with files of a dead server open does not hang this.
    func openers(of files: Set<FileID>, mounts: [Mount]) throws(Failure) -> [FileID: [Opener]]? {
        if hidesProcesses(mounts) { return nil }
        var search = Search(files: files, hanging: mounts.filter(\.mayHang).map(\.point))
        do throws(SystemError) {
            for name in try StateFiles.names(in: proc) {
                guard let pid = Int32(String(decoding: name, as: UTF8.self)) else { continue }
                guard try search.look(at: pid, proc.appending(Path(bytes: name))) else { return nil }
            }
        } catch {
            throw error.failure()
        }
        return search.found
    }

    /// Whether /proc shows other users' processes only to a few (`hidepid`), and this host is none of them.
    private func hidesProcesses(_ mounts: [Mount]) -> Bool {
        guard !Users.isRoot, let mount = Mount.holding(proc, mounts), mount.type == "proc" else { return false }
        return mount.options.contains { $0.hasPrefix("hidepid=") && $0 != "hidepid=0" && $0 != "hidepid=off" }
    }

    private struct Search {
        let files: Set<FileID>
        /// Where a look may hang.
        let hanging: [Path]
        let inodes: Set<UInt64>
        var found: [FileID: [Opener]] = [:]

        init(files: Set<FileID>, hanging: [Path]) {
            self.files = files
            self.hanging = hanging
            inodes = Set(files.map(\.inode))
        }

        /// Looks through one process; false where that is not allowed.
        mutating func look(at pid: Int32, _ folder: Path) throws(SystemError) -> Bool {
            do throws(SystemError) {
                guard let facts = ProcessFacts(stat: try Files.readSmall(folder.appending("stat"))),
                    !facts.isKernelThread, !facts.isZombie
                else { return true }
                try lookAtDescriptors(facts, folder)
                try lookAtMaps(facts, folder)
                for link in ["cwd", "root"] {
                    if case .file(let id) = try identify(folder.appending(link)) { add(id, facts, "directory") }
                }
                return true
            } catch {
                switch error.number {
                // It ended meanwhile.
                case ErrorNumber.notFound, ErrorNumber.noProcess: return true
                case ErrorNumber.accessDenied, ErrorNumber.notPermitted: return pid == 1 && Users.isRoot
                default: throw error
                }
            }
        }

        private mutating func lookAtDescriptors(_ facts: ProcessFacts, _ folder: Path) throws(SystemError) {
            let directory = try Directory(folder.appending("fd"))
            guard directory.isReadable else {
                throw SystemError(ErrorNumber.accessDenied, call: "open", subject: folder.text)
            }
            for number in try directory.names() {
                let info = folder.appending("fdinfo").appending(Path(bytes: number))
                // A descriptor may be closed at any moment.
                guard let text = try? Files.readSmall(info) else { continue }
                let (inode, mode, appends) = OpenFileText.descriptor(text)
                if let inode, !inodes.contains(inode) { continue }
                switch try identify(folder.appending("fd").appending(Path(bytes: number))) {
                case .file(let id): add(id, facts, mode, appends: appends)
                case .mayHang: addAll(inode: inode, facts, mode)
                case .gone: continue
                }
            }
        }

        private mutating func lookAtMaps(_ facts: ProcessFacts, _ folder: Path) throws(SystemError) {
            let mapped = OpenFileText.mapped(try Files.readSmall(folder.appending("maps"), max: 64 << 20))
            for id in mapped where inodes.contains(id.inode) {
                if files.contains(id) {
                    add(id, facts, "mapped")
                } else if id.isAnonymous {
                    // The number may be another one than stat's.
                    addAll(inode: id.inode, facts, "mapped")
                }
            }
        }

        private enum Target {
            case file(FileID)
            /// On a file system that may not answer.
            case mayHang
            case gone
        }

        /// The file that a link of /proc leads to; it is not looked at where that might hang.
        private func identify(_ link: Path) throws(SystemError) -> Target {
            if !hanging.isEmpty, let target = link.linkTarget(), hanging.contains(where: { target.isInside($0) }) {
                return .mayHang
            }
            return try FileStatus.of(link, follow: true).map { .file($0.id) } ?? .gone
        }

        /// A file of which no more than the inode is known: rather one opener too many than one too few.
        private mutating func addAll(inode: UInt64?, _ facts: ProcessFacts, _ mode: String) {
            for file in files where file.isAnonymous && (inode == nil || file.inode == inode) {
                add(file, facts, mode)
            }
        }

        private mutating func add(_ id: FileID, _ facts: ProcessFacts, _ mode: String, appends: Bool = false) {
            guard files.contains(id) else { return }
            let opener = Opener(pid: facts.pid, name: facts.name, mode: mode, appends: appends)
            if found[id]?.contains(opener) != true { found[id, default: []].append(opener) }
        }
    }
}
