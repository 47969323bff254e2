/// One entry of `connect`: where a job may connect to.
struct ConnectNeed: Sendable, Hashable {
    /// A host's name or address in lower case; in a ceiling also `*` and `*.domain`.
    let host: String
    /// Nil in a ceiling: any.
    let port: UInt16?

    /// Why an entry cannot be taken.
    enum Problem: Error, Hashable {
        /// It has no host, or no port from 1 to 65535.
        case malformed
        /// It needs the connect broker: a Unix socket, a network, a pattern.
        case needsBroker(String)
    }

    /// An entry of a job's needs: `host:port`, `[address]:port`.
    init(need text: String) throws(Problem) {
        switch ConnectTarget(need: text) {
        case nil, .host(_, port: .any): throw .malformed
        case .unix: throw .needsBroker("a Unix socket")
        case .network: throw .needsBroker("a network")
        case .host(let host, _) where host.contains("*"): throw .needsBroker("a pattern of hosts")
        case .host(let host, port: .number(let port)):
            self.host = host
            self.port = port
        }
    }

    /// An entry of a ceiling: patterns of hosts (`*`, `*.domain`) and `*` for any port too; nil for a form that waits
    /// for the connect broker, which allows nothing yet.
    init?(ceiling text: String) {
        guard case .host(let host, let port) = ConnectTarget(ceiling: text) else { return nil }
        self.host = host
        self.port = if case .number(let port) = port { port } else { nil }
    }

    /// Whether this entry of a ceiling covers an entry of needs.
    func covers(_ need: ConnectNeed) -> Bool {
        guard port == nil || port == need.port else { return false }
        if host == "*" || host == need.host { return true }
        return host.hasPrefix("*.") && need.host.hasSuffix(host.dropFirst())
    }
}

extension GrantResolver {
    /// The hosts and ports of `connect`. The kernel enforces the ports, the API the hosts, until there is a broker.
    func connect(_ needs: Needs, _ grant: inout Grant, _ refusals: inout Refusals) {
        let key = "needs.connect"
        let ceiling = terms.ceiling.map { $0.connect.compactMap(ConnectNeed.init(ceiling:)) }
        var ports: Set<UInt16> = []
        for text in Set(needs.connect).sorted() {
            do throws(ConnectNeed.Problem) {
                let need = try ConnectNeed(need: text)
                if let ceiling, !ceiling.contains(where: { $0.covers(need) }) {
                    refusals.ceiling(key, "connecting to \(text)", line: GrantRefusal.ceilingLine("connect", text))
                    continue
                }
                grant.connect.append(text)
                if let port = need.port { ports.insert(port) }
            } catch {
                switch error {
                case .malformed:
                    refusals.add(key, code: "EINVAL", "\(text) is not host:port", cure: "write \"db.example:5432\"")
                case .needsBroker(let what):
                    refusals.add(
                        key, code: "ENOTSUP", "\(text) is \(what): not supported yet: needs the connect broker",
                        cure: "name each host and port: \"db.example:5432\"")
                }
            }
        }
        grant.ports = ports.sorted()
        if needs.dns { refusals.notYet("needs.dns", "the connect broker") }
    }
}

extension Grant {
    /// Whether a script may connect to this host, as it names it, and port.
    package func allowsConnect(host: String, port: UInt16) -> Bool {
        connect.contains { text in
            guard let need = try? ConnectNeed(need: text) else { return false }
            return need.host == host.lowercased() && need.port == port
        }
    }

    /// Whether a script may connect to this host at some port, and so may know its addresses.
    package func allowsConnect(host: String) -> Bool {
        connect.contains { (try? ConnectNeed(need: $0))?.host == host.lowercased() }
    }
}
