/// `http`: requests to servers that the job may connect to.
package func httpModule(_ context: APIContext) -> HostModule {
    let running = HandleTable<RunningRequest>("request")
    func plain(_ name: String, _ method: String?) -> HostFunction {
        HostFunction(name) { arguments in
            [try HTTPArguments(arguments, context, method: method).result(running)]
        }
    }
    return HostModule(
        "http",
        functions: [
            plain("request", nil), plain("get", "GET"), plain("post", "POST"), plain("put", "PUT"),
            HostFunction("download") { arguments in
                var request = try HTTPArguments(arguments, context, method: "GET", options: 2, isFile: true)
                request.call.target = try context.path(arguments, 1, .write)
                return [try request.result(running)]
            },
            HostFunction("upload") { arguments in
                var request = try HTTPArguments(arguments, context, method: "PUT", options: 2, isFile: true)
                if let archive = try ArchiveUpload(arguments, 1, context) {
                    return [try request.result(sending: archive)]
                }
                request.call.body = .file(try context.path(arguments, 1, .read))
                return [try request.result(running)]
            },
        ],
        methods: [
            "request": [
                HostFunction("next") { arguments in
                    switch try running.object(arguments).next() {
                    case .piece(let bytes): return ["piece", .bytes(bytes)]
                    case .progress(let progress): return ["progress", value(of: progress)]
                    case .end: return ["end"]
                    }
                },
                HostFunction("finish") { [try running.object($0).finish()] },
                HostFunction("close") { arguments in
                    try running.remove(arguments)?.close()
                    return []
                },
            ]
        ],
        prelude: prelude)
}

/// What the prelude gives in place of a function; no script writes it by mistake.
private let aFunction = "\0function"

/// `sink` and `progress` are called between two waits for the request, which goes on meanwhile.
private let prelude = #"""
    local http, base = ...
    local next, type, rawget, select = base.next, base.type, base.rawget, base.select
    local places = { request = 2, get = 2, post = 2, put = 2, download = 3, upload = 3 }
    for name, place in next, places do
      local plain = http[name]
      http[name] = function(...)
        local given = select(place, ...)
        if type(given) ~= "table" then return plain(...) end
        local sink, progress = rawget(given, "sink"), rawget(given, "progress")
        local takes, looks = type(sink) == "function", type(progress) == "function"
        if not takes and not looks then return plain(...) end
        local options = {}
        for key, value in next, given do options[key] = value end
        if takes then options.sink = "\0function" end
        if looks then options.progress = "\0function" end
        local url, path = ...
        local request <close> = place == 2 and plain(url, options) or plain(url, path, options)
        while true do
          local event, value = request:next()
          if event == "end" then return request:finish() end
          if event == "piece" then sink(value) elseif looks then progress(value) end
        end
      end
    end
    """#

private func value(of progress: TransferProgress) -> Value {
    var members: [String: Value] = ["received": .int(progress.received), "sent": .int(progress.sent)]
    members["received_total"] = progress.receivedTotal.map { .int($0) }
    members["sent_total"] = progress.sentTotal.map { .int($0) }
    return .map(members)
}

/// The arguments of one call, and what becomes of them.
struct HTTPArguments {
    private static let known = [
        "method", "headers", "query", "body", "json", "file", "unix", "timeout", "max", "expect", "redirects", "auth",
        "bearer", "ca", "cut", "dry", "proxy", "retry", "sink", "progress",
    ]
    private static let mostRedirects: Int64 = 20

    var call: WebCall
    private let context: APIContext
    let session: APIContext.Session
    private var redirects = 0
    /// How many were asked for.
    private var mostRedirects = 0
    private var retry: RequestRetry
    /// Whether a function takes the body, and whether one looks at how far it is.
    private(set) var takes = false
    private(set) var looks = false
    /// What is sent while it is made.
    var pipe: BodyPipe?
    /// Where one does.
    private var running: RunningRequest?
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
        takes = try Self.isFunction("sink", &options)
        looks = try Self.isFunction("progress", &options)
        if takes, name == "http.download" {
            throw Failure(
                code: "EARGUMENT", "http.download writes the answer to a file: sink is not given", cure: "take http.get"
            )
        }
        let isLong = isFile || takes
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
        call.timeout = try options.duration("timeout") ?? (isLong ? 3600 : 30)
        call.most = try options.size("max") ?? (isLong ? 1 << 50 : 16 << 20)
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
        if !isFile { try takeBody(&options) }
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
        try options.finish(
            known: Self.known.filter { option in
                if ["body", "json", "file"].contains(option) { return !isFile }
                return option != "sink" || name != "http.download"
            })
    }

    // Reading.

    private static func isFunction(_ name: String, _ options: inout Options) throws(Failure) -> Bool {
        guard let given = options.take(name) else { return false }
        guard given.text == aFunction else { throw options.mismatch(name, "a function", given) }
        return true
    }

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

    private mutating func takeBody(_ options: inout Options) throws(Failure) {
        let given = (body: options.take("body"), json: options.take("json"), file: options.take("file"))
        let count = [given.body, given.json, given.file].count { $0 != nil }
        if count > 1 {
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

    /// The answer; where functions take part in the request, it is one of `requests` that goes on.
    func result(_ requests: HandleTable<RunningRequest>) throws -> Value {
        var request = self
        guard takes || looks else { return try request.answer(try request.perform()) }
        let running = RunningRequest(session.effects.turn)
        request.running = running
        if looks { request.call.progress = { running.tell($0) } }
        let isPlanned = session.effects.isDry
        if takes {
            if isPlanned {
                request.call.most = min(request.call.most, 64 << 20)
            } else {
                request.call.sink = { (piece) throws(SystemError) in try running.give(piece) }
            }
        }
        let handle = try requests.add(running)
        try running.start {
            let outcome = try request.perform()
            var answer = try request.answer(outcome).map ?? [:]
            if isPlanned, request.takes, case .bytes(let body)? = answer["body"], !body.isEmpty {
                try running.give(body)
                answer["body"] = ""
            }
            return .map(answer)
        }
        return handle
    }

    /// Makes the request, again where that was asked for and what is wrong may pass.
    mutating func perform() throws(Failure) -> WebOutcome {
        let asked = self
        var attempt = 0
        while true {
            let pause: Double
            do throws(Failure) {
                let outcome = try performOnce()
                guard pipe == nil, case .answered(let response) = outcome,
                    PassingTrouble.isOne(status: response.status),
                    !expect.contains(where: { $0.contains(response.status) }),
                    let seconds = retry.pause(
                        after: attempt, asked: response.header("retry-after"), now: session.effects.now())
                else { return outcome }
                pause = seconds
            } catch {
                // Of what has reached the script a second answer would be no continuation.
                guard PassingTrouble.isOne(code: error.code), running?.hasGiven != true, pipe == nil,
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
            // What was sent while it was made is gone.
            guard redirects > 0, pipe == nil, case .answered(let response) = outcome, Self.leads(response) else {
                return outcome
            }
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

    /// What to do about a redirect that was not followed; of the address what is no secret.
    private func cure(_ response: TransferResponse) -> String? {
        guard Self.leads(response), let next = response.redirect else { return nil }
        let place = next.server + next.path.prefix { $0 != "?" }
        return pipe == nil
            ? "it leads to \(place); redirects = 1 follows it, within the needs"
            : "it leads to \(place), where an archive does not follow: send it there"
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
            if mostRedirects > 0, pipe == nil, Self.leads(response), let next = response.redirect {
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
                        + (said.isEmpty ? "" : ": " + said), cure: cure(response)), fields: fields)
        }
    }
}
