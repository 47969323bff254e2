/// `http`: requests to servers that the job may connect to.
package func httpModule(_ context: APIContext) -> HostModule {
    func plain(_ name: String, _ method: String?) -> HostFunction {
        HostFunction(name) { arguments in
            var request = try HTTPArguments(arguments, context, method: method)
            return [try request.answer(try request.perform())]
        }
    }
    return HostModule(
        "http",
        functions: [
            plain("request", nil), plain("get", "GET"), plain("post", "POST"), plain("put", "PUT"),
            HostFunction("download") { arguments in
                var request = try HTTPArguments(arguments, context, method: "GET", options: 2, isFile: true)
                request.call.target = try context.path(arguments, 1, .write)
                return [try request.answer(try request.perform())]
            },
            HostFunction("upload") { arguments in
                var request = try HTTPArguments(arguments, context, method: "PUT", options: 2, isFile: true)
                request.call.body = .file(try context.path(arguments, 1, .read))
                return [try request.answer(try request.perform())]
            },
        ])
}

/// The arguments of one call, and what becomes of them.
private struct HTTPArguments {
    private static let known = [
        "method", "headers", "query", "body", "json", "file", "unix", "timeout", "max", "expect", "redirects", "auth",
        "bearer", "ca", "cut", "dry", "proxy", "retry",
    ]
    private static let mostRedirects: Int64 = 20

    var call: WebCall
    private let context: APIContext
    private let session: APIContext.Session
    private var redirects = 0
    /// How many were asked for.
    private var mostRedirects = 0
    private var retry: RequestRetry
    /// The statuses that are no failure.
    private var expect: [ClosedRange<Int>] = [200...299]
    /// Lower case: the headers that hold secrets, which no other server gets.
    private var secretHeaders: Set<String> = ["authorization", "cookie", "proxy-authorization"]

    init(
        _ arguments: Arguments, _ context: APIContext, method: String?, options index: Int = 1, isFile: Bool = false
    ) throws(Failure) {
        let name = arguments.function
        self.context = context
        session = try context.current(name)
        var options = try arguments.options(index)
        retry = try RequestRetry(&options)
        let isSecret = arguments[0].secretName
        let address = try context.revealed(arguments[0], name, "the address")
        var url: TransferURL
        do throws(Failure) {
            guard let text = String(validating: address.bytes, as: UTF8.self) else {
                throw Failure(code: "EURL", "the address is not UTF-8")
            }
            url = try context.address(text, name)
        } catch {
            if error.code == "EGRANT" { throw error }
            throw Failure(code: error.code, "\(name): \(error.message)", cure: error.cure)
        }
        if url.scheme != "http", url.scheme != "https" {
            throw Failure(code: "EURL", "\(name): the address has the scheme \(url.scheme)")
        }
        var shown = isSecret.map { "secret:" + $0 }
        if shown == nil, address.isSecret { shown = url.server }
        if let query = options.take("query") { url = try Self.adding(query, to: url, options, context) }
        call = WebCall(url, call: name, shown: shown)
        let given = try options.text("method")
        call.method = (given ?? method ?? "GET").uppercased()
        call.timeout = try options.duration("timeout") ?? (isFile ? 3600 : 30)
        call.most = try options.size("max") ?? (isFile ? 1 << 50 : 16 << 20)
        call.cuts = try options.bool("cut", default: false)
        call.dry = options.take("dry")
        if let count = options.take("redirects") {
            guard let count = count.integer, (0...Self.mostRedirects).contains(count) else {
                throw options.mismatch("redirects", "a whole number from 0 to \(Self.mostRedirects)", count)
            }
            redirects = Int(count)
            mostRedirects = redirects
        }
        if let expected = options.take("expect") { expect = try Self.statuses(expected, options) }
        if let headers = options.take("headers") { try take(headers: headers, options) }
        try takeBody(&options, isFile: isFile)
        try takeLogin(&options)
        try takeProxy(&options)
        if let ca = options.take("ca") {
            guard case .bytes(let path) = ca else { throw options.mismatch("ca", "a path", ca) }
            call.trust = try context.check(path, .read, call: name)
        }
        if let unix = options.take("unix") {
            guard case .bytes(let path) = unix, !path.isEmpty else { throw options.mismatch("unix", "a path", unix) }
            call.unix = try socket(Path(bytes: path))
        }
        if call.unix != nil, call.proxy != nil {
            throw Failure(code: "EARGUMENT", "\(name): give one of unix and proxy")
        }
        try options.finish(known: Self.known)
    }

    // Reading.

    private static func adding(
        _ query: Value, to url: TransferURL, _ options: Options, _ context: APIContext
    ) throws(Failure) -> TransferURL {
        guard let map = query.map else { throw options.mismatch("query", "a table of names and values", query) }
        var arguments: [(name: String, value: [UInt8])] = []
        for (name, value) in map.sorted(by: { $0.key < $1.key }) {
            if let bool = value.bool {
                arguments.append((name, Array("\(bool)".utf8)))
            } else if case .number(let number) = value {
                arguments.append((name, Array("\(number)".utf8)))
            } else {
                arguments.append((name, try context.revealed(value, options.function, "query.\(name)").bytes))
            }
        }
        return try url.adding(arguments)
    }

    private mutating func take(headers: Value, _ options: Options) throws(Failure) {
        guard let map = headers.map else { throw options.mismatch("headers", "a table of names and values", headers) }
        for (name, value) in map.sorted(by: { $0.key < $1.key }) {
            let (bytes, isSecret) = try context.revealed(value, call.call, "headers.\(Path(name).text)")
            if isSecret { secretHeaders.insert(name.lowercased()) }
            call.headers.append(TransferRequest.Header(name, bytes))
        }
    }

    private mutating func takeBody(_ options: inout Options, isFile: Bool) throws(Failure) {
        let given = (body: options.take("body"), json: options.take("json"), file: options.take("file"))
        let count = [given.body, given.json, given.file].count { $0 != nil }
        if count > 1 || (isFile && count > 0) {
            throw Failure(code: "EARGUMENT", "\(call.call): give one of body, json and file")
        }
        if let body = given.body { call.body = .bytes(try context.revealed(body, call.call, "body").bytes) }
        if let json = given.json {
            call.body = .bytes(try JSON.encode(try context.revealed(in: json, call.call)))
            if !call.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                call.headers.append(TransferRequest.Header("Content-Type", "application/json"))
            }
        }
        if let file = given.file {
            guard case .bytes(let path) = file else { throw options.mismatch("file", "a path", file) }
            call.body = .file(try context.check(path, .read, call: call.call))
        }
    }

    private mutating func takeLogin(_ options: inout Options) throws(Failure) {
        if let auth = options.take("auth") {
            guard let map = auth.map, let user = map["user"], let password = map["password"], map.count == 2 else {
                throw options.mismatch("auth", "{ user = …, password = … }", auth)
            }
            call.login = TransferRequest.Login(
                user: try context.revealed(user, call.call, "auth.user").bytes,
                password: try context.revealed(password, call.call, "auth.password").bytes)
        }
        if let bearer = options.take("bearer") {
            let token = try context.revealed(bearer, call.call, "bearer").bytes
            call.headers.append(TransferRequest.Header("Authorization", Array("Bearer ".utf8) + token))
        }
    }

    /// A server of `http` that the request goes by: it has to be granted as well.
    private mutating func takeProxy(_ options: inout Options) throws(Failure) {
        guard let proxy = options.take("proxy") else { return }
        guard let text = proxy.text else {
            throw options.mismatch("proxy", "an address such as \"http://proxy:3128\"", proxy)
        }
        let url: TransferURL
        do throws(Failure) {
            url = try context.address(text, call.call)
        } catch {
            throw Failure(code: error.code, "\(call.call): proxy: \(error.message)", cure: error.cure)
        }
        guard url.scheme == "http" else {
            throw Failure(code: "EURL", "\(call.call): proxy: the address has the scheme \(url.scheme)")
        }
        guard session.grant.allowsConnect(host: url.host, port: url.port) else { throw refusal(url.need, url.need) }
        session.uses?.tell(.connect(url.need))
        call.proxy = url
    }

    /// `"2xx"`, a status, a list of these, or `"any"`.
    private static func statuses(_ value: Value, _ options: Options) throws(Failure) -> [ClosedRange<Int>] {
        if value.text == "any" { return [100...999] }
        var ranges: [ClosedRange<Int>] = []
        for item in value.list ?? [value] {
            if let status = item.integer, (100...999).contains(status) {
                ranges.append(Int(status)...Int(status))
            } else if let text = item.text, text.count == 3, text.hasSuffix("xx"),
                let first = text.first?.wholeNumberValue
            {
                ranges.append(first * 100...first * 100 + 99)
            } else {
                throw options.mismatch("expect", "\"2xx\", a status, a list of these, or \"any\"", item)
            }
        }
        return ranges
    }

    /// The granted socket that a path names.
    private func socket(_ path: Path) throws(Failure) -> Path {
        let path = session.resolver.base.appending(path).normalized
        if ConnectRules(session.grant).socket(written: path) != nil { return path }
        throw refusal("unix:" + path.text, path.text)
    }

    private func refusal(_ need: String, _ shown: String) -> Failure {
        let failure = session.resolver.refusal("\(call.call) may not connect to \(shown)", "connect", need) {
            $0.allowsConnect(need)
        }
        session.effects.post(.refusal(failure.description))
        return failure
    }

    // Doing.

    /// Makes the request, again where that was asked for and what is wrong may pass.
    mutating func perform() throws(Failure) -> WebOutcome {
        let asked = self
        var attempt = 0
        while true {
            let pause: Double
            do throws(Failure) {
                let outcome = try performOnce()
                guard case .answered(let response) = outcome, PassingTrouble.isOne(status: response.status),
                    !expect.contains(where: { $0.contains(response.status) }),
                    let seconds = retry.pause(
                        after: attempt, asked: response.header("retry-after"), now: session.effects.now())
                else { return outcome }
                pause = seconds
            } catch {
                guard PassingTrouble.isOne(code: error.code),
                    let seconds = retry.pause(after: attempt, asked: nil, now: session.effects.now())
                else { throw error }
                pause = seconds
            }
            try session.effects.sleep(seconds: pause)
            self = asked
            attempt += 1
        }
    }

    /// Makes the request and follows as many redirects as were asked for, each within the grant.
    private mutating func performOnce() throws(Failure) -> WebOutcome {
        while true {
            if call.unix == nil {
                guard session.grant.allowsConnect(host: call.url.host, port: call.url.port) else {
                    throw refusal(call.url.need, call.url.need)
                }
                session.uses?.tell(.connect(call.url.need))
            }
            let outcome = try session.effects.ask(call)
            guard redirects > 0, case .answered(let response) = outcome, Self.leads(response) else { return outcome }
            guard let next = response.redirect else {
                throw Failure(code: "EREDIRECT", "\(call.call) \(call.shown): it is redirected to what is no address")
            }
            try follow(next, response.status)
        }
    }

    private static func leads(_ response: TransferResponse) -> Bool {
        [301, 302, 303, 307, 308].contains(response.status)
    }

    private mutating func follow(_ next: TransferURL, _ status: Int) throws(Failure) {
        redirects -= 1
        if call.unix != nil || (call.url.isTLS && !next.isTLS) || !["http", "https"].contains(next.scheme) {
            throw Failure(
                code: "EREDIRECT",
                "\(call.call) \(call.shown): it is redirected to \(next.server), which is not followed",
                cure: "no redirect is followed from https to http, or away from a Unix socket")
        }
        if status == 303 || (status <= 302 && call.method == "POST"), call.method != "HEAD" {
            call.method = "GET"
            call.body = nil
            call.headers.removeAll { ["content-type", "content-length"].contains($0.name.lowercased()) }
        }
        if next.server != call.url.server {
            call.login = nil
            call.headers.removeAll { secretHeaders.contains($0.name.lowercased()) }
        }
        call.url = next
        call.shown = next.server + next.path
    }

    /// What the script gets; raises `EHTTP` for a status that was not expected.
    func answer(_ outcome: WebOutcome) throws -> Value {
        switch outcome {
        case .assumed(let dry):
            var result: [String: Value] = [
                "status": 200, "headers": [:], "body": "", "bytes": 0, "seconds": 0, "assumed": true,
            ]
            if case .bytes = dry { result["body"] = dry }
            return .map(result.merging(dry.map ?? [:]) { _, given in given })
        case .answered(let response):
            var headers: [String: Value] = [:]
            for header in response.headers {
                let name = header.name.lowercased()
                if case .bytes(let before)? = headers[name] {
                    headers[name] = .bytes(before + Array(", ".utf8) + header.value)
                } else {
                    headers[name] = .bytes(header.value)
                }
            }
            let fields: [String: Value] = [
                "status": .int(Int64(response.status)), "headers": .map(headers), "body": .bytes(response.body),
                "bytes": .int(response.bytes), "seconds": .number(response.seconds),
            ]
            if expect.contains(where: { $0.contains(response.status) }) { return .map(fields) }
            if mostRedirects > 0, Self.leads(response), let next = response.redirect {
                throw HostError(
                    Failure(
                        code: "EREDIRECT",
                        "\(call.call) \(call.shown): after \(mostRedirects) redirects it is redirected again, to \(next.server)",
                        cure: "the server may send it in a circle; else raise redirects"), fields: fields)
            }
            let said = Path(bytes: Array(response.body.prefix(300))).text
            throw HostError(
                Failure(
                    code: "EHTTP",
                    "\(call.call) \(call.shown): the answer is \(response.status)"
                        + (said.isEmpty ? "" : ": " + said)), fields: fields)
        }
    }
}
