import Synchronization

/// The host's side of the services that look at the machine: its figures, disks, processes, open files, names, and
/// the locks of runs. A call may block for its timeout: it belongs on a thread that may.
package final class MachineServices: Sendable {
    /// The locks of runs. `hold` here does not block, unlike `answer`.
    package let locks: LockTable
    private let disks: DiskLooks
    private let names: NameDirectory
    /// The processors' ticks at each job's last look.
    private let lastLooks = Mutex<[String: MachineFigures.Processors]>([:])

    /// `after` calls a body so many seconds later, from any thread (an event loop's timer).
    package init(
        probe: any DiskProbe = OwnDiskProbe(), names: NameDirectory = NameDirectory(),
        after: @escaping @Sendable (Double, @escaping @Sendable () -> Void) -> Void
    ) {
        locks = LockTable(after: after)
        self.names = names
        disks = DiskLooks(probe: probe)
    }

    /// A run has ended: what it held or waited for is free.
    package func release(run: Int64) { locks.release(run: run) }

    /// Answers a service, within the run's grant; every argument is hostile. Services that are not the machine's (state,
    /// the store, the jobs) are an error.
    package func answer(
        _ service: HostService, _ arguments: [String: Value], job: String, run: Int64, grant: Grant
    ) throws(Failure) -> Value {
        let arguments = ServiceArguments(service: service, values: arguments)
        switch service {
        case .sysCPU: return try cpu(job)
        case .sysMemory: return try memory()
        case .sysLoad:
            let cores = try processors().count
            return try figures("/proc/loadavg") { MachineFigures.load($0, cores: cores) }
        case .sysPressure: return pressure()
        case .sysUptime: return try figures("/proc/uptime") { MachineFigures.uptime($0).map { .number($0) } }
        case .sysHostname:
            return try figures("/proc/sys/kernel/hostname") {
                .text($0.split(separator: "\n").first.map(String.init) ?? "")
            }
        case .sysDisks: return .list(try look(at: Mount.disks(try mounts()), timeout: try arguments.timeout()))
        case .diskUsage: return try usage(arguments)
        case .openers: return try openers(arguments, grant)
        case .openAny: return try openAny(arguments)
        case .findProcesses:
            return .list(try RunningProcesses().find(try arguments.process(grant)).map(\.value))
        case .signalable:
            _ = try arguments.signal()
            let found = try RunningProcesses().signalable(try arguments.process(grant), allowed: grant.signal)
            return .int(Int64(found.count))
        case .signalProcesses:
            let count = try RunningProcesses().signal(
                try arguments.process(grant), try arguments.signal(), allowed: grant.signal)
            return .int(Int64(count))
        case .resolve:
            let addresses = try names.addresses(of: try arguments.server(grant), timeout: try arguments.timeout())
            return .texts(addresses.map(\.description))
        case .lockHold: return try hold(arguments, run: run)
        case .lockRelease:
            try locks.release(token: try arguments.integer("token"), run: run)
            return .null
        default:
            throw Failure(code: "ENOSYS", "\(service.rawValue) is no service of the machine")
        }
    }

    // Figures.

    private func cpu(_ job: String) throws(Failure) -> Value {
        let now = try processors()
        let before = lastLooks.withLock { looks in
            defer { looks[job] = now }
            return looks[job]
        }
        return before.map { now.shares(since: $0) } ?? .null
    }

    private func processors() throws(Failure) -> MachineFigures.Processors {
        guard let processors = MachineFigures.Processors(try text("/proc/stat")) else { throw unreadable("/proc/stat") }
        return processors
    }

    /// The machine's memory, or the container's: the control group at the root of a namespace of its own has a limit,
    /// while the machine's root group has no such file (cgroups(7)).
    private func memory() throws(Failure) -> Value {
        let all = try figures("/proc/meminfo", MachineFigures.memory)
        let group = Path("/sys/fs/cgroup")
        guard let limit = try? text(group.appending("memory.max")),
            let current = try? text(group.appending("memory.current"))
        else { return all }
        let statistics = (try? text(group.appending("memory.stat"))) ?? ""
        return MachineFigures.memory(all, limit: limit, current: current, statistics: statistics)
    }

    /// Null, all of it or a part, where the kernel has no PSI or does not answer (`psi=0`).
    private func pressure() -> Value {
        var all: [String: Value] = [:]
        for resource in ["cpu", "memory", "io"] {
            let path = Path("/proc/pressure").appending(resource)
            let figures = (try? text(path)).flatMap(MachineFigures.pressure)
            all[resource] = figures ?? .null
        }
        return all.values.allSatisfy(\.isNull) ? .null : .map(all)
    }

    private func figures(_ path: Path, _ parse: (String) -> Value?) throws(Failure) -> Value {
        guard let value = parse(try text(path)) else { throw unreadable(path) }
        return value
    }

    private func text(_ path: Path) throws(Failure) -> String {
        do throws(SystemError) {
            return String(decoding: try Files.readSmall(path), as: UTF8.self)
        } catch {
            throw error.failure()
        }
    }

    private func unreadable(_ path: Path) -> Failure {
        Failure(code: "EPROC", "\(path) does not read as this host expects", cure: "is /proc mounted?")
    }

    // Disks.

    private func mounts() throws(Failure) -> [Mount] {
        do throws(SystemError) {
            return Mount.parse(try Files.readSmall("/proc/self/mountinfo", max: 16 << 20))
        } catch {
            throw error.failure()
        }
    }

    private func look(at mounts: [Mount], timeout: Double) throws(Failure) -> [Value] {
        let looks = disks.space(mounts.map(\.point), timeout: timeout)
        return zip(mounts, looks).map { mount, look in
            var answer: [String: Value] = [
                "path": .bytes(mount.point.bytes), "device": .text(mount.source), "type": .text(mount.type),
            ]
            switch look {
            case .success(let space):
                answer.merge(space.value.map ?? [:]) { $1 }
                // Whether the disk is, not this host's view of it, which a unit's hardening may have made read-only.
                answer["read_only"] = .bool(mount.options.contains("ro"))
            case .failure(let failure):
                answer["error"] = .text(failure.message)
                answer["code"] = .text(failure.code)
            }
            return .map(answer)
        }
    }

    /// The path itself is not touched: only the mount that holds it, found by its text, is looked at. So a path that is
    /// not granted tells nothing, and one below a dead mount hangs nobody.
    private func usage(_ arguments: ServiceArguments) throws(Failure) -> Value {
        let path = try arguments.path("path")
        guard let mount = Mount.holding(path, try mounts()) else {
            throw Failure(code: "ENOENT", "no mount holds \(path)")
        }
        let answer = try look(at: [mount], timeout: try arguments.timeout())
        return answer.first ?? .null
    }

    // Open files.

    private func openers(_ arguments: ServiceArguments, _ grant: Grant) throws(Failure) -> Value {
        func values(_ openers: [OpenFiles.Opener]) -> Value {
            .list(Set(openers).sorted { ($0.pid, $0.mode) < ($1.pid, $1.mode) }.map(\.value))
        }
        if arguments.values["entries"]?.list != nil {
            let ids = try arguments.entries()
            guard let found = try OpenFiles().openers(of: Set(ids), mounts: try mounts()) else { return .null }
            return .list(ids.map { values(found[$0] ?? []) })
        }
        let ids = try arguments.files(grant)
        guard let found = try OpenFiles().openers(of: ids, mounts: try mounts()) else { return .null }
        return values(ids.flatMap { found[$0] ?? [] })
    }

    private func openAny(_ arguments: ServiceArguments) throws(Failure) -> Value {
        let ids = try arguments.entries()
        guard let found = try OpenFiles().openers(of: Set(ids), mounts: try mounts()) else { return .null }
        return .list(ids.map { .bool(found[$0] != nil) })
    }

    // Locks.

    private func hold(_ arguments: ServiceArguments, run: Int64) throws(Failure) -> Value {
        let (name, wait) = try arguments.lock()
        let done = Semaphore()
        let answer = Mutex<Int64?>(nil)
        try locks.hold(name, run: run, wait: wait) { token in
            answer.withLock { $0 = token }
            done.signal()
        }
        done.wait()
        return answer.withLock { $0 }.map { .int($0) } ?? .null
    }
}
