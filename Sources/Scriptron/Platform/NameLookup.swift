import Glibc

/// Names of servers to addresses, as the machine's resolver finds them (getaddrinfo(3)).
package enum NameLookup {
    /// The addresses of a name as text, in the resolver's order, each once; none where there is no such name. It may
    /// wait for a name server.
    package static func addresses(of name: String) throws(Failure) -> [String] {
        var hints = addrinfo()
        // One kind of socket, or each address comes three times.
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(name, nil, &hints, &found)
        defer { if let found { freeaddrinfo(found) } }
        if result == EAI_NONAME { return [] }
        guard result == 0 else {
            throw Failure(
                code: "ERESOLVE", "the name \(name) could not be resolved: \(String(cString: gai_strerror(result)))",
                cure: "see whether the name servers of /etc/resolv.conf answer")
        }
        var addresses: [String] = []
        var next = found
        while let info = next?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                if !addresses.contains(address) { addresses.append(address) }
            }
            next = info.ai_next
        }
        return addresses
    }
}
