/// What the host asks of its zygote. The packet carries three descriptors: the worker's end of its channel, the
/// version's files, and the grant.
struct SpawnRequest: Sendable, Hashable {
    /// The host's number for the worker.
    var id: Int64
    /// Names the grant: two requests with the same key have the same grant.
    var grantKey: String
    var scratch: Path?
    /// The worker's process name, as `ps` shows it.
    var name: String

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

/// What the zygote reports to its host.
enum ZygoteReport: Sendable, Hashable {
    /// It is ready to fork.
    case ready
    /// The worker runs; the packet carries its pidfd.
    case spawned(id: Int64, pid: Int32)
    /// The worker could not be made.
    case refused(id: Int64, Failure)
    /// The worker ended, and everything it started is gone.
    case exited(id: Int64, ProcessExit)

    var value: Value {
        switch self {
        case .ready: ["is": "ready"]
        case .spawned(let id, let pid): ["is": "spawned", "id": .int(id), "pid": .int(Int64(pid))]
        case .refused(let id, let failure):
            [
                "is": "refused", "id": .int(id), "code": .text(failure.code), "message": .text(failure.message),
                "cure": failure.cure.map { .text($0) } ?? .null,
            ]
        case .exited(let id, let exit):
            [
                "is": "exited", "id": .int(id), "pid": .int(Int64(exit.pid)),
                "code": exit.code.map { .int(Int64($0)) } ?? .null,
                "signal": exit.signal.map { .int(Int64($0)) } ?? .null,
                "cpu": .number(exit.cpuSeconds), "rss": .int(exit.maxRSSBytes),
            ]
        }
    }

    init?(_ value: Value) {
        let id = value["id"]?.integer
        let pid = value["pid"]?.integer.flatMap { Int32(exactly: $0) }
        switch (value["is"]?.text, id) {
        case ("ready", _): self = .ready
        case ("spawned", let id?):
            guard let pid else { return nil }
            self = .spawned(id: id, pid: pid)
        case ("refused", let id?):
            guard let code = value["code"]?.text, let message = value["message"]?.text else { return nil }
            self = .refused(id: id, Failure(code: code, message, cure: value["cure"]?.text))
        case ("exited", let id?):
            guard let pid, let cpu = value["cpu"]?.double, let rss = value["rss"]?.integer else { return nil }
            self = .exited(
                id: id,
                ProcessExit(
                    pid: pid, code: value["code"]?.integer.flatMap { Int32(exactly: $0) },
                    signal: value["signal"]?.integer.flatMap { Int32(exactly: $0) }, cpuSeconds: cpu,
                    maxRSSBytes: rss))
        default: return nil
        }
    }
}
