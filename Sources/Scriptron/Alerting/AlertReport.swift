/// What is said about a key: by a script, or by the host itself.
package struct AlertReport: Sendable, Hashable {
    /// The longest key and summary, in bytes, and the largest fields, as JSON.
    package static let keyCap = 200
    package static let summaryCap = 1000
    package static let fieldsCap = 8 << 10
    /// Keys that the host itself reports.
    package static let ownKeys: Set<String> = ["run", "missed", "unkillable", "load", "late", "after"]

    package var key: String
    /// Nil: not known.
    package var isBad: Bool?
    /// Whether it may be over, where it is not bad.
    package var isClear = true
    package var severity: Severity = .warning
    package var summary = ""
    package var fields: Value = [:]
    /// How many runs in a row must be bad.
    package var forRuns: Int64 = 1
    /// Seconds for which it must be bad.
    package var forSeconds = 0.0
    package var origin: Alert.Origin = .script
    /// How it ended, where it is not bad.
    package var reason = "it is well again"

    package init(key: String, isBad: Bool?) {
        self.key = key
        self.isBad = isBad
    }

    /// Out of the arguments of a service, which are not trusted.
    package init(_ arguments: [String: Value]) throws(Failure) {
        func wrong(_ name: String, _ expected: String) -> Failure {
            Failure(code: "EARGUMENT", "alert: \(name) must be \(expected)")
        }
        guard let key = arguments["key"]?.text, Self.isLine(key, max: Self.keyCap) else {
            throw wrong("key", "one line of 1 to \(Self.keyCap) bytes")
        }
        guard !Self.ownKeys.contains(key), !key.hasSuffix(Self.unknownSuffix) else {
            throw Failure(
                code: "EARGUMENT", "alert: the key \"\(key)\" is the host's own", cure: "take another name")
        }
        self.init(key: key, isBad: true)
        switch arguments["how"]?.text {
        case "check":
            let bad = arguments["bad"] ?? .null
            guard bad.isNull || bad.bool != nil else { throw wrong("bad", "true, false or nil") }
            isBad = bad.bool
        case "fire": break
        case "resolve":
            isBad = false
            reason = "the job resolved it"
        default: throw wrong("how", "check, fire or resolve")
        }
        if let clear = arguments["clear"], !clear.isNull {
            guard let bool = clear.bool else { throw wrong("clear", "true or false") }
            isClear = bool
        }
        if let word = arguments["severity"], !word.isNull {
            guard let severity = word.text.flatMap(Severity.init) else {
                throw wrong(
                    "severity", Severity.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
            }
            self.severity = severity
        }
        if let runs = arguments["for_runs"], !runs.isNull {
            guard let number = runs.integer, (1...1_000_000).contains(number) else {
                throw wrong("for_runs", "a whole number from 1")
            }
            forRuns = number
        }
        if let text = arguments["summary"], !text.isNull {
            guard let summary = text.text, Self.isLine(summary, max: Self.summaryCap) else {
                throw wrong("summary", "one line of 1 to \(Self.summaryCap) bytes")
            }
            self.summary = summary
        }
        if let fields = arguments["fields"], !fields.isNull {
            guard fields.map != nil, try JSON.encode(fields).count <= Self.fieldsCap else {
                throw wrong("the other options", "at most \(Quantity.describe(bytes: Int64(Self.fieldsCap))) as JSON")
            }
            self.fields = fields
        }
        if summary.isEmpty { summary = key }
    }

    private static func isLine(_ text: String, max: Int) -> Bool {
        (1...max).contains(text.utf8.count)
            && !text.unicodeScalars.contains { scalar in
                [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            }
    }

    // What is not known is an alert of its own.

    /// Seconds for which a key is not known before people hear of it, in two runs at least.
    package static let unknownAfter = 900.0
    private static let unknownSuffix = " (unknown)"

    /// The report about whether the key is known.
    var aboutKnowing: AlertReport {
        var report = AlertReport(key: key + Self.unknownSuffix, isBad: isBad == nil)
        report.summary = summary == key ? "\(key): not known" : "\(key): not known (\(summary))"
        report.forRuns = 2
        report.forSeconds = Self.unknownAfter
        report.reason = "it is known again"
        return report
    }
}
