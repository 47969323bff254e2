/// What a worker says to its host, a message each.
enum WorkerMessage: Sendable, Hashable {
    /// A service is asked for; the answer carries the same number.
    case request(id: Int64, service: String, arguments: [String: Value])
    case note(WorkerNote)
    /// The layers of the sandbox that are in force, before any script text is loaded; `anew`: the worker had to prepare
    /// them itself. Where the host is to answer its connections, also the number of the listener that it is to take
    /// before it sends the order.
    case confined(String, anew: Bool, listener: Int32?)
    /// What `job {…}` said; the host answers with the settings.
    case header(Value)
    /// The work is done.
    case end(WorkerResult)
}

/// How a worker says that its work ended. It is only the worker's word: the host's own clock and the process's exit
/// come first.
package struct WorkerResult: Sendable, Hashable {
    /// `succeeded`, `failed` or `skipped`.
    package var outcome: Outcome
    /// What `run` returned, what the configuration returned, or `{needs, facts}`.
    package var result: Value = .null
    /// The reason of a skip, or the first line of the error.
    package var reason: String?
    /// The error with its traceback.
    package var error: String?
    /// The error's code, where the host API raised it (`EGRANT`), or `SYNTAX`, `TIMEOUT`, `MEMORY`.
    package var code: String?
    /// False where the script said that no retry will help.
    package var retry = true
    /// The plan of a dry run.
    package var plan: Value = .null

    package init(_ outcome: Outcome) { self.outcome = outcome }
}

extension WorkerMessage {
    /// The longest names (a limit's, a level's, an error's code), in bytes.
    static let nameCap = 100
    /// The longest text of a warning, a refusal, a reason, a label, in bytes.
    static let textCap = 8 << 10
    /// The longest error with its traceback, in bytes.
    static let errorCap = 64 << 10

    /// The text, cut between two characters where it is longer than `cap` bytes; then it says so.
    private static func cut(_ text: String, to cap: Int) -> String {
        guard text.utf8.count > cap else { return text }
        let end = "…"
        var index = text.utf8.index(text.startIndex, offsetBy: cap - end.utf8.count)
        // A byte inside a character has no place among the scalars.
        while index.samePosition(in: text.unicodeScalars) == nil { index = text.utf8.index(before: index) }
        return text[..<index] + end
    }

    private static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

    /// The message as the channel carries it.
    var value: Value {
        switch self {
        case .request(let id, let service, let arguments):
            ["is": "request", "id": .int(id), "service": .text(service), "arguments": .map(arguments)]
        case .note(.log(let level, let message, let fields)):
            ["is": "log", "level": .text(level), "message": .text(message), "fields": .map(fields)]
        case .note(.progress(let done, let total, let label)):
            [
                "is": "progress", "done": .number(done), "total": total.map { .number($0) } ?? .null,
                "label": .text(label),
            ]
        case .note(.warning(let text)): ["is": "warning", "text": .text(text)]
        case .note(.refusal(let text)): ["is": "refusal", "text": .text(text)]
        case .note(.limit(let name)): ["is": "limit", "text": .text(name)]
        case .note(.dropped(let count)): ["is": "dropped", "count": .int(count)]
        case .confined(let report, let anew, let listener):
            [
                "is": "confined", "text": .text(report), "anew": .bool(anew),
                "listener": listener.map { .int(Int64($0)) } ?? .null,
            ]
        case .note(.used(let use)): ["is": "used", "used": use.value]
        case .header(let header): ["is": "header", "header": header]
        case .end(let end):
            [
                "is": "end", "outcome": .text(end.outcome.rawValue), "result": end.result,
                "reason": Self.optional(end.reason), "error": Self.optional(end.error), "code": Self.optional(end.code),
                "retry": .bool(end.retry), "plan": end.plan,
            ]
        }
    }

    /// The message out of a worker's bytes, which are not trusted; nil where they are none. Texts that are kept in
    /// records are cut where they are longer than any that our own worker sends.
    init?(_ value: Value) {
        let text = value["text"]?.text.map { Self.cut($0, to: Self.textCap) }
        switch value["is"]?.text {
        case "request":
            guard let id = value["id"]?.integer, let service = value["service"]?.text,
                let arguments = value["arguments"]?.map
            else { return nil }
            self = .request(id: id, service: service, arguments: arguments)
        case "log":
            guard let level = value["level"]?.text, let message = value["message"]?.text,
                let fields = value["fields"]?.map
            else { return nil }
            self = .note(.log(level: Self.cut(level, to: Self.nameCap), message: message, fields: fields))
        case "progress":
            let total = value["total"]?.double
            // What is no number cannot be shown, and is never equal to what was told before.
            guard let done = value["done"]?.double, done.isFinite, total?.isFinite ?? true,
                let label = value["label"]?.text
            else { return nil }
            self = .note(.progress(done: done, total: total, label: Self.cut(label, to: Self.textCap)))
        case "warning":
            guard let text else { return nil }
            self = .note(.warning(text))
        case "refusal":
            guard let text else { return nil }
            self = .note(.refusal(text))
        case "limit":
            guard let text else { return nil }
            self = .note(.limit(Self.cut(text, to: Self.nameCap)))
        case "dropped":
            guard let count = value["count"]?.integer, count > 0 else { return nil }
            self = .note(.dropped(count))
        case "used":
            guard let use = value["used"].flatMap(Use.init) else { return nil }
            self = .note(.used(use))
        case "confined":
            guard let text, let anew = value["anew"]?.bool else { return nil }
            let listener = value["listener"]?.integer.flatMap { Int32(exactly: $0) }
            self = .confined(text, anew: anew, listener: listener)
        case "header":
            guard let header = value["header"] else { return nil }
            self = .header(header)
        case "end":
            guard let outcome = value["outcome"]?.text.flatMap(Outcome.init),
                outcome == .succeeded || outcome == .failed || outcome == .skipped
            else { return nil }
            var end = WorkerResult(outcome)
            end.result = value["result"] ?? .null
            end.reason = value["reason"]?.text.map { Self.cut($0, to: Self.textCap) }
            end.error = value["error"]?.text.map { Self.cut($0, to: Self.errorCap) }
            end.code = value["code"]?.text.map { Self.cut($0, to: Self.nameCap) }
            end.retry = value["retry"]?.bool ?? true
            end.plan = value["plan"] ?? .null
            self = .end(end)
        default: return nil
        }
    }
}

/// What the host says to a worker after the order, a message each.
enum HostMessage: Sendable, Hashable {
    case answer(id: Int64, Value)
    case refused(id: Int64, Failure)
    /// The settings for `needs`, after a header.
    case settings(Value)
    /// Nothing more is wanted: the worker ends.
    case enough

    var value: Value {
        switch self {
        case .answer(let id, let value): ["is": "answer", "id": .int(id), "value": value]
        case .refused(let id, let failure):
            [
                "is": "refused", "id": .int(id), "code": .text(failure.code), "message": .text(failure.message),
                "place": failure.place.map { .text($0) } ?? .null, "cure": failure.cure.map { .text($0) } ?? .null,
            ]
        case .settings(let settings): ["is": "settings", "settings": settings]
        case .enough: ["is": "enough"]
        }
    }

    init?(_ value: Value) {
        switch value["is"]?.text {
        case "answer":
            guard let id = value["id"]?.integer else { return nil }
            self = .answer(id: id, value["value"] ?? .null)
        case "refused":
            guard let id = value["id"]?.integer, let code = value["code"]?.text, let message = value["message"]?.text
            else { return nil }
            self = .refused(
                id: id, Failure(code: code, message, place: value["place"]?.text, cure: value["cure"]?.text))
        case "settings": self = .settings(value["settings"] ?? [:])
        case "enough": self = .enough
        default: return nil
        }
    }
}
