import CCurl

/// Makes transfers by libcurl, one at a time, on the calling thread.
///
/// It follows no redirect, takes no proxy but the request's, no `.netrc`, no cookie and no other setting from its surroundings, and
/// trusts the machine's certificates. A client that makes several transfers keeps connections open between them.
package final class TransferClient {
    private let handle: CurlHandle

    /// Fails where libcurl is not there.
    package init() throws(Failure) { handle = try CurlHandle() }

    /// Loads libcurl now: for a process that soon may read no library any more. Where there is none, the first transfer
    /// says so.
    package static func load() { _ = scriptron_curl_load() }

    /// A date as HTTP and certificates write it, in epoch seconds; nil where it is none.
    package static func date(_ text: String) -> Double? {
        let time = scriptron_curl_load() ? scriptron_curl_date(text) : -1
        return time < 0 ? nil : Double(time)
    }

    /// Makes one transfer. An answer with any status is an answer; a failure's code is `ERESOLVE`, `ECONNECT` (or the
    /// errno: `ECONNREFUSED`), `ETIMEDOUT`, `ETLS`, `EFBIG`, `ELOGIN`, `EMAIL` (what an SMTP server said) or `ETRANSFER`,
    /// and its text names the server alone.
    package func perform(_ request: TransferRequest) throws(Failure) -> TransferResponse {
        try check(request)
        handle.reset()
        set(request)
        let traffic = TransferTraffic(request)
        let code = handle.perform(traffic)
        if code != CURLE_OK, !traffic.isCut { throw failure(code, traffic, request) }
        var response = TransferResponse()
        response.status = handle.number(CURLINFO_RESPONSE_CODE)
        response.headers = traffic.headers
        response.body = traffic.received
        response.bytes = traffic.bytes
        response.connectSeconds = max(
            handle.seconds(CURLINFO_APPCONNECT_TIME_T), handle.seconds(CURLINFO_CONNECT_TIME_T))
        response.firstByteSeconds = handle.seconds(CURLINFO_STARTTRANSFER_TIME_T)
        response.seconds = handle.seconds(CURLINFO_TOTAL_TIME_T)
        response.address = request.unixSocket == nil ? handle.text(CURLINFO_PRIMARY_IP) : nil
        response.version = handle.number(CURLINFO_HTTP_VERSION) >= Int(CURL_HTTP_VERSION_2_0) ? 2 : 1
        if case .handshake = request.kind { response.certificates = handle.certificates }
        if (300...399).contains(response.status), let place = response.header("location") {
            response.redirect = try? request.url.resolving(String(decoding: place, as: UTF8.self))
        }
        return response
    }

    // The options.

    private func set(_ request: TransferRequest) {
        handle.set(CURLOPT_NOSIGNAL, 1)
        handle.set(CURLOPT_PROXY, request.proxy?.server ?? "")
        if request.proxy != nil { handle.set(CURLOPT_NOPROXY, "") }
        handle.set(CURLOPT_URL, request.url.text)
        handle.set(CURLOPT_FOLLOWLOCATION, 0)
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(min(request.connectTimeout, request.timeout)))
        handle.set(CURLOPT_TIMEOUT_MS, milliseconds(request.timeout))
        if let stall = request.stall {
            // Less than a byte a second, on the average: curl counts whole seconds.
            handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
            handle.set(CURLOPT_LOW_SPEED_TIME, Int(max(1, stall.rounded(.up))))
        }
        if let socket = request.unixSocket { handle.set(CURLOPT_UNIX_SOCKET_PATH, bytes: socket.bytes) }
        let pins = request.pins.filter { !$0.addresses.isEmpty }.map { pin in
            let addresses = pin.addresses.map { $0.isFour ? "\($0)" : "[\($0)]" }.joined(separator: ",")
            return Array("\(pin.host):\(pin.port):\(addresses)".utf8)
        }
        handle.set(CURLOPT_RESOLVE, pins)
        setTrust(request)
        if let login = request.login {
            handle.set(CURLOPT_USERNAME, bytes: login.user)
            handle.set(CURLOPT_PASSWORD, bytes: login.password)
        }
        switch request.kind {
        case .http: setHTTP(request)
        case .mail(let mail): setMail(mail, request)
        case .handshake:
            handle.set(CURLOPT_PROTOCOLS_STR, "https")
            handle.set(CURLOPT_CONNECT_ONLY, 1)
            handle.set(CURLOPT_CERTINFO, 1)
            // Of a connection that was kept the certificate is no longer known.
            connectAnew()
        }
    }

    private func connectAnew() {
        handle.set(CURLOPT_FRESH_CONNECT, 1)
        handle.set(CURLOPT_FORBID_REUSE, 1)
    }

    private func setTrust(_ request: TransferRequest) {
        handle.set(CURLOPT_SSL_VERIFYPEER, request.verifies ? 1 : 0)
        handle.set(CURLOPT_SSL_VERIFYHOST, request.verifies ? 2 : 0)
        guard let trust = request.trust else { return }
        handle.set(CURLOPT_CAINFO, bytes: trust.bytes)
        handle.set(CURLOPT_CAPATH, nil)
    }

    private func setHTTP(_ request: TransferRequest) {
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        if !request.cuts { handle.set(CURLOPT_MAXFILESIZE_LARGE, size: request.most) }
        if request.login != nil { handle.set(CURLOPT_HTTPAUTH, 1) }
        var headers = request.headers
        if !headers.contains(where: { $0.name.lowercased() == "user-agent" }) {
            headers.append(TransferRequest.Header("User-Agent", "scriptron"))
        }
        switch request.body {
        case nil where request.method == "HEAD": handle.set(CURLOPT_NOBODY, 1)
        case nil where request.method == "GET": handle.set(CURLOPT_HTTPGET, 1)
        case nil where !["POST", "PUT", "PATCH"].contains(request.method):
            handle.set(CURLOPT_CUSTOMREQUEST, request.method)
        default:
            // Every body goes by the read function, whatever the method; one that has none says that it is empty.
            handle.set(CURLOPT_UPLOAD, 1)
            handle.set(CURLOPT_CUSTOMREQUEST, request.method)
            handle.set(CURLOPT_INFILESIZE_LARGE, size: TransferTraffic(request).length)
            // Nor does it wait for a server to say that it may be sent.
            headers.append(TransferRequest.Header("Expect", ""))
        }
        handle.set(CURLOPT_HTTPHEADER, headers.map(Self.line))
    }

    private func setMail(_ mail: TransferRequest.Mail, _ request: TransferRequest) {
        handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // curl would take a connection without TLS that was kept, though this mail asks for STARTTLS.
        connectAnew()
        handle.set(CURLOPT_UPLOAD, 1)
        handle.set(CURLOPT_INFILESIZE_LARGE, size: TransferTraffic(request).length)
        handle.set(CURLOPT_MAIL_FROM, "<\(mail.from)>")
        handle.set(CURLOPT_MAIL_RCPT, mail.recipients.map { Array("<\($0)>".utf8) })
        handle.set(CURLOPT_USE_SSL, mail.startsTLS ? Int(CURLUSESSL_ALL.rawValue) : Int(CURLUSESSL_NONE.rawValue))
    }

    /// `Name: value`; curl sends an empty one only where it is written with a semicolon, and without a value removes
    /// its own.
    private static func line(_ header: TransferRequest.Header) -> [UInt8] {
        let name = Array(header.name.utf8)
        if header.value.isEmpty {
            return name + [header.name == "Expect" ? UInt8(ascii: ":") : UInt8(ascii: ";")]
        }
        return name + Array(": ".utf8) + header.value
    }

    private func milliseconds(_ seconds: Double) -> Int {
        // 0 would mean: without end.
        Int(min(max(seconds, 0.001), 30 * 86400) * 1000)
    }

    // What is refused and what fails.

    /// Nothing of a request may end its line, and begin another: of a header, a method, a mail's address.
    private func check(_ request: TransferRequest) throws(Failure) {
        let token = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(token.contains) }
        func isLine(_ bytes: some Sequence<UInt8>) -> Bool {
            bytes.allSatisfy { $0 == 9 || ($0 >= 0x20 && $0 != 0x7F) }
        }
        guard isToken(request.method), request.method.utf8.count <= 32 else {
            throw Failure(code: "EARGUMENT", "a method is a word such as GET or POST")
        }
        for header in request.headers {
            guard isToken(header.name) else {
                throw Failure(code: "EARGUMENT", "\(Path(header.name).text) is no name of a header")
            }
            guard isLine(header.value) else {
                throw Failure(
                    code: "EARGUMENT", "the header \(header.name) holds a line break or another control character",
                    cure: "a header is one line")
            }
        }
        if let login = request.login, !isLine(login.user) || !isLine(login.password) {
            throw Failure(code: "EARGUMENT", "the user or password holds a line break")
        }
        if case .mail(let mail) = request.kind {
            for address in [mail.from] + mail.recipients {
                guard isLine(address.utf8), !address.utf8.contains(where: { "<> ".utf8.contains($0) }) else {
                    throw Failure(code: "EARGUMENT", "\(Path(address).text) is no address of a mailbox")
                }
            }
        }
    }

    private func failure(
        _ code: CURLcode, _ traffic: TransferTraffic, _ request: TransferRequest
    ) -> Failure {
        let server = request.unixSocket?.text ?? request.url.server
        if let failure = traffic.failure { return failure }
        let words = "\(server): \(handle.words(for: code))"
        // curl uses these for what a mail server refuses too.
        let isHTTP = if case .http = request.kind { true } else { false }
        switch code {
        case CURLE_FILESIZE_EXCEEDED: return TransferTraffic.tooLarge(request.most, isKept: request.sink == nil)
        case CURLE_COULDNT_RESOLVE_HOST: return Failure(code: "ERESOLVE", words)
        case CURLE_COULDNT_CONNECT:
            let errno = handle.number(CURLINFO_OS_ERRNO)
            let name = errno > 0 ? SystemError(Int32(clamping: errno), call: "connect").name : "ECONNECT"
            return Failure(code: name, words)
        case CURLE_OPERATION_TIMEDOUT: return Failure(code: "ETIMEDOUT", words)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED:
            return Failure(code: "ETLS", words)
        // Ended before the answer was whole, by a server that said how long it would be, or that reset it.
        case CURLE_PARTIAL_FILE: return Failure(code: "ETRUNCATED", words)
        case CURLE_RECV_ERROR where isHTTP, CURLE_SEND_ERROR where isHTTP, CURLE_GOT_NOTHING:
            return Failure(code: "ECONNRESET", words)
        case CURLE_COULDNT_RESOLVE_PROXY: return Failure(code: "ERESOLVE", words)
        case CURLE_LOGIN_DENIED: return Failure(code: "ELOGIN", words)
        default:
            if case .mail = request.kind, handle.number(CURLINFO_RESPONSE_CODE) >= 400 {
                return Failure(code: "EMAIL", "\(words) (\(handle.number(CURLINFO_RESPONSE_CODE)))")
            }
            return Failure(code: "ETRANSFER", words)
        }
    }
}
