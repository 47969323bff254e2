/// A grant as a plain value: for the record, and for the way to the zygote.
extension Grant {
    /// All of it; `init(_:)` reads it back.
    package var value: Value {
        var map: [String: Value] = [
            "read": .list(read.map { .bytes($0.bytes) }), "write": .list(write.map { .bytes($0.bytes) }),
            "run": .list(programs.map(\.value)), "connect": .texts(connect),
            "ports": .list(ports.map { .int(Int64($0)) }), "secrets": .texts(secrets), "signal": .texts(signal),
            "sockets": .list(sockets.map { ["path": .bytes($0.path.bytes), "real": .bytes($0.real.bytes)] }),
            "dns": .bool(dns), "broker": .text(broker.rawValue), "watched": .bool(isWatched),
            "service": .texts(service), "setid": .bool(setid),
            "sandbox": .text(mode.rawValue), "memory": .int(memory), "limits": limits.value,
        ]
        if !links.isEmpty {
            map["links"] = .list(
                links.sorted { $0.key < $1.key }.map { .list([.bytes($0.key.bytes), .bytes($0.value.bytes)]) })
        }
        if plansConnections { map["plans_connections"] = true }
        if let identity { map["user"] = identity.value }
        return .map(map)
    }

    /// The grant out of its value; fails where it is none.
    package init(decoding value: Value) throws(Failure) {
        guard let grant = Grant(value) else { throw Failure(code: "EGRANT", "the host sent a grant that is none") }
        self = grant
    }

    /// The grant out of its value; nil where it is none.
    package init?(_ value: Value) {
        func paths(_ key: String) -> [Path]? {
            value[key]?.list?.compactMap { if case .bytes(let bytes) = $0 { Path(bytes: bytes) } else { nil } }
        }
        func texts(_ key: String) -> [String]? { value[key]?.list?.compactMap(\.text) }
        guard let read = paths("read"), let write = paths("write"), let programs = value["run"]?.list,
            let connect = texts("connect"), let ports = value["ports"]?.list, let secrets = texts("secrets"),
            let signal = texts("signal"), let service = texts("service"), let setid = value["setid"]?.bool,
            let mode = value["sandbox"]?.text.flatMap(SandboxMode.init), let memory = value["memory"]?.integer
        else { return nil }
        self.init()
        self.read = read
        self.write = write
        self.programs = programs.compactMap(Program.init)
        self.connect = connect
        self.ports = ports.compactMap { $0.integer.flatMap { UInt16(exactly: $0) } }
        self.sockets = (value["sockets"]?.list ?? []).compactMap(UnixSocket.init)
        self.dns = value["dns"]?.bool ?? false
        self.plansConnections = value["plans_connections"]?.bool ?? false
        self.isWatched = value["watched"]?.bool ?? false
        self.broker = value["broker"]?.text.flatMap(BrokerReach.init) ?? .none
        self.secrets = secrets
        self.signal = signal
        self.service = service
        self.setid = setid
        self.mode = mode
        self.memory = memory
        limits = JobLimits(value["limits"] ?? [:])
        for pair in value["links"]?.list ?? [] {
            guard let pair = pair.list, pair.count == 2, case .bytes(let path) = pair[0],
                case .bytes(let target) = pair[1]
            else { return nil }
            links[Path(bytes: path)] = Path(bytes: target)
        }
        if let user = value["user"] {
            guard let identity = Identity(user) else { return nil }
            self.identity = identity
        }
    }
}

extension Grant.UnixSocket {
    fileprivate init?(_ value: Value) {
        guard case .bytes(let path)? = value["path"], case .bytes(let real)? = value["real"] else { return nil }
        self.init(path: Path(bytes: path), real: Path(bytes: real))
    }
}

extension Grant.Program {
    fileprivate var value: Value {
        [
            "name": .text(name), "path": .bytes(path.bytes), "files": .list(files.map { .bytes($0.bytes) }),
            "user": user?.value ?? .null,
        ]
    }

    fileprivate init?(_ value: Value) {
        guard let name = value["name"]?.text, case .bytes(let path)? = value["path"], let files = value["files"]?.list
        else { return nil }
        self.init(
            name: name, path: Path(bytes: path),
            files: files.compactMap { if case .bytes(let bytes) = $0 { Path(bytes: bytes) } else { nil } })
        if let user = value["user"], !user.isNull {
            guard let identity = Grant.Identity(user) else { return nil }
            self.user = identity
        }
    }
}

extension Grant.Identity {
    package var value: Value {
        [
            "name": .text(name), "uid": .int(Int64(uid)), "gid": .int(Int64(gid)),
            "groups": .list(groups.map { .int(Int64($0)) }), "home": .bytes(home.bytes),
        ]
    }

    package init?(_ value: Value) {
        guard let name = value["name"]?.text, let uid = value["uid"]?.integer.flatMap({ UInt32(exactly: $0) }),
            let gid = value["gid"]?.integer.flatMap({ UInt32(exactly: $0) }), let groups = value["groups"]?.list,
            case .bytes(let home)? = value["home"]
        else { return nil }
        self.init(
            name: name, uid: uid, gid: gid, groups: groups.compactMap { $0.integer.flatMap { UInt32(exactly: $0) } },
            home: Path(bytes: home))
    }
}
