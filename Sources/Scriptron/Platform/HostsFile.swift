/// The machine's own table of names, /etc/hosts (hosts(5)).
enum HostsFile {
    /// The addresses that a table gives a name. `localhost` and the names under it are this machine's without an entry
    /// (RFC 6761).
    static func addresses(of name: String, in table: String) -> Set<IPAddress> {
        let name = name.lowercased()
        var addresses: Set<IPAddress> = []
        if name == "localhost" || name.hasSuffix(".localhost") {
            addresses = [IPAddress(four: 0x7F00_0001), IPAddress(bits: 1)]
        }
        for line in table.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, let address = IPAddress(first) else { continue }
            if words.dropFirst().contains(where: { $0.lowercased() == name }) { addresses.insert(address) }
        }
        return addresses
    }
}

/// The name servers that programs ask, of /etc/resolv.conf (resolv.conf(5)).
package enum NameServers {
    /// The servers in the file's text; this machine where it names none.
    static func listed(in text: String) -> [IPAddress] {
        let listed = text.split(separator: "\n").compactMap { line -> IPAddress? in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return IPAddress(words[1].prefix { $0 != "%" })
        }
        return listed.isEmpty ? [IPAddress(four: 0x7F00_0001)] : listed
    }

    /// Those of this machine, as they are now.
    package static func current() -> [IPAddress] {
        listed(in: String(decoding: (try? Files.readSmall("/etc/resolv.conf")) ?? [], as: UTF8.self))
    }
}
