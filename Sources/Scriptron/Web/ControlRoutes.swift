/// The addresses of the host's HTTP interface: what each means, in terms of `HostControl`.
///
///     GET  /v1/status
///     GET  /v1/jobs
///     GET  /v1/jobs/NAME/settings
///     GET  /v1/next?job=&limit=
///     GET  /v1/runs?job=&outcome=&before=&limit=
///     GET  /v1/missed?job=&limit=
///     GET  /v1/runs/ID?wait=             a run's row, after at most `wait` seconds
///     GET  /v1/runs/ID/details
///     GET  /v1/runs/ID/log?from=&wait=   {lines, next, ended, progress}
///     POST /v1/runs                      {job, sets, grants, learn} → 201 {id}
///     POST /v1/runs/ID/cancel            → {}
///     POST /v1/runs/ID/rerun             → 201 {id}
///     GET  /v1/pauses?wait=              {paused, running, waiting}, once nothing runs
///     POST /v1/pauses                    {jobs, drain, seconds} → the same
///     POST /v1/pauses/end                {jobs} → the same, and {resumed}
///     POST /v1/jobs/NAME/approve         → {job, approved}
///     POST /v1/queues                    an order (`QueueOrder`) → its rows
///     GET  /v1/alerts?closed=&limit=     {alerts, channels, silences}
///     POST /v1/alerts/acknowledge        {name} → the alert's row
///     POST /v1/alerts/silence            {name, seconds} → {name, until}
///     POST /v1/channels/NAME/test        → {channel, type}
///
/// Answers are the values of `HostControl`, lists as JSON arrays; errors are `{"error": {code, message, place, cure}}`.
package struct ControlRoutes: Sendable {
    /// The longest that a request may wait, in seconds; a client asks again.
    package static let longestWait = 10.0
    /// The most rows of one answer.
    package static let mostRows = 10_000

    private let host: any HostControl

    package init(_ host: any HostControl) { self.host = host }

    /// The answer to a request.
    package func respond(to request: HTTPRequest) -> HTTPResponse {
        do throws(Failure) {
            return try answer(request)
        } catch {
            return HTTPResponse(failure: error)
        }
    }

    private func answer(_ request: HTTPRequest) throws(Failure) -> HTTPResponse {
        guard request.path.first == "v1" else { throw noRoute(request) }
        let path = Array(request.path.dropFirst())
        switch (path.first, path.count) {
        case ("status", 1):
            try only("GET", request)
            return HTTPResponse(try host.status())
        case ("jobs", 1):
            try only("GET", request)
            return HTTPResponse(.list(try host.jobs()))
        case ("jobs", 3) where path[2] == "settings":
            try only("GET", request)
            return HTTPResponse(.list(try host.settings(job: path[1])))
        case ("jobs", 3) where path[2] == "approve":
            try only("POST", request)
            return HTTPResponse(try host.approve(job: path[1], by: request.peer))
        case ("queues", 1):
            try only("POST", request)
            guard let order = QueueOrder(try JSON.decode(request.body)) else {
                throw Failure(code: ControlCode.usage, "the body is no order for queues")
            }
            return HTTPResponse(.list(try host.queue(order)))
        case ("alerts", 1...2): return try answerAlerts(request, part: path.count == 2 ? path[1] : nil)
        case ("channels", 3) where path[2] == "test":
            try only("POST", request)
            return HTTPResponse(try host.test(channel: path[1], by: request.peer))
        case ("pauses", 1...2): return try answerPauses(request, part: path.count == 2 ? path[1] : nil)
        case ("next", 1):
            try only("GET", request)
            return HTTPResponse(.list(try host.next(job: request.query["job"], limit: try limit(request, 20))))
        case ("missed", 1):
            try only("GET", request)
            return HTTPResponse(.list(try host.missed(job: request.query["job"], limit: try limit(request, 100))))
        case ("runs", 1) where request.method == "POST":
            return HTTPResponse(status: 201, ["id": .int(try start(request))])
        case ("runs", 1):
            try only("GET", request)
            return HTTPResponse(.list(try host.history(try runQuery(request))))
        case ("runs", 2...3):
            return try answer(request, run: try number(path[1]), part: path.count == 3 ? path[2] : nil)
        default:
            throw noRoute(request)
        }
    }

    private func answer(_ request: HTTPRequest, run: Int64, part: String?) throws(Failure) -> HTTPResponse {
        switch part {
        case nil:
            try only("GET", request)
            return HTTPResponse(try host.run(run, wait: try wait(request)))
        case "details":
            try only("GET", request)
            return HTTPResponse(try host.show(run: run))
        case "log":
            try only("GET", request)
            let from = try whole(request, "from", 0...Int64.max) ?? 0
            let piece = try host.logs(run: run, from: from, wait: try wait(request))
            return HTTPResponse([
                "lines": .list(piece.lines), "next": .int(piece.next), "ended": .bool(piece.ended),
                "progress": piece.progress,
            ])
        case "cancel":
            try only("POST", request)
            try host.cancel(run: run, by: request.peer)
            return HTTPResponse([:])
        case "rerun":
            try only("POST", request)
            return HTTPResponse(status: 201, ["id": .int(try host.rerun(run: run, by: request.peer))])
        default:
            throw noRoute(request)
        }
    }

    private func answerPauses(_ request: HTTPRequest, part: String?) throws(Failure) -> HTTPResponse {
        if part == nil, request.method != "POST" {
            try only("GET", request)
            return HTTPResponse(try host.pauses(wait: try wait(request)))
        }
        try only("POST", request)
        let body = try JSON.decode(request.body)
        guard body.map != nil else { throw Failure(code: ControlCode.usage, "the body must be an object") }
        let jobs = try texts(body["jobs"], "jobs")
        switch part {
        case nil:
            let seconds = body["seconds"] ?? .null
            guard seconds.isNull || seconds.double?.isFinite == true else {
                throw Failure(code: ControlCode.usage, "\"seconds\" must be a number")
            }
            return HTTPResponse(
                try host.pause(
                    jobs: jobs, drains: body["drain"]?.bool ?? false, for: seconds.double, by: request.peer))
        case "end": return HTTPResponse(try host.resume(jobs: jobs, by: request.peer))
        default: throw noRoute(request)
        }
    }

    private func answerAlerts(_ request: HTTPRequest, part: String?) throws(Failure) -> HTTPResponse {
        guard let part else {
            try only("GET", request)
            let isOpen = request.query["closed"] == nil
            return HTTPResponse(try host.alerts(isOpen: isOpen, limit: try limit(request, 1000)))
        }
        try only("POST", request)
        let body = try JSON.decode(request.body)
        guard let name = body["name"]?.text else {
            throw Failure(code: ControlCode.usage, "the body must be an object with the alert's name in \"name\"")
        }
        switch part {
        case "acknowledge": return HTTPResponse(try host.acknowledge(alert: name, by: request.peer))
        case "silence":
            guard let seconds = body["seconds"]?.double, seconds.isFinite else {
                throw Failure(code: ControlCode.usage, "\"seconds\" must be a number")
            }
            return HTTPResponse(try host.silence(alerts: name, for: seconds, by: request.peer))
        default: throw noRoute(request)
        }
    }

    private func start(_ request: HTTPRequest) throws(Failure) -> Int64 {
        let body = try JSON.decode(request.body)
        guard let map = body.map, let job = map["job"]?.text else {
            throw Failure(code: ControlCode.usage, "the body must be an object with the job's name in \"job\"")
        }
        if let unknown = map.keys.sorted().first(where: { !["job", "sets", "grants", "learn"].contains($0) }) {
            throw Failure(
                code: ControlCode.usage, "unknown key \"\(unknown)\" in the body",
                cure: "it takes job, sets, grants, learn")
        }
        let asked = StartRequest(
            job: job, sets: try texts(map["sets"], "sets"), grants: try texts(map["grants"], "grants"),
            learns: map["learn"]?.bool ?? false)
        return try host.start(asked, by: request.peer)
    }

    private func texts(_ value: Value?, _ name: String) throws(Failure) -> [String] {
        guard let value, !value.isNull else { return [] }
        let texts = value.list?.compactMap(\.text)
        guard let texts, texts.count == value.list?.count else {
            throw Failure(code: ControlCode.usage, "\"\(name)\" must be a list of texts, not \(value.typeName)")
        }
        return texts
    }

    private func runQuery(_ request: HTTPRequest) throws(Failure) -> RunQuery {
        var outcome: Outcome?
        if let text = request.query["outcome"] {
            outcome = Outcome(rawValue: text)
            guard outcome != nil else {
                throw Failure(
                    code: ControlCode.usage, "there is no outcome \"\(text)\"",
                    cure: "it is one of " + Outcome.allCases.map(\.rawValue).joined(separator: ", "))
            }
        }
        return RunQuery(
            job: request.query["job"], outcome: outcome, before: try whole(request, "before", 0...Int64.max),
            limit: try limit(request, 100))
    }

    private func limit(_ request: HTTPRequest, _ fallback: Int) throws(Failure) -> Int {
        Int(try whole(request, "limit", 1...Int64(Self.mostRows)) ?? Int64(fallback))
    }

    private func whole(
        _ request: HTTPRequest, _ name: String, _ range: ClosedRange<Int64>
    ) throws(Failure) -> Int64? {
        guard let text = request.query[name] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            let bound = range.upperBound == Int64.max ? "" : " to \(range.upperBound)"
            throw Failure(
                code: ControlCode.usage,
                "\(name) must be a whole number from \(range.lowerBound)\(bound), not \"\(text)\"")
        }
        return number
    }

    /// Seconds; more than `longestWait` counts as that.
    private func wait(_ request: HTTPRequest) throws(Failure) -> Double {
        guard let text = request.query["wait"] else { return 0 }
        guard let seconds = Double(text), seconds >= 0 else {
            throw Failure(code: ControlCode.usage, "wait must be a number of seconds, not \"\(text)\"")
        }
        return min(seconds, Self.longestWait)
    }

    private func number(_ text: String) throws(Failure) -> Int64 {
        guard let number = Int64(text), number > 0 else {
            throw Failure(code: ControlCode.noRun, "there is no run \"\(text)\"", cure: "runs have numbers from 1")
        }
        return number
    }

    private func only(_ method: String, _ request: HTTPRequest) throws(Failure) {
        if request.method != method {
            throw Failure(code: ControlCode.wrongMethod, "\(request.method) is not for this address; \(method) is")
        }
    }

    private func noRoute(_ request: HTTPRequest) -> Failure {
        Failure(code: ControlCode.noRoute, "there is nothing at /" + request.path.joined(separator: "/"))
    }
}
