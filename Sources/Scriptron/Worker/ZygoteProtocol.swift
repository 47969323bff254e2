/// What a worker is made of: said to the zygote, or to a spare worker (with two descriptors: the version's files, and
/// the grant).
struct SpawnRequest: Sendable, Hashable {
    /// The host's number for the worker.
    var id: Int64
    /// Names the grant: two requests with the same key have the same grant.
    var grantKey: String
    var scratch: Path?
    /// The worker's process name, as `ps` shows it.
    var name: String

    var confinement: ConfinementKey { ConfinementKey(grant: grantKey, scratch: scratch) }

    var value: Value {
        [
            "id": .int(id), "grant": .text(grantKey), "scratch": scratch.map { .bytes($0.bytes) } ?? .null,
            "name": .text(name),
        ]
    }

    init(id: Int64, grantKey: String, scratch: Path?, name: String) {
        self.id = id
        self.grantKey = grantKey
        self.scratch = scratch
        self.name = name
    }

    init?(_ value: Value) {
        guard let id = value["id"]?.integer, let key = value["grant"]?.text, let name = value["name"]?.text else {
            return nil
        }
        self.init(id: id, grantKey: key, scratch: nil, name: name)
        if case .bytes(let scratch)? = value["scratch"] { self.scratch = Path(bytes: scratch) }
    }
}

/// What a confinement is prepared for.
struct ConfinementKey: Sendable, Hashable {
    /// Names the grant.
    let grant: String
    let scratch: Path?

    init(grant: String, scratch: Path?) {
        self.grant = grant
        self.scratch = scratch
    }

    var value: Value { ["grant": .text(grant), "scratch": scratch.map { .bytes($0.bytes) } ?? .null] }

    init?(_ value: Value) {
        guard let grant = value["grant"]?.text else { return nil }
        var scratch: Path?
        if case .bytes(let bytes)? = value["scratch"] { scratch = Path(bytes: bytes) }
        self.init(grant: grant, scratch: scratch)
    }
}

/// What the zygote reports to its host.
enum ZygoteReport: Sendable, Hashable {
    /// It is ready to fork.
    case ready
    /// The worker runs; the packet carries its pidfd. `confinement` counts those that were prepared.
    case spawned(id: Int64, pid: Int32, confinement: Int)
    /// A worker waits for its part, which knows the confinements up to this one; the packet carries its pidfd and its
    /// channel.
    case spare(pid: Int32, newest: Int)
    /// A worker waits for its part, confined for this key already (in answer to `ZygoteRequest.ahead`), from files that were
    /// looked at on the monotonic clock's `looked`; the packet carries its pidfd and its channel.
    case ahead(pid: Int32, ConfinementKey, looked: Double, ConfinedFiles)
    /// The program of another user runs, as far as it is known: its own status tells of its start. The packet carries
    /// its pidfd.
    case program(id: Int64, pid: Int32)
    /// The worker or program could not be made.
    case refused(id: Int64, Failure)
    /// The worker ended, and everything it started is gone; or the program did.
    case exited(ProcessExit, limitsHit: [LimitName])
    /// This worker ended, but SIGKILL did not end this process of it; `exited` follows when that ends.
    case stuck(worker: Int32, pid: Int32)

    var value: Value {
        switch self {
        case .ready: ["is": "ready"]
        case .spawned(let id, let pid, let confinement):
            ["is": "spawned", "id": .int(id), "pid": .int(Int64(pid)), "confinement": .int(Int64(confinement))]
        case .spare(let pid, let newest): ["is": "spare", "pid": .int(Int64(pid)), "confinement": .int(Int64(newest))]
        case .ahead(let pid, let key, let looked, let files):
            [
                "is": "ahead", "pid": .int(Int64(pid)), "key": key.value, "looked": .number(looked),
                "files": files.value,
            ]
        case .program(let id, let pid): ["is": "program", "id": .int(id), "pid": .int(Int64(pid))]
        case .refused(let id, let failure):
            [
                "is": "refused", "id": .int(id), "code": .text(failure.code), "message": .text(failure.message),
                "cure": failure.cure.map { .text($0) } ?? .null,
            ]
        case .stuck(let worker, let pid):
            ["is": "stuck", "worker": .int(Int64(worker)), "pid": .int(Int64(pid))]
        case .exited(let exit, let limitsHit):
            [
                "is": "exited", "pid": .int(Int64(exit.pid)),
                "code": exit.code.map { .int(Int64($0)) } ?? .null,
                "signal": exit.signal.map { .int(Int64($0)) } ?? .null,
                "cpu": .number(exit.cpuSeconds), "rss": .int(exit.maxRSSBytes),
                "limits": .texts(limitsHit.map(\.rawValue)),
            ]
        }
    }

    init?(_ value: Value) {
        let id = value["id"]?.integer
        let pid = value["pid"]?.integer.flatMap { Int32(exactly: $0) }
        let confinement = value["confinement"]?.integer.map { Int($0) }
        switch (value["is"]?.text, id) {
        case ("ready", _): self = .ready
        case ("spawned", let id?):
            guard let pid, let confinement else { return nil }
            self = .spawned(id: id, pid: pid, confinement: confinement)
        case ("spare", _):
            guard let pid, let confinement else { return nil }
            self = .spare(pid: pid, newest: confinement)
        case ("ahead", _):
            guard let pid, let key = value["key"].flatMap(ConfinementKey.init), let looked = value["looked"]?.double,
                let files = value["files"].flatMap(ConfinedFiles.init)
            else { return nil }
            self = .ahead(pid: pid, key, looked: looked, files)
        case ("program", let id?):
            guard let pid else { return nil }
            self = .program(id: id, pid: pid)
        case ("refused", let id?):
            guard let code = value["code"]?.text, let message = value["message"]?.text else { return nil }
            self = .refused(id: id, Failure(code: code, message, cure: value["cure"]?.text))
        case ("stuck", _):
            guard let pid, let worker = value["worker"]?.integer.flatMap({ Int32(exactly: $0) }) else { return nil }
            self = .stuck(worker: worker, pid: pid)
        case ("exited", _):
            guard let pid, let cpu = value["cpu"]?.double, let rss = value["rss"]?.integer else { return nil }
            self = .exited(
                ProcessExit(
                    pid: pid, code: value["code"]?.integer.flatMap { Int32(exactly: $0) },
                    signal: value["signal"]?.integer.flatMap { Int32(exactly: $0) }, cpuSeconds: cpu,
                    maxRSSBytes: rss),
                limitsHit: value["limits"]?.list?.compactMap { $0.text.flatMap(LimitName.init) } ?? [])
        default: return nil
        }
    }
}
