import CCurl

/// An address of `http`, `https`, `smtp` or `smtps`, read by curl itself, so that what is judged is what is connected
/// to: `http://2130706433` is `127.0.0.1` here too.
package struct TransferURL: Sendable, Hashable {
    /// Lower case.
    package let scheme: String
    /// Lower case; an IPv6 address without brackets.
    package let host: String
    package let port: UInt16
    /// As it goes on the wire, from the slash on, without the query.
    package let path: String
    /// Without the question mark; nil where there is none.
    package let query: String?

    package var isTLS: Bool { scheme == "https" || scheme == "smtps" }

    /// What it names, without path and query: those may hold secrets.
    package var server: String { scheme + "://" + authority }

    /// The whole, as curl is told it.
    package var text: String { server + path + (query.map { "?" + $0 } ?? "") }

    /// `host:port`, as needs write it.
    package var need: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    /// The value of the header Host: the port only where it is not the scheme's own.
    package var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == Self.ports[scheme] ? host : host + ":\(port)"
    }

    private static let ports: [String: UInt16] = ["http": 80, "https": 443, "smtp": 25, "smtps": 465]

    /// Fails (`EURL`) for what curl does not read as an address, other schemes, a user or password in it, and names
    /// that are not plain ASCII. The message does not hold the text.
    package init(_ text: String) throws(Failure) { try self.init(text, from: nil) }

    /// What a relative or absolute address means, seen from this one.
    package func resolving(_ text: String) throws(Failure) -> TransferURL { try TransferURL(text, from: self.text) }

    /// The same with these added to its query, percent-encoded.
    package func adding(_ arguments: [(name: String, value: [UInt8])]) throws(Failure) -> TransferURL {
        if arguments.isEmpty { return self }
        let more = arguments.map {
            PercentEncoding.encode(Array($0.name.utf8)) + "=" + PercentEncoding.encode($0.value)
        }
        let all = [query].compactMap { $0 } + more
        return try TransferURL(server + path + "?" + all.joined(separator: "&"))
    }

    private init(_ text: String, from base: String?) throws(Failure) {
        if text.utf8.contains(0) { throw Failure(code: "EURL", "the address holds a NUL byte") }
        guard let handle = scriptron_curl_url() else {
            throw Failure(code: "ECURL", "libcurl cannot be used", cure: "install the package libcurl4")
        }
        defer { scriptron_curl_url_close(handle) }
        for text in [base, text].compactMap({ $0 }) {
            let code = scriptron_curl_url_set(handle, CURLUPART_URL, text, 0)
            if code != CURLUE_OK {
                throw Failure(
                    code: "EURL", "the address cannot be read: \(String(cString: scriptron_curl_url_error(code)))",
                    cure: "write https://host/path, other characters percent-encoded")
            }
        }
        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            guard let text = scriptron_curl_url_get(handle, part, flags) else { return nil }
            defer { scriptron_curl_free(text) }
            return String(cString: text)
        }
        let scheme = (part(CURLUPART_SCHEME) ?? "").lowercased()
        guard Self.ports[scheme] != nil else {
            throw Failure(
                code: "EURL", "the address has the scheme \(scheme)", cure: "http and https are what there is")
        }
        if part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil {
            throw Failure(
                code: "EURL", "the address holds a user or password", cure: "give auth = { user = …, password = … }")
        }
        var host = (part(CURLUPART_HOST) ?? "").lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") }) else {
            throw Failure(
                code: "EURL", "the address's host is not plain ASCII", cure: "write an international name as xn--…")
        }
        guard let port = part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap(UInt16.init), port > 0 else {
            throw Failure(code: "EURL", "the address's port is not from 1 to 65535")
        }
        self.scheme = scheme
        self.host = host
        self.port = port
        let path = part(CURLUPART_PATH) ?? "/"
        self.path = path.hasPrefix("/") ? path : "/" + path
        query = part(CURLUPART_QUERY)
        let all = self.path + (query ?? "")
        guard all.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Failure(
                code: "EURL", "the address holds spaces or characters that are not ASCII",
                cure: "percent-encode them, or give them in query")
        }
    }
}

/// Percent-encoding (RFC 3986).
package enum PercentEncoding {
    private static let plain = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    /// All but the unreserved characters; with `keepingSlashes` those too.
    package static func encode(_ bytes: [UInt8], keepingSlashes: Bool = false) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if plain.contains(byte) || (keepingSlashes && byte == UInt8(ascii: "/")) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
