/// One line of a run's log.
package struct LogRecord: Sendable, Hashable {
    package var time: Timestamp
    /// `debug`, `info`, `warn`, `error`, or what a program's output is logged as.
    package var level: String
    package var message: String
    package var fields: [String: Value]

    package init(time: Timestamp, level: String, message: String, fields: [String: Value] = [:]) {
        self.time = time
        self.level = level
        self.message = message
        self.fields = fields
    }

    /// The record as `--json` shows it: `{time, level, message}`, and `fields` where there are any.
    package var value: Value {
        var members: [String: Value] = [
            "time": .number(time.epoch), "level": .text(level), "message": .text(message),
        ]
        if !fields.isEmpty { members["fields"] = .map(fields) }
        return .map(members)
    }

    /// The record as a line of JSON with its newline; control characters are escaped. Fields that JSON cannot say
    /// are left out, and named in the field `dropped`.
    var line: [UInt8] {
        if let line = try? JSON.encode(value) { return line + [UInt8(ascii: "\n")] }
        var plain = self
        plain.fields = fields.filter { (try? JSON.encode($0.value)) != nil }
        plain.fields["dropped"] = .texts(fields.keys.filter { plain.fields[$0] == nil }.sorted())
        // Nothing is left that JSON cannot say: texts, and fields that were just tried.
        return ((try? JSON.encode(plain.value)) ?? []) + [UInt8(ascii: "\n")]
    }

    /// The record of a line; one that is damaged (by a power loss) is a record that says so.
    init(line: [UInt8]) {
        guard let value = try? JSON.decode(line), let time = value["time"]?.double, abs(time) < 1e12,
            let level = value["level"]?.text, let message = value["message"]?.text
        else {
            self.init(time: Timestamp(seconds: 0), level: "error", message: "(a damaged line of the log)")
            return
        }
        self.init(time: Timestamp(time), level: level, message: message, fields: value["fields"]?.map ?? [:])
    }
}
