/// An attempt that runs, as its supervisor keeps it.
struct ActiveAttempt: Sendable {
    /// The most warnings and refusals that a record keeps.
    private static let textsKept = 100
    /// The largest result, as JSON, in bytes.
    static let resultCap = 64 << 10

    var claimed: ClaimedRun
    var attempt: Attempt
    /// The number of its worker; nil before and after it.
    var worker: Int64?
    var scratch: Path?
    var grant: Grant?
    /// What `discover` found.
    var facts: Value = .null
    /// When its worker was asked for, on the monotonic clock.
    var launched: Double?
    /// Since when it waits for what the machine has too little of, on the monotonic clock.
    var shortSince: Double?
    var progress: Value = .null
    /// Why it was cancelled; nil: it was not.
    var cancelled: String?
    /// The host's stop ended it.
    var stopped = false
    var verdict: Verdict?
    private var lines: LineRate
    /// What it used, where it is watched for that.
    var learned: LearnedNeeds?

    init(claimed: ClaimedRun, attempt: Attempt) {
        lines = LineRate(claimed.job.header.limits.logRate * 2, now: Monotonic.now)
        self.claimed = claimed
        self.attempt = attempt
        if claimed.job.learns { learned = LearnedNeeds() }
    }

    /// The order for its worker.
    func order(base: Path, grace: Double) -> WorkerOrder {
        let (run, job) = (claimed.run, claimed.job)
        let deadline = Monotonic.now + job.header.timeout
        var order = WorkerOrder(
            task: .run, job: run.job, script: job.script, base: base, deadline: deadline, grace: grace)
        order.settings = run.settings
        order.timezone = job.zone.name
        order.learns = job.learns
        order.this = [
            "job": .text(run.job), "id": .int(run.id), "fire_time": .number(run.fireTime.epoch),
            "attempt": .int(Int64(attempt.number)), "trigger": .text(run.trigger.rawValue), "dry_run": false,
            "deadline": .number(attempt.started.epoch + job.header.timeout),
        ]
        return order
    }

    /// Takes a note of the worker into the record; returns the line for the run's log.
    mutating func take(_ note: WorkerNote, now: Timestamp) -> LogRecord? {
        switch note {
        case .log(let level, let message, let fields):
            return line(LogRecord(time: now, level: level, message: message, fields: fields))
        case .progress(let done, let total, let label):
            progress = [
                "done": .number(done), "total": total.map { .number($0) } ?? .null, "label": .text(label),
            ]
            return nil
        case .warning(let text):
            if attempt.warnings.count < Self.textsKept { attempt.warnings.append(text) }
            return line(LogRecord(time: now, level: "warn", message: text))
        case .refusal(let text):
            if attempt.refusals.count < Self.textsKept { attempt.refusals.append(text) }
            return line(LogRecord(time: now, level: "warn", message: "refused: " + text))
        case .limit(let name):
            if let limit = LimitName(rawValue: name) { hit(limit) }
            return nil
        case .dropped(let count):
            hit(.logRate)
            return droppedLine(Int(clamping: count), now)
        case .used(let use):
            learned?.take(use)
            return nil
        }
    }

    /// A line, where it does not come too fast. The worker counts what a script logs, too; what comes beyond are
    /// warnings, and what a worker that was broken into sends.
    private mutating func line(_ record: LogRecord) -> LogRecord? {
        if lines.take(now: Monotonic.now) { return record }
        hit(.logRate)
        return lines.dropped == 1 ? droppedLine(nil, record.time) : nil
    }

    /// Has the record say that a limit was hit.
    mutating func hit(_ limit: LimitName) {
        if !attempt.limitsHit.contains(limit.rawValue) { attempt.limitsHit.append(limit.rawValue) }
    }

    private func droppedLine(_ count: Int?, _ now: Timestamp) -> LogRecord {
        let rate = claimed.job.header.limits.logRate
        let what = count.map { "\($0) lines were" } ?? "what came faster was"
        return LogRecord(
            time: now, level: "warn", message: "\(what) dropped: more than \(rate) a second (limits.log_rate)")
    }

    /// Judges its end, and brings run and attempt to where they stand after it.
    mutating func conclude(_ end: WorkerEnd, now: Timestamp, random: Double) {
        var verdict = Verdict(
            end.verdict, header: claimed.job.header, failed: attempt.number, cuts: claimed.run.cuts,
            cancelled: cancelled ?? (stopped ? nil : "an operator cancelled it"), random: random)
        if let trouble = Self.trouble(with: verdict.result) {
            verdict.result = .null
            attempt.warnings.append(trouble)
            hit(.result)
        }
        if let pid = attempt.unkillable {
            verdict.reason = "the kernel could not kill its process \(pid), which has ended only now"
        } else if verdict.outcome == .timedOut {
            hit(.timeout)
        }
        if case .exceeded(let limit, _) = end.verdict { hit(limit) }
        for limit in end.limitsHit { hit(limit) }
        self.verdict = verdict
        attempt.finished = now
        attempt.outcome = verdict.outcome
        attempt.reason = verdict.reason
        attempt.error = verdict.error
        attempt.result = verdict.result
        attempt.cpuSeconds = end.exit?.cpuSeconds ?? 0
        attempt.maxRSSBytes = end.exit?.maxRSSBytes ?? 0
        claimed.run.reason = verdict.reason
        if verdict.isCut { claimed.run.cuts += 1 }
        switch verdict.next {
        case .end:
            claimed.run.state = .ended
            claimed.run.outcome = verdict.outcome
            claimed.run.finished = now
        case .retry(let seconds):
            claimed.run.state = .waiting
            claimed.run.notBefore = now + seconds
        case .redo, .redoAtNextStart: claimed.run.state = .waiting
        }
    }

    /// Why the tasks that it still holds count as crashed; nil: it let go of them, or was interrupted.
    var crashOfTasks: String? {
        switch attempt.outcome {
        case .failed, .timedOut, .lost:
            "run \(claimed.run.id) ended as \(attempt.outcome?.rawValue ?? "")"
                + (attempt.reason.map { ": " + $0 } ?? "")
        case .succeeded, .cancelled, .skipped, nil: nil
        }
    }

    /// Why a result is not kept; nil: it is.
    private static func trouble(with result: Value) -> String? {
        do throws(Failure) {
            let size = try JSON.encode(result).count
            if size <= resultCap { return nil }
            return "its result is not kept: it is \(Quantity.describe(bytes: Int64(size))) as JSON, and at most "
                + "\(Quantity.describe(bytes: Int64(resultCap))) may be"
        } catch {
            return "its result is not kept: \(error.message)"
        }
    }

    /// The last line of its log, where it did not succeed.
    func closingLine(_ now: Timestamp) -> LogRecord? {
        guard let verdict else { return nil }
        let text = verdict.error ?? verdict.reason ?? verdict.outcome.rawValue
        let level = verdict.outcome == .skipped ? "info" : "error"
        return LogRecord(time: now, level: level, message: text)
    }
}
