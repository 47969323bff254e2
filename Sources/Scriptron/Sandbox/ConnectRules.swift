/// Where a grant lets connections go, as its broker judges them: by the address that is really connected to.
package struct ConnectRules: Sendable {
    private struct Range {
        let network: IPNetwork
        let port: UInt16
    }

    private struct Name {
        let name: String
        let port: UInt16
    }

    /// Addresses and networks.
    private var ranges: [Range] = []
    /// Names and patterns of names.
    private var names: [Name] = []
    private let sockets: [Grant.UnixSocket]
    /// Whether the machine's name servers may be asked.
    package let dns: Bool

    package init(_ grant: Grant) {
        dns = grant.dns
        sockets = grant.sockets
        for text in grant.connect {
            switch ConnectTarget(need: text) {
            case .host(let host, port: .number(let port)):
                if let address = IPAddress(host) {
                    ranges.append(Range(network: IPNetwork(address, bits: 128), port: port))
                } else {
                    names.append(Name(name: host, port: port))
                }
            case .network(let text, let bits, port: .number(let port)):
                if let address = IPAddress(text) {
                    ranges.append(Range(network: IPNetwork(address, bits: bits), port: port))
                }
            default: break
            }
        }
    }

    /// Whether an address is granted by itself or by its network, whatever names it has.
    package func allows(_ address: IPAddress, port: UInt16) -> Bool {
        ranges.contains { $0.port == port && $0.network.contains(address) }
    }

    /// The names that may be the reason of a connection to this port: those of the grant, and of `seen` (the names that
    /// the host resolved for the run) those that a pattern of it covers.
    package func candidates(port: UInt16, seen: Set<String>) -> [String] {
        var found: [String] = []
        for entry in names where entry.port == port {
            if entry.name.hasPrefix("*.") {
                found += seen.filter { Self.pattern(entry.name, covers: $0) }
            } else {
                found.append(entry.name)
            }
        }
        return Set(found).sorted()
    }

    /// Whether the grant has this port at all.
    package func has(port: UInt16) -> Bool {
        ranges.contains { $0.port == port } || names.contains { $0.port == port }
    }

    /// Whether a name is granted, as itself or by a pattern, for a port, or nil: for any.
    package func names(_ name: String, port: UInt16?) -> Bool {
        names.contains { entry in
            (port == nil || entry.port == port)
                && (entry.name == name || Self.pattern(entry.name, covers: name))
        }
    }

    /// Whether a pattern of names is one of the grant's.
    package func isPattern(_ name: String) -> Bool {
        names.contains { $0.name.hasPrefix("*.") && Self.pattern($0.name, covers: name) }
    }

    /// Whether `*.example.org` covers a name: any name under it, not itself.
    static func pattern(_ pattern: String, covers name: String) -> Bool {
        pattern.hasPrefix("*.") && name.hasSuffix(pattern.dropFirst()) && name.utf8.count > pattern.utf8.count - 1
    }

    /// Whether a name that was resolved may lead to one of its addresses.
    ///
    /// A public name must not lead inside: whoever rules its DNS could then choose among the machine's own services
    /// (DNS rebinding). What /etc/hosts gives a name is the operator's own word; a private name may lead to a private
    /// address.
    package func mayLead(_ name: String, to address: IPAddress, _ answer: NameDirectory.Answer) -> Bool {
        guard answer.addresses.contains(address) else { return false }
        switch AddressKind(address) {
        case .everywhere: return true
        case .local where Self.isPrivate(name) && !isOnlyPattern(name): return true
        default: return answer.ownAddresses.contains(address) && !isOnlyPattern(name)
        }
    }

    /// Whether a name is granted by a pattern alone: not by an entry that names it.
    private func isOnlyPattern(_ name: String) -> Bool { !names.contains { $0.name == name } }

    /// Names that no public DNS has: of one label, or under a domain that is kept for private use.
    static func isPrivate(_ name: String) -> Bool {
        let labels = name.split(separator: ".")
        guard labels.count > 1, let top = labels.last else { return true }
        let kept: Set<Substring> = [
            "local", "localhost", "internal", "intranet", "private", "corp", "home", "lan", "localdomain", "test",
        ]
        return kept.contains(top) || name.hasSuffix(".home.arpa")
    }

    /// The granted socket that a path as the script wrote it means, without a look at the disk.
    package func socket(written path: Path) -> Path? {
        sockets.first { $0.path == path || $0.real == path }?.real
    }

    /// The granted socket at a path in which links were followed.
    package func socket(real path: Path) -> Path? { sockets.first { $0.real == path }?.real }

    /// Whether there are Unix sockets at all.
    package var hasSockets: Bool { !sockets.isEmpty }
}
