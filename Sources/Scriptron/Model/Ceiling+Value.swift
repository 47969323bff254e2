/// A ceiling as a plain value: for the way to a worker, whose refusals name it.
extension Ceiling {
    /// All of it; `init(value:)` reads it back.
    package var value: Value {
        [
            "read": .list(read.map { .bytes($0.bytes) }), "write": .list(write.map { .bytes($0.bytes) }),
            "run": .texts(run), "connect": .texts(connect), "dns": .bool(dns), "secrets": .texts(secrets),
            "signal": .texts(signal), "service": .texts(service), "setid": .bool(setid), "user": .texts(user),
        ]
    }

    /// The ceiling out of its value; nil where it is none.
    package init?(value: Value) {
        guard value.map != nil else { return nil }
        func paths(_ key: String) -> [Path] {
            value[key]?.list?.compactMap { if case .bytes(let bytes) = $0 { Path(bytes: bytes) } else { nil } } ?? []
        }
        func texts(_ key: String) -> [String] { value[key]?.list?.compactMap(\.text) ?? [] }
        self.init()
        read = paths("read")
        write = paths("write")
        run = texts("run")
        connect = texts("connect")
        dns = value["dns"]?.bool ?? false
        secrets = texts("secrets")
        signal = texts("signal")
        service = texts("service")
        setid = value["setid"]?.bool ?? false
        user = texts("user")
    }
}
