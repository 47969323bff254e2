/// One execution of a job that was asked for.
package struct Run: Sendable, Hashable {
    /// The store's number for it, rising from 1.
    package var id: Int64
    package var job: String
    package var trigger: Trigger
    /// The instant at which the schedule made it due; for the other triggers, when it was asked for.
    package var fireTime: Timestamp
    package var state: RunState
    /// The last attempt's outcome; nil until the run ends.
    package var outcome: Outcome?
    /// Why, for an outcome that does not speak for itself (`skipped`, `failed`, `lost`).
    package var reason: String?
    /// The hash of the script, the `jobs/lib` files it requires and the settings at its claim (hex SHA-256).
    package var version: String
    /// The settings at its claim, resolved.
    package var settings: Value
    /// What was enforced, as `show` prints it.
    package var grant: Value
    /// What its job's header said at its claim (`JobHeader.value`); null: a host that kept none claimed it.
    package var header: Value
    /// The run whose success it follows, or which it repeats.
    package var parent: Int64?
    /// When it was claimed.
    package var claimed: Timestamp
    /// When its first attempt started.
    package var started: Timestamp?
    package var finished: Timestamp?
    /// Not before this instant does its next attempt start (a retry's backoff).
    package var notBefore: Timestamp?
    /// How many attempts there were.
    package var attempts: Int
    /// How often it was cut by the end of its host.
    package var cuts: Int

    package init(
        id: Int64, job: String, trigger: Trigger, fireTime: Timestamp, state: RunState = .waiting,
        outcome: Outcome? = nil, reason: String? = nil, version: String, settings: Value = [:], grant: Value = [:],
        header: Value = .null, parent: Int64? = nil, claimed: Timestamp, started: Timestamp? = nil,
        finished: Timestamp? = nil, notBefore: Timestamp? = nil,
        attempts: Int = 0, cuts: Int = 0
    ) {
        self.id = id
        self.job = job
        self.trigger = trigger
        self.fireTime = fireTime
        self.state = state
        self.outcome = outcome
        self.reason = reason
        self.version = version
        self.settings = settings
        self.grant = grant
        self.header = header
        self.parent = parent
        self.claimed = claimed
        self.started = started
        self.finished = finished
        self.notBefore = notBefore
        self.attempts = attempts
        self.cuts = cuts
    }
}
