/// What happens to a fire time while the job's last run still runs.
package enum Overlap: String, Sendable, Hashable, CaseIterable {
    /// It becomes no run.
    case skip
    /// Its run waits until that one has ended.
    case queue
    /// That one is cancelled, and its run takes the place.
    case cancel
    /// Its run starts beside that one.
    case allow
}

/// What happens to the fire times that were missed.
package enum CatchUp: String, Sendable, Hashable, CaseIterable {
    case none
    /// The newest one runs.
    case once
    /// Each one runs, the oldest first.
    case all
}

/// Which of the runs that wait for a slot gets the next one: the higher, then the older.
package enum Priority: String, Sendable, Hashable, CaseIterable {
    case low
    case normal
    case high
    /// It makes room on the disk, or tells people: it also starts while the store's disk is full, when others wait.
    case rescue

    /// Higher ones go first.
    package var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// How a failed attempt is followed by another.
package struct Retry: Sendable, Hashable {
    /// How many attempts may follow the first.
    package var attempts: Int
    /// Seconds before the first of them; doubled for each next.
    package var delay: Double
    /// The longest delay, in seconds.
    package var maxDelay: Double

    package init(attempts: Int, delay: Double = 10, maxDelay: Double = 3600) {
        self.attempts = attempts
        self.delay = delay
        self.maxDelay = maxDelay
    }
}

/// How strictly a job is confined.
package enum SandboxMode: String, Sendable, Hashable, CaseIterable {
    case enforced
    case bestEffort = "best-effort"
    case off
}

/// The header of a job: what `job {…}` says, with the operator's overrides applied.
package struct JobHeader: Sendable, Hashable {
    package var about: String?
    /// The schedules as written; empty: manual only.
    package var schedules: [String] = []
    /// The name of a zone of tzdata; nil: the host's.
    package var timezone: String?
    /// Seconds.
    package var timeout: Double = 3600
    /// Lua's memory, in bytes.
    package var memory: Int64 = 64 << 20
    package var limits = JobLimits()
    package var overlap: Overlap = .skip
    package var catchUp: CatchUp = .once
    /// Seconds.
    package var catchUpWindow: Double = 24 * 3600
    package var retry: Retry?
    package var redo = true
    /// The longest delay of a start after its fire time, in seconds; how long, is drawn anew each time.
    package var jitter: Double = 0
    /// The jobs after whose success it runs.
    package var after: [String] = []
    /// Seconds after which a run that goes on is late, which is an alert; nil: it never is.
    package var expect: Double?
    /// The windows in which it does not run, as written.
    package var except: [String] = []
    /// The groups whose limits its runs count in.
    package var groups: [String] = []
    package var priority: Priority = .normal
    /// After how many runs in a row that did not succeed the host alerts; 0: never.
    package var alertAfter: Int64 = 1
    package var user: String?
    /// Whether the script has a `discover` function, and so needs that depend on what is there.
    package var discovers = false

    package init() {}
}
