/// What the operator and the machine fix when a job's needs become a grant.
package struct GrantTerms: Sendable, Hashable {
    /// The configuration's folder: relative paths start there.
    package var base: Path
    /// Missing write paths are made below it.
    package var stateDirectory: Path
    /// Whether they are made now; false for a look that must change nothing.
    package var makesMissing = true
    package var protected: [ProtectedPath] = []
    /// Nil: a job gets what it declares.
    package var ceiling: Ceiling?
    /// What the other jobs may write, absolute: links that they can set lead nowhere.
    package var otherJobsWrite: [Path] = []
    package var facts: SandboxFacts
    /// Whom jobs run as where nobody says otherwise; nil: the host's own user.
    package var defaultUser: String?
    /// The user that the operator named for this job.
    package var jobUser: String?
    /// Whether the operator wrote the needs, so that users of programs are allowed by being named there.
    package var needsAreOperators = false
    /// `jobs.NAME.write_exec`: a program may lie inside a write grant.
    package var writeExec = false
    package var mode: SandboxMode = .enforced
    /// Lua's memory, in bytes.
    package var memory: Int64 = 64 << 20
    package var limits = JobLimits()

    package init(base: Path, stateDirectory: Path, facts: SandboxFacts) {
        self.base = base.normalized
        self.stateDirectory = stateDirectory.normalized
        self.facts = facts
    }
}
