// Any value as needs and as a ceiling, and any text as a place to connect to: refused with a place in the file, or what
// is taken can be resolved.
// Longest: 512
// Sources: Config/*

private let words = [
    "read", "write", "run", "connect", "dns", "secrets", "signal", "service", "setid", "user", "1", "sh", "/bin/*",
    "/etc",
    "..", "", "postgres", "pg_dump", "localhost:80", "*.a.example:443", "*:*", "10.0.0.0/8:5432", "[::1]:80",
    "[fd00::/8]:1",
    "unix:/run/x", "unix:", "http://", ":", "*", "/", ".", "-", "[", "]", "::", "255", "65535", "65536", "0", "ffff",
    "a", "_",
    "nginx.service", "OPS_URL", "\0", "\u{130}",
]

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzNeeds(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var draft = ValueDraft(input(data, count), words: words)
    let first = draft.byte()
    if first & 128 != 0 {
        target((0...Int(first & 15)).map { _ in draft.piece() }.joined())
        return 0
    }
    let value = draft.map(Int(first & 15))
    let file = SourceFile("jobs/x.lua")
    do {
        let needs = try Needs(value, of: file)
        for path in needs.read + needs.write {
            precondition(!path.bytes.isEmpty && !path.bytes.contains(0), "a path that is none")
        }
        for program in needs.run {
            precondition(!program.name.isEmpty && !program.name.contains("\0"), "a program without a name")
        }
        for text in needs.connect { precondition(ConnectTarget(need: text) != nil, "a target that cannot be read") }
        for name in needs.secrets {
            precondition(!name.contains("/") && name != "..", "a secret's name that is a path")
        }
        for name in needs.service { precondition(UnitName(name)?.text == name, "what is no unit's name") }
    } catch {
        precondition(error.place?.hasPrefix("jobs/x.lua") == true, "an error without a place")
    }
    if let section = try? Section(value, of: file, at: ["ceiling"]), let ceiling = try? Ceiling(section) {
        for text in ceiling.connect {
            precondition(ConnectTarget(ceiling: text) != nil, "a target that cannot be read")
        }
    }
    return 0
}

/// What may be needed may be allowed, as the same target.
private func target(_ text: String) {
    guard let need = ConnectTarget(need: text) else { return }
    precondition(ConnectTarget(ceiling: text) == need, "a ceiling reads a target of needs as another")
    switch need {
    case .host(let host, .number(let port)):
        precondition(port > 0 && !host.isEmpty && host != "*" && host == host.lowercased(), "a host that is none")
    case .network(_, let bits, .number(let port)): precondition(port > 0 && (0...128).contains(bits), "no network")
    case .unix(let path): precondition(path.isAbsolute && path.bytes.count <= 107, "a socket's path that is none")
    default: fatalError("needs may not name any port")
    }
}
