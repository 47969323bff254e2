/// An alert as `alerts --json` prints it, and as messages carry it.
package enum AlertRow {
    package static func value(_ alert: Alert, silencedUntil: Timestamp? = nil) -> Value {
        [
            "id": .int(alert.id), "name": .text(alert.name), "job": .text(alert.job), "key": .text(alert.key),
            "origin": .text(alert.origin.rawValue), "state": .text(alert.state.rawValue),
            "severity": .text(alert.severity.rawValue), "summary": .text(alert.summary), "fields": alert.fields,
            "since": .number(alert.since.epoch), "fired": time(alert.fired), "resolved": time(alert.resolved),
            "reason": text(alert.reason), "runs": .int(alert.runs),
            "last_run": alert.lastRun == 0 ? .null : .int(alert.lastRun), "notified": time(alert.notified),
            "acknowledged": time(alert.acknowledged), "acknowledged_by": text(alert.acknowledgedBy),
            "silenced_until": time(silencedUntil),
        ]
    }

    private static func text(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

    private static func time(_ instant: Timestamp?) -> Value { instant.map { .number($0.epoch) } ?? .null }
}
