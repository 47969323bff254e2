/// Finds and signals processes of the machine by name or by pidfile.
struct RunningProcesses: Sendable {
    /// Which processes are meant.
    enum Target: Sendable {
        /// Those whose program (the file it was started from) or name is this.
        case name(String)
        /// The one whose pid the file holds; nil: there is no file.
        case pidfile(Descriptor?)
    }

    /// A process as it was found.
    struct Found: Sendable, Hashable {
        var facts: ProcessFacts
        /// The last name of its program's file; nil where the host may not know it.
        var program: String?
        var user: String
        var started: Timestamp
        var arguments: [[UInt8]]

        /// Whether it is called `name`: by its program, or by the name it gave itself (15 bytes of it).
        func isCalled(_ name: String) -> Bool {
            program == name || facts.name.utf8.elementsEqual(name.utf8.prefix(15))
        }

        var value: Value {
            let command = Array(arguments.joined(separator: [UInt8(ascii: " ")]))
            return [
                "pid": .int(Int64(facts.pid)), "name": .text(program ?? facts.name), "user": .text(user),
                "started": .number(started.epoch), "command": .bytes(command),
            ]
        }
    }

    let proc: Path

    init(proc: Path = "/proc") { self.proc = proc }

    /// The processes that are meant, by their pids; kernel threads and zombies are none.
    func find(_ target: Target) throws(Failure) -> [Found] {
        switch target {
        case .name(let name):
            let boot = try bootTime()
            let pids = try directoryNames().compactMap { Int32(String(decoding: $0, as: UTF8.self)) }.sorted()
            return pids.compactMap { process($0, boot: boot) }.filter { $0.isCalled(name) }
        case .pidfile(let file):
            let (pid, written) = try read(file)
            guard let pid, let found = process(pid, boot: try bootTime()) else { return [] }
            // A process that started after the file was written got the pid of one that has ended. Two seconds are the
            // grain of the boot time and of some file systems.
            return found.started > written + 2 ? [] : [found]
        }
    }

    /// Signals the processes that are meant and are called one of `allowed`; how many. A pidfile's process that is
    /// called otherwise is an error; this host itself is never signalled.
    func signal(_ target: Target, _ signal: Int32, allowed: [String]) throws(Failure) -> Int {
        var count = 0
        for found in try signalable(target, allowed: allowed) {
            // The handle holds the process; that it is still the one that was found is looked at afterwards.
            guard let handle = try? ProcessHandle(pid: found.facts.pid),
                let now = process(found.facts.pid, boot: found.started), now.facts.startTicks == found.facts.startTicks,
                now.program == found.program
            else { continue }
            do throws(SystemError) {
                if try handle.send(signal) { count += 1 }
            } catch {
                throw error.failure(cure: "run the host as root, or as the user of that process")
            }
        }
        return count
    }

    /// The processes that are meant, this host excepted. A name that is not allowed is an error also while nothing runs
    /// under it: a need that is missing is noticed at once.
    func signalable(_ target: Target, allowed: [String]) throws(Failure) -> [Found] {
        func refuse(_ name: String, _ what: String) throws(Failure) {
            throw Failure(
                code: "EGRANT", "process.signal may not signal \(what)",
                cure: "add it to the job's needs: signal = { \"\(name)\" }")
        }
        let all = try find(target).filter { $0.facts.pid != ProcessHandle.own }
        for found in all where !allowed.contains(where: { found.isCalled($0) }) {
            let name = found.program ?? found.facts.name
            try refuse(name, "\(name) (pid \(found.facts.pid))")
        }
        if case .name(let name) = target, all.isEmpty,
            !allowed.contains(where: { $0.utf8.prefix(15).elementsEqual(name.utf8.prefix(15)) })
        {
            try refuse(name, name)
        }
        return all
    }

    /// What is there of a process; nil where it has ended, or is none of the machine's programs.
    private func process(_ pid: Int32, boot: Timestamp) -> Found? {
        let folder = proc.appending(String(pid))
        guard let stat = try? Files.readSmall(folder.appending("stat")), let facts = ProcessFacts(stat: stat),
            !facts.isKernelThread, !facts.isZombie, let status = try? Files.readSmall(folder.appending("status")),
            let user = ProcessFacts.user(status)
        else { return nil }
        let arguments = ProcessFacts.arguments((try? Files.readSmall(folder.appending("cmdline"), max: 4 << 20)) ?? [])
        // A program that was replaced by an upgrade is marked so by the kernel.
        let program = folder.appending("exe").linkTarget().map { Path(bytes: $0.name).text }
            .map { $0.hasSuffix(" (deleted)") ? String($0.dropLast(10)) : $0 }
        let started = boot + Double(facts.startTicks) / Double(ClockTicks.perSecond)
        return Found(facts: facts, program: program, user: Users.name(of: user), started: started, arguments: arguments)
    }

    private func directoryNames() throws(Failure) -> [[UInt8]] {
        do throws(SystemError) { return try StateFiles.names(in: proc) } catch { throw error.failure() }
    }

    private func bootTime() throws(Failure) -> Timestamp {
        do throws(SystemError) {
            let text = String(decoding: try Files.readSmall(proc.appending("stat")), as: UTF8.self)
            return MachineFigures.bootTime(text) ?? Timestamp(seconds: 0)
        } catch {
            throw error.failure()
        }
    }

    /// The pid in a pidfile, and when it was written; no pid where there is no file, or something else in it.
    ///
    /// - Parameters:
    ///   - file: An O_PATH descriptor: what it leads to is looked at before it is opened, for opening some files does
    ///     something.
    private func read(_ file: Descriptor?) throws(Failure) -> (pid: Int32?, written: Timestamp) {
        do throws(SystemError) {
            guard let file, case let status = try FileStatus(of: file), status.kind == .file else {
                return (nil, Timestamp(seconds: 0))
            }
            let path = Path("/proc/self/fd/\(file.number)")
            let text = String(decoding: try Files.readSmall(path, max: 4096), as: UTF8.self)
            let first = text.split(whereSeparator: \.isWhitespace).first
            return (first.flatMap { Int32($0) }.flatMap { $0 > 0 ? $0 : nil }, status.modifiedTime)
        } catch {
            throw error.failure()
        }
    }
}

extension FileStatus {
    /// When its content was last changed.
    fileprivate var modifiedTime: Timestamp { Timestamp(microseconds: modified / 1000) }
}
