/// What a report makes of a key's episode: plain rules, without I/O.
enum AlertRules {
    /// What came of it.
    struct Step: Hashable {
        /// The episode as it stands now; nil: there is none (any more).
        var alert: Alert?
        /// What people should hear.
        var event: OutboxEntry.Event?
    }

    /// A report of a run (0: of no run) about a key whose open episode is `known`.
    static func step(_ known: Alert?, _ report: AlertReport, job: String, run: Int64, now: Timestamp) -> Step {
        switch report.isBad {
        case nil:
            var alert = known
            alert?.see(run)
            return Step(alert: alert)
        case true?: return bad(known, report, job, run, now)
        case false?:
            guard let known else { return Step() }
            if known.state == .pending { return Step() }
            return report.isClear ? resolve(known, report.reason, now) : bad(known, report, job, run, now)
        }
    }

    private static func bad(
        _ known: Alert?, _ report: AlertReport, _ job: String, _ run: Int64, _ now: Timestamp
    ) -> Step {
        var alert =
            known
            ?? Alert(
                job: job, key: report.key, origin: report.origin, state: .pending, severity: report.severity,
                summary: report.summary, since: now)
        if known != nil, alert.lastRun != run { alert.earlierRuns = alert.runs }
        alert.runs = alert.earlierRuns + 1
        alert.see(run)
        let isWorse = alert.severity.rank < report.severity.rank
        // What lies between limit and clear value is not worse than the last that was beyond the limit.
        if report.isBad == true {
            // It does not sink while the alert is open, or one that sways would be told again and again.
            if isWorse { alert.severity = report.severity }
            alert.fields = report.fields
        }
        alert.summary = report.summary
        if alert.state == .firing { return Step(alert: alert, event: isWorse ? .fired : nil) }
        guard alert.runs >= report.forRuns, now - alert.since >= report.forSeconds else { return Step(alert: alert) }
        alert.state = .firing
        alert.fired = now
        return Step(alert: alert, event: .fired)
    }

    /// Ends an episode; one that did not fire is forgotten.
    static func resolve(_ known: Alert, _ reason: String, _ now: Timestamp) -> Step {
        guard known.state == .firing else { return Step() }
        var alert = known
        alert.state = .resolved
        alert.resolved = now
        alert.reason = reason
        return Step(alert: alert, event: .resolved)
    }

    /// A run of the job succeeded that did not report the key: the second in a row ends the episode.
    static func silent(_ known: Alert, now: Timestamp) -> Step {
        var alert = known
        alert.silentRuns += 1
        return alert.silentRuns >= 2 ? resolve(alert, "no longer reported", now) : Step(alert: alert)
    }

    /// What the end of a run says of its job; nil: nothing.
    static func report(_ run: EndedRun, alertAfter: Int64) -> AlertReport? {
        guard let outcome = run.outcome else { return nil }
        var report = AlertReport(key: "run", isBad: true)
        report.origin = .run
        switch outcome {
        case .succeeded:
            report.isBad = false
            report.reason = "run \(run.id) succeeded"
            return report
        case .failed, .timedOut, .lost:
            guard alertAfter > 0 else { return nil }
            let word = outcome == .timedOut ? "timed out" : outcome == .lost ? "was lost" : "failed"
            report.summary = line("run \(run.id) \(word)" + (run.reason.map { ": \($0)" } ?? ""))
            report.fields = ["run": .int(run.id), "outcome": .text(outcome.rawValue)]
            report.forRuns = alertAfter
            return report
        case .cancelled, .skipped: return nil
        }
    }

    /// What missed fire times say of their job; nil: nothing.
    static func report(_ range: MissedRange) -> AlertReport? {
        guard range.kind == .missed, range.count > 0 else { return nil }
        var report = AlertReport(key: "missed", isBad: true)
        report.origin = .missed
        let times = range.count == 1 ? "1 fire time" : "\(range.count) fire times"
        report.summary = line("\(times) missed: \(range.reason)")
        report.fields = [
            "from": .number(range.from.epoch), "to": .number(range.to.epoch), "count": .int(range.count),
        ]
        return report
    }

    /// A text as the one line of a summary.
    static func line(_ text: String) -> String {
        let first = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        var line = String(first.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
        while line.utf8.count > AlertReport.summaryCap - 3 { line.removeLast(min(50, line.count)) }
        return line.utf8.count < first.utf8.count ? line + "…" : line
    }
}

extension Severity {
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Alert {
    /// A run spoke of it.
    fileprivate mutating func see(_ run: Int64) {
        lastRun = run
        silentRuns = 0
    }
}
