/// How bad an alert is.
package enum Severity: String, Sendable, Hashable, CaseIterable {
    case info
    case warning
    case critical
}

/// Something that is, or was, wrong: one episode, from the first bad report to the end.
package struct Alert: Sendable, Hashable {
    /// Where it stands.
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// Bad, but not yet for as many runs in a row as it takes.
        case pending
        case firing
        /// Over; the reason says how.
        case resolved
    }

    /// Who says that it is bad.
    package enum Origin: String, Sendable, Hashable, CaseIterable {
        /// A script, by `alert.check` or `alert.fire`.
        case script
        /// The host: how the job's runs end.
        case run
        /// The host: fire times that were missed.
        case missed
        /// The host: what it finds wrong whenever it looks.
        case finding
    }

    /// The store's number for the episode, rising from 1.
    package var id: Int64 = 0
    /// The job, or `@host`.
    package var job: String
    /// What is wrong, unique within the job while the episode lasts.
    package var key: String
    package var origin: Origin
    package var state: State
    package var severity: Severity
    /// One line for people.
    package var summary: String
    /// What else the script said, by name.
    package var fields: Value = [:]
    /// When it was first reported bad.
    package var since: Timestamp
    package var fired: Timestamp?
    package var resolved: Timestamp?
    /// How it ended.
    package var reason: String?
    /// Bad runs in a row, the last one included, and those before the last one that reported it.
    package var runs: Int64 = 1
    package var earlierRuns: Int64 = 0
    /// The last run that reported it; 0: none did.
    package var lastRun: Int64 = 0
    /// Succeeded runs of the job since then that did not report it.
    package var silentRuns: Int64 = 0
    /// When people were last told that it is firing.
    package var notified: Timestamp?
    package var acknowledged: Timestamp?
    package var acknowledgedBy: String?

    package init(
        job: String, key: String, origin: Origin, state: State, severity: Severity, summary: String, since: Timestamp
    ) {
        self.job = job
        self.key = key
        self.origin = origin
        self.state = state
        self.severity = severity
        self.summary = summary
        self.since = since
    }

    /// The job's place in the names of the host's own alerts; no job can be called so.
    package static let host = "@host"

    /// `backup.same-disk`: a job's name has no dot, so that it ends at the first.
    package var name: String { job + "." + key }
}

/// Alerts of a name that nobody is told of for a while.
package struct Silence: Sendable, Hashable {
    /// A name (`backup.run`), or the beginning of names and a star (`health.*`).
    package var name: String
    package var until: Timestamp
    /// Who asked for it.
    package var by: String

    package init(name: String, until: Timestamp, by: String) {
        self.name = name
        self.until = until
        self.by = by
    }

    /// Whether it covers an alert of this name at an instant.
    package func covers(_ name: String, at now: Timestamp) -> Bool {
        now < until && NamePattern.matches(self.name, name)
    }
}

/// Names as operators write them for several: one that ends in a star stands for all that begin so.
package enum NamePattern {
    package static func matches(_ pattern: String, _ name: String) -> Bool {
        pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }
}

/// A message about an alert that waits for its channel, or its record.
package struct OutboxEntry: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        case waiting
        case delivered
        /// Given up.
        case expired
    }

    /// What is told.
    package enum Event: String, Sendable, Hashable, CaseIterable {
        case fired
        /// It is still firing.
        case reminder
        case resolved
    }

    /// The store's number for it, rising from 1.
    package var id: Int64 = 0
    package var channel: String
    package var event: Event
    /// The alert as it was then, as `alerts --json` shows it.
    package var alert: Value
    package var created: Timestamp
    package var state: State = .waiting
    package var attempts: Int64 = 0
    /// Why the last try failed.
    package var error: String?
    package var finished: Timestamp?

    package init(channel: String, event: Event, alert: Value, created: Timestamp) {
        self.channel = channel
        self.event = event
        self.alert = alert
        self.created = created
    }
}
