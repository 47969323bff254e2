/// A request, complete with its body.
package struct HTTPRequest: Sendable {
    /// In capitals.
    package var method: String
    /// The path's parts, decoded; `/v1/runs/7` is `["v1", "runs", "7"]`.
    package var path: [String]
    /// The arguments behind the `?`, decoded; of a doubled name the last wins.
    package var query: [String: String]
    package var body: [UInt8]
    package var peer: PeerCredentials

    package init(method: String, path: String, query: [String: String], body: [UInt8], peer: PeerCredentials) {
        self.method = method
        self.path = path.split(separator: "/").map(String.init)
        self.query = query
        self.body = body
        self.peer = peer
    }
}

/// A response, always JSON.
package struct HTTPResponse: Sendable, Hashable {
    package var status: Int
    package var body: [UInt8]

    private init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// A value as the body.
    package init(status: Int = 200, _ value: Value) {
        do throws(Failure) {
            self.init(status: status, body: try JSON.encode(value))
        } catch {
            self.init(failure: error)
        }
    }

    /// `{"error": {code, message, place, cure}}`, with the status that belongs to its code.
    package init(failure: Failure) {
        let parts: [String: Value] = [
            "code": .text(failure.code), "message": .text(failure.message),
            "place": failure.place.map { .text($0) } ?? .null, "cure": failure.cure.map { .text($0) } ?? .null,
        ]
        // Texts always have a JSON form.
        self.init(
            status: Self.status(of: failure.code), body: (try? JSON.encode(["error": .map(parts)])) ?? [])
    }

    /// RFC 9110's status for a failure's code.
    private static func status(of code: String) -> Int {
        switch code {
        case ControlCode.noJob, ControlCode.noRun, ControlCode.noRoute: 404
        case ControlCode.usage, "EJSON": 400
        case ControlCode.denied: 403
        case ControlCode.wrongMethod: 405
        case ControlCode.conflict: 409
        case ControlCode.tooLarge: 413
        case ControlCode.stopping: 503
        default: 500
        }
    }
}
