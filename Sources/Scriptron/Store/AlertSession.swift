/// The operations on alerts inside one transaction of a store. An alert's change and the messages about it belong into
/// the same transaction: nothing is sent before it is durable.
package protocol AlertSession {
    /// The open episode of a key; nil: all is well there.
    func openAlert(job: String, key: String) throws -> Alert?
    func alert(_ id: Int64) throws -> Alert?
    /// Open ones by name, or closed ones, the last first.
    func alerts(_ query: AlertQuery) throws -> [Alert]
    func openAlertCount(job: String) throws -> Int
    /// Gives it its number. Fails (`EEXIST`) where the key has an open episode already.
    func insertAlert(_ alert: Alert) throws -> Alert
    /// Replaces the alert of this number. Fails where there is none.
    func updateAlert(_ alert: Alert) throws
    /// How many closed episodes of a key people were told of at `instant` or later.
    func toldEpisodes(job: String, key: String, since instant: Timestamp) throws -> Int
    /// Forgets an episode that nobody was told of.
    func removeAlert(_ id: Int64) throws

    /// Those that are not over, by name.
    func silences(at now: Timestamp) throws -> [Silence]
    /// Replaces the one of the same name; one that is over already only removes it.
    func setSilence(_ silence: Silence, now: Timestamp) throws

    /// Puts a message behind those that wait for its channel, and gives it its number.
    func addOutbox(_ entry: OutboxEntry) throws -> OutboxEntry
    /// Replaces the message of this number.
    func updateOutbox(_ entry: OutboxEntry) throws
    /// Messages of a channel (of all where nil) in this state, the oldest first.
    func outbox(channel: String?, state: OutboxEntry.State, limit: Int) throws -> [OutboxEntry]
    /// How many messages are in this state, by channel.
    func outboxCounts(_ state: OutboxEntry.State) throws -> [String: Int]

    /// Runs that ended and that alerting has not heard of, the oldest first.
    func unheardRuns(limit: Int) throws -> [EndedRun]
    func setHeard(run: Int64) throws
    /// The same of missed ranges; one that grows is unheard again.
    func unheardMissed(limit: Int) throws -> [MissedRange]
    func setHeard(missed: Int64) throws

    /// The clock was set back to `now`: what was noted later than that is noted now, and a silence from then lasts as long
    /// from now.
    func setBackAlerts(to now: Timestamp) throws
    /// The clock was set forward: what waits to be sent is not so much older for that.
    func postponeOutbox(by seconds: Double) throws

    /// Removes closed alerts and finished messages from before `instant`, at most `limit` of each; how many it removed.
    func pruneAlerts(before instant: Timestamp, limit: Int) throws -> Int
}

/// What alerting hears of a run that has ended.
package struct EndedRun: Sendable, Hashable {
    package var id: Int64
    package var job: String
    package var outcome: Outcome?
    package var reason: String?
    package var finished: Timestamp?
}

/// Which alerts are asked for.
package struct AlertQuery: Sendable, Hashable {
    package var isOpen: Bool
    package var job: String?
    package var limit: Int

    package init(isOpen: Bool, job: String? = nil, limit: Int = 10_000) {
        self.isOpen = isOpen
        self.job = job
        self.limit = limit
    }
}
