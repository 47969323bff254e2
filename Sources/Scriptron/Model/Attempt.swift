/// One try of a run.
package struct Attempt: Sendable, Hashable {
    package var run: Int64
    /// From 1.
    package var number: Int
    package var started: Timestamp
    package var finished: Timestamp?
    /// Nil while it runs.
    package var outcome: Outcome?
    package var reason: String?
    /// What the script raised, with its traceback.
    package var error: String?
    /// What `run` returned; at most 64 KiB as JSON.
    package var result: Value
    /// The messages of `this.warn`.
    package var warnings: [String]
    package var cpuSeconds: Double
    package var maxRSSBytes: Int64
    /// The user it ran as.
    package var user: String
    /// The layers that were in force, or `off`.
    package var sandbox: String
    /// The names of the limits that it hit.
    package var limitsHit: [String]
    /// What was refused, one text a refusal.
    package var refusals: [String]
    /// The pid of its worker, and that process's start time (clock ticks since boot), for the lease.
    package var pid: Int32?
    package var pidStart: UInt64?
    /// The kernel could not kill it: the pid that is stuck.
    package var unkillable: Int32?

    package init(run: Int64, number: Int, started: Timestamp) {
        self.run = run
        self.number = number
        self.started = started
        self.result = .null
        self.warnings = []
        self.cpuSeconds = 0
        self.maxRSSBytes = 0
        self.user = ""
        self.sandbox = ""
        self.limitsHit = []
        self.refusals = []
    }
}
