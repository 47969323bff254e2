/// What keeps runs from starting for a while: those of one job, or of all.
package struct Pause: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Nothing new is started; what was begun goes on, further attempts included, and people may start runs.
        case pause
        /// Nothing is started at all, no further attempt either.
        case drain
    }

    /// In the place of a job's name: all jobs, those to come too.
    package static let everything = "@host"

    /// The store's number for it, rising from 1.
    package var id: Int64
    /// The job, or `everything`.
    package var job: String
    package var kind: Kind
    package var since: Timestamp
    /// When it ends or ended; nil: when somebody resumes.
    package var until: Timestamp?
    /// Who asked for it.
    package var by: String

    package init(id: Int64 = 0, job: String, kind: Kind, since: Timestamp, until: Timestamp? = nil, by: String) {
        self.id = id
        self.job = job
        self.kind = kind
        self.since = since
        self.until = until
        self.by = by
    }

    /// Whether it is in force at an instant.
    package func covers(_ instant: Timestamp) -> Bool { instant >= since && until.map { instant < $0 } ?? true }

    /// Whether it is about this job; never about those of alerting's channels (`@NAME`).
    package func isAbout(_ job: String) -> Bool {
        self.job == job || self.job == Self.everything && !job.hasPrefix("@")
    }

    /// Why a fire time within it is skipped.
    package var reason: String {
        let what = kind == .drain ? "the host was drained" : job == Self.everything ? "all jobs were paused" : "paused"
        return "\(what) by \(by)"
    }
}
