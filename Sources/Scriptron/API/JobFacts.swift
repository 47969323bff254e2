/// What a script may know of its own run: the fields of `this`.
package struct JobFacts: Sendable, Hashable {
    package var job: String
    /// The run's number; 0 in a dry run.
    package var run: Int64
    package var fireTime: Timestamp
    package var previousFireTime: Timestamp?
    /// From 1.
    package var attempt: Int
    package var trigger: Trigger
    package var isDryRun: Bool
    /// On the wall clock.
    package var deadline: Timestamp
    /// When its last success ended.
    package var lastSuccess: Timestamp?
    /// What its last success returned.
    package var previous: Value
    /// What `discover` returned.
    package var facts: Value

    package init(
        job: String, run: Int64, fireTime: Timestamp, previousFireTime: Timestamp? = nil, attempt: Int = 1,
        trigger: Trigger, isDryRun: Bool = false, deadline: Timestamp, lastSuccess: Timestamp? = nil,
        previous: Value = .null, facts: Value = .null
    ) {
        self.job = job
        self.run = run
        self.fireTime = fireTime
        self.previousFireTime = previousFireTime
        self.attempt = attempt
        self.trigger = trigger
        self.isDryRun = isDryRun
        self.deadline = deadline
        self.lastSuccess = lastSuccess
        self.previous = previous
        self.facts = facts
    }
}
