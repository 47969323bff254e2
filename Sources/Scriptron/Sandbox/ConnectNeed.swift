extension ConnectTarget {
    /// Whether this entry of a ceiling covers an entry of needs: `*` any server, `*.domain` every name and pattern under
    /// it, a network what lies in it, `unix:` the socket or all below the directory; the port, or any.
    func covers(_ need: ConnectTarget) -> Bool {
        switch (self, need) {
        case (.unix(let root), .unix(let path)): return path.normalized.isInside(root.normalized)
        case (.host("*", let port), .host(_, let other)), (.host("*", let port), .network(_, _, let other)):
            return port.covers(other)
        case (.host(let host, let port), .host(let name, let other)):
            let isSame = host == name || (IPAddress(host) != nil && IPAddress(host) == IPAddress(name))
            return port.covers(other) && (isSame || ConnectRules.pattern(host, covers: name))
        case (.network(let text, let bits, let port), _):
            guard let network = IPAddress(text).map({ IPNetwork($0, bits: bits) }), let other = need.network else {
                return false
            }
            return port.covers(other.port) && network.contains(other.network)
        default: return false
        }
    }

    /// The addresses that it names by number; nil where it names a host by its name, or a Unix socket.
    private var network: (network: IPNetwork, port: Port)? {
        switch self {
        case .host(let host, let port): IPAddress(host).map { (IPNetwork($0, bits: 128), port) }
        case .network(let text, let bits, let port): IPAddress(text).map { (IPNetwork($0, bits: bits), port) }
        case .unix: nil
        }
    }
}

extension ConnectTarget.Port {
    fileprivate func covers(_ other: Self) -> Bool { self == .any || self == other }
}

extension GrantResolver {
    /// Where the job may connect to, and who sees to it.
    func connect(_ needs: Needs, _ grant: inout Grant, _ refusals: inout Refusals) {
        let key = "needs.connect"
        let ceiling = terms.ceiling.map { $0.connect.compactMap(ConnectTarget.init(ceiling:)) }
        var ports: Set<UInt16> = []
        for text in Set(needs.connect).sorted() {
            guard let need = ConnectTarget(need: text) else {
                refusals.add(
                    key, code: "EINVAL", "\(text) is not host:port", cure: "write \"db.example:5432\"")
                continue
            }
            if let ceiling, !ceiling.contains(where: { covers($0, need) }) {
                refusals.ceiling(key, "connecting to \(text)", line: GrantRefusal.ceilingLine("connect", text))
                continue
            }
            switch need {
            case .unix(let path):
                guard let socket = socket(path, grant, &refusals) else { continue }
                grant.sockets.append(socket)
            case .host(_, port: .number(let port)), .network(_, _, port: .number(let port)): ports.insert(port)
            default: break
            }
            grant.connect.append(text)
        }
        grant.ports = ports.sorted()
        if needs.dns, terms.ceiling?.dns == false {
            refusals.add(
                "needs.dns", "the ceiling forbids dns",
                cure: "the operator may say in scriptron.lua: ceiling = { dns = true }")
        }
        grant.dns = needs.dns
        if grant.connects, terms.mode != .off { grant.broker = broker(for: grant) }
    }

    /// Links are followed on both sides: no ceiling ends at a link.
    private func covers(_ ceiling: ConnectTarget, _ need: ConnectTarget) -> Bool {
        guard case .unix(let root) = ceiling, case .unix(let path) = need else { return ceiling.covers(need) }
        return ConnectTarget.unix(Self.real(root)).covers(.unix(Self.real(path)))
    }

    private static func real(_ path: Path) -> Path {
        (try? path.normalized.resolvingExistingLinks()) ?? path.normalized
    }

    /// A Unix socket of the needs; nil, with the reason, where it is refused.
    private func socket(_ written: Path, _ grant: Grant, _ refusals: inout Refusals) -> Grant.UnixSocket? {
        let path = written.normalized
        let real: Path
        do throws(LinkTrust.Problem) {
            real = try trust(grant.identity, grant.write).follow(path)
        } catch {
            refuse(path, error, "needs.connect", &refusals)
            return nil
        }
        guard isUnprotected([path, real], .read, written, "needs.connect", &refusals) else { return nil }
        let writable = grant.write.first { root in
            [root, Self.real(root)].contains { path.isInside($0) || real.isInside($0) }
        }
        if let writable {
            refusals.add(
                "needs.connect",
                "the job could put another socket in the place of \(path.text): it may write "
                    + "\(writable.text)", cure: "narrow needs.write to directories that do not hold the socket")
            return nil
        }
        return Grant.UnixSocket(path: path, real: real)
    }

    /// Who judges the connections of a grant on this machine.
    func broker(for grant: Grant) -> BrokerReach {
        switch terms.facts.broker {
        case .any: return .any
        case .ownUser: return grant.identity.map { $0.uid == terms.facts.uid } ?? true ? .ownUser : .none
        case .none: return .none
        }
    }
}

extension Ceiling {
    /// Whether it covers an entry of `connect`.
    package func allowsConnect(_ text: String) -> Bool {
        guard let need = ConnectTarget(need: text) else { return false }
        return connect.contains { ConnectTarget(ceiling: $0)?.covers(need) ?? false }
    }
}

extension Grant {
    /// Whether a script may connect to this host, as it names it, at a port, or nil: at some port, and so may know its
    /// addresses.
    package func allowsConnect(host: String, port: UInt16? = nil) -> Bool {
        let rules = ConnectRules(self)
        let host = host.lowercased()
        guard let address = IPAddress(host) else { return rules.names(host, port: port) }
        return port.map { rules.allows(address, port: $0) } ?? ports.contains { rules.allows(address, port: $0) }
    }
}
