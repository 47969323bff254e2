/// One thing that a run which learns its needs touched.
package enum Use: Sendable, Hashable {
    /// A file or directory was looked at or read.
    case read(Path)
    /// A name was made, changed or removed.
    case write(Path)
    /// The script ran a program, under this name or path; `user` where it ran as another than the job's.
    case run(String, user: String?)
    /// A program started this one by itself.
    case execute(String, user: String?)
    /// `host:port` or `unix:/path` was connected to.
    case connect(String)
    /// A process of this name was signalled.
    case signal(String)
    /// A unit of systemd was looked at or changed.
    case service(String)
}

extension Use {
    /// The use as the channel carries it: its kind, and to what.
    package var value: Value {
        switch self {
        case .read(let path): ["use": "read", "of": .bytes(path.bytes)]
        case .write(let path): ["use": "write", "of": .bytes(path.bytes)]
        case .run(let name, let user):
            ["use": "run", "of": .text(name), "user": user.map { .text($0) } ?? .null]
        case .execute(let name, let user):
            ["use": "execute", "of": .text(name), "user": user.map { .text($0) } ?? .null]
        case .connect(let target): ["use": "connect", "of": .text(target)]
        case .signal(let name): ["use": "signal", "of": .text(name)]
        case .service(let unit): ["use": "service", "of": .text(unit)]
        }
    }

    /// The use out of a worker's words; nil where it is none.
    package init?(_ value: Value) {
        guard case .bytes(let bytes)? = value["of"], bytes.count <= 4096, !bytes.contains(0) else { return nil }
        let path = Path(bytes: bytes)
        let text = value["of"]?.text
        switch value["use"]?.text {
        case "read" where path.isAbsolute: self = .read(path)
        case "write" where path.isAbsolute: self = .write(path)
        case "run":
            guard let text else { return nil }
            self = .run(text, user: value["user"]?.text)
        case "execute":
            guard let text else { return nil }
            self = .execute(text, user: value["user"]?.text)
        case "connect":
            guard let text else { return nil }
            self = .connect(text)
        case "signal":
            guard let text else { return nil }
            self = .signal(text)
        case "service":
            guard let text else { return nil }
            self = .service(text)
        default: return nil
        }
    }
}
