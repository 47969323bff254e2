/// What a running host answers: the one surface behind the Unix socket and so behind the command line.
///
/// Every call may block, and comes from a thread of the web server. Errors are `Failure`s; those of `ControlCode` have
/// a meaning for the caller, all others count as the host's own trouble. Times are epoch seconds with fractions, sizes
/// bytes, durations seconds; a key without a value is absent or null. Rows have the keys that `--json` prints.
package protocol HostControl: AnyObject, Sendable {
    /// The host at a glance: `version pid started state_dir config user root concurrency running waiting stopping`,
    /// `paused` (a row a pause: `job kind since until by`),
    /// `jobs` (`loaded broken unconfigured disabled`), `store` (`bytes free`), `sandbox` (the layers in force, text),
    /// `warnings` (texts).
    func status() throws(Failure) -> Value

    /// A row a job, sorted by name: `job about enabled state schedule timezone next user sandbox version error
    /// last_run last_outcome last_finished last_success running begun waiting paused late`. `running` says whether a run
    /// goes on or waits, `begun` whether one has begun; `paused` is the row of a pause, or null, `late` a run that should have ended, `waiting` how many runs have not begun. `state` is `scheduled`, `manual`, `disabled`,
    /// `unconfigured` or `broken`; `schedule` is a list of texts; `error` names file and line where the script's
    /// newest text is broken (its last good version may still be scheduled).
    func jobs() throws(Failure) -> [Value]

    /// The next fire times in their order: `job fire_time`. Of one job where it is named, else of all; at most
    /// `limit` rows in all.
    func next(job: String?, limit: Int) throws(Failure) -> [Value]

    /// Runs, the newest first, as `RunRow` says. A job without runs that is not known either is the error ENOJOB.
    func history(_ query: RunQuery) throws(Failure) -> [Value]

    /// Ranges of fire times that did not run, the newest first: `job kind from to count reason`.
    func missed(job: String?, limit: Int) throws(Failure) -> [Value]

    /// A run's row, once it has ended or `seconds` have passed, whichever is first; at once where `seconds` is 0. One
    /// that learned its needs has them under `learned`, as a job's `needs` in the configuration, until the host ends.
    func run(_ id: Int64, wait seconds: Double) throws(Failure) -> Value

    /// All that is kept of a run: its row, and `script` (the text it ran), `files` (name to text), `settings`, `grant`,
    /// `refusals`, `limits_hit`, `attempts` (rows: `attempt outcome reason started finished error result warnings
    /// cpu_seconds max_rss_bytes user sandbox limits_hit refusals`), `log` (its last lines), `cuts`, `header` (what of
    /// the header holds for it, where that is not the default), `children` (rows of the runs that follow or repeat it).
    func show(run: Int64) throws(Failure) -> Value

    /// A piece of a run's log from the byte `offset` of its file. Where nothing is there yet and the run goes on, it
    /// waits up to `seconds` for the next line, for progress or for the run's end.
    func logs(run: Int64, from offset: Int64, wait seconds: Double) throws(Failure) -> LogPiece

    /// Claims a run by hand, and returns its number once the claim is durable.
    func start(_ request: StartRequest, by peer: PeerCredentials) throws(Failure) -> Int64

    /// Claims a run of the same text, settings and fire time as an earlier one, by hand; its number once that is durable.
    /// Where that text, or the job, is gone, it is the error ECONFLICT.
    func rerun(run: Int64, by peer: PeerCredentials) throws(Failure) -> Int64

    /// Keeps jobs from starting: these, or where none is named all of them; with `drains` nothing starts at all, not by
    /// hand and no further attempt either. It lasts for so many seconds, or until `resume`, over restarts too. Returns
    /// `paused` (a row a pause: `job kind since until by`; `job` is `@host` for all), `running`, `waiting`.
    func pause(jobs: [String], drains: Bool, for seconds: Double?, by peer: PeerCredentials) throws(Failure) -> Value

    /// Ends what pauses these jobs by their names, or where none is named what pauses or drains the host; the same, and
    /// `resumed`, the rows of what ended. Nothing that is paused is the error ECONFLICT.
    func resume(jobs: [String], by peer: PeerCredentials) throws(Failure) -> Value

    /// The same as `pause` returns, once nothing runs or `seconds` have passed.
    func pauses(wait seconds: Double) throws(Failure) -> Value

    /// Ends a run that has not ended yet, as `cancelled`; returns when that is under way.
    func cancel(run: Int64, by peer: PeerCredentials) throws(Failure)

    /// Approves what a job's needs, or its runs', waited for, and loads it again; returns `{job, approved}`, the lines as
    /// `jobs` showed them. Nothing that waits is the error ECONFLICT.
    func approve(job: String, by peer: PeerCredentials) throws(Failure) -> Value

    /// `alerts` (the open ones by name, or those that are over, the last first, as `AlertRow` says), `channels` (`name
    /// type waiting given_up failing_since error`) and `silences` (`name until by`).
    func alerts(isOpen: Bool, limit: Int) throws(Failure) -> Value

    /// Nobody is reminded of an open alert any more; its row. There is none: the error ENOALERT.
    func acknowledge(alert: String, by peer: PeerCredentials) throws(Failure) -> Value

    /// Nobody hears of alerts of this name, or that begin so where it ends in a star, for so many seconds (0 ends a
    /// silence); `{name, until}`.
    func silence(alerts name: String, for seconds: Double, by peer: PeerCredentials) throws(Failure) -> Value

    /// Sends a test through a channel, and returns `{channel, type}` when that has taken it.
    func test(channel: String, by peer: PeerCredentials) throws(Failure) -> Value

    /// A row a setting of the job, sorted: `name type value default required about source`. `source` is `default`,
    /// `script` or `config`; the value of a secret is its marker (`secret:X`).
    func settings(job: String) throws(Failure) -> [Value]

    /// Does what an operator asks of queues; its rows, as `QueueOrder` says.
    func queue(_ order: QueueOrder) throws(Failure) -> [Value]
}

/// The codes of failures that mean something to the caller of `HostControl`.
package enum ControlCode {
    /// No such job.
    package static let noJob = "ENOJOB"
    /// No such run.
    package static let noRun = "ENORUN"
    /// The request itself is wrong: an unknown setting, a value of the wrong type, a malformed grant.
    package static let usage = "EUSAGE"
    /// The peer may not do this.
    package static let denied = "EDENIED"
    /// The thing is in no state for this: the run has ended already, the job is broken or unconfigured.
    package static let conflict = "ECONFLICT"
    /// The host is stopping and takes no new runs.
    package static let stopping = "ESTOPPING"
    /// No such address, the wrong method for it, or a body over the limit: mistakes of an HTTP client.
    package static let noRoute = "ENOROUTE"
    package static let wrongMethod = "EMETHOD"
    package static let tooLarge = "ETOOLARGE"
    /// No host answers at the socket.
    package static let noHost = "ENOHOST"
}

/// The keys of a run's row, in the order in which people expect them.
package enum RunRow {
    /// `state` and `outcome` stand side by side: while the run has no outcome, the state says where it is. `attempt`
    /// is the number of its last attempt, 0 before the first; `result`, `error` and the figures are that attempt's.
    package static let keys = [
        "id", "job", "fire_time", "trigger", "parent", "attempt", "state", "outcome", "reason", "started", "finished",
        "error",
        "result", "warnings", "cpu_seconds", "max_rss_bytes", "version", "user", "sandbox", "limits_hit",
        "unkillable",
    ]

    /// The row of a run and its last attempt; `warnings` is the list of texts.
    package static func value(_ run: Run, last attempt: Attempt?) -> Value {
        var row: [String: Value] = [
            "id": .int(run.id), "job": .text(run.job), "fire_time": .number(run.fireTime.epoch),
            "trigger": .text(run.trigger.rawValue), "parent": run.parent.map { .int($0) } ?? .null,
            "attempt": .int(Int64(run.attempts)),
            "state": .text(run.state.rawValue), "outcome": text(run.outcome?.rawValue),
            "reason": text(run.reason ?? attempt?.reason), "started": time(run.started),
            "finished": time(run.finished), "version": .text(run.version), "warnings": [], "limits_hit": [],
            "error": nil, "result": nil, "cpu_seconds": nil, "max_rss_bytes": nil, "user": nil, "sandbox": nil,
            "unkillable": nil,
        ]
        if let attempt {
            row.merge(figures(attempt)) { _, new in new }
        }
        return .map(row)
    }

    /// The row of one attempt, as `show` lists them.
    package static func value(_ attempt: Attempt) -> Value {
        var row = figures(attempt)
        row["attempt"] = .int(Int64(attempt.number))
        row["outcome"] = text(attempt.outcome?.rawValue)
        row["reason"] = text(attempt.reason)
        row["started"] = .number(attempt.started.epoch)
        row["finished"] = time(attempt.finished)
        row["refusals"] = .texts(attempt.refusals)
        return .map(row)
    }

    private static func figures(_ attempt: Attempt) -> [String: Value] {
        [
            "error": text(attempt.error), "result": attempt.result, "warnings": .texts(attempt.warnings),
            "cpu_seconds": .number(attempt.cpuSeconds), "max_rss_bytes": .int(attempt.maxRSSBytes),
            "user": .text(attempt.user), "sandbox": .text(attempt.sandbox), "limits_hit": .texts(attempt.limitsHit),
            "unkillable": attempt.unkillable.map { .int(Int64($0)) } ?? .null,
        ]
    }

    private static func text(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

    private static func time(_ instant: Timestamp?) -> Value { instant.map { .number($0.epoch) } ?? .null }
}

/// A run that is asked for by hand.
package struct StartRequest: Sendable, Hashable {
    /// A job's name, or the absolute path of a script.
    package var job: String
    /// Settings as written (`a.b=v`); the job's declaration converts them, a repeated one makes a list.
    package var sets: [String]
    /// Additions to needs and ceiling for this one run, as written (`write=/srv/data`).
    package var grants: [String]
    /// Whether the run is bounded by the ceiling alone, and watched for the smallest needs that would have served.
    package var learns: Bool
    /// The run that it repeats, in the place of all else; only `runAlone` looks at it.
    package var repeats: Int64?

    package init(
        job: String, sets: [String] = [], grants: [String] = [], learns: Bool = false, repeats: Int64? = nil
    ) {
        self.job = job
        self.repeats = repeats
        self.sets = sets
        self.grants = grants
        self.learns = learns
    }
}

/// A piece of a run's log.
package struct LogPiece: Sendable, Hashable {
    /// Whole lines: `time level message fields attempt`.
    package var lines: [Value]
    /// Where the next piece starts.
    package var next: Int64
    /// Whether the run has ended and nothing follows `next`.
    package var ended: Bool
    /// The newest progress of a run that goes on: `done total label`; null where it told none.
    package var progress: Value

    package init(lines: [Value], next: Int64, ended: Bool, progress: Value = .null) {
        self.lines = lines
        self.next = next
        self.ended = ended
        self.progress = progress
    }
}
