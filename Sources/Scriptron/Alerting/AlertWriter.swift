/// Changes alerts in one transaction, and puts the messages that follow into the outbox.
struct AlertWriter {
    let session: any StoreSession
    let routing: AlertRouting
    let now: Timestamp
    /// Whether the job has begun so many alerts of late that it may begin no more.
    var isFull = false

    /// Takes a report about a key; the word for where it stands then.
    func take(_ report: AlertReport, job: String, run: Int64) throws -> String {
        let known = try session.openAlert(job: job, key: report.key)
        // What the host itself has to say is always taken.
        if known == nil, report.isBad == true, report.origin == .script { try checkRoom(job) }
        let step = AlertRules.step(known, report, job: job, run: run, now: now)
        try put(step, over: known)
        if report.origin == .script { try take(aboutKnowing: report.aboutKnowing, job: job, run: run) }
        return step.alert.word
    }

    private func take(aboutKnowing report: AlertReport, job: String, run: Int64) throws {
        let known = try session.openAlert(job: job, key: report.key)
        if known == nil, report.isBad != true { return }
        try put(AlertRules.step(known, report, job: job, run: run, now: now), over: known)
    }

    private func checkRoom(_ job: String) throws {
        if isFull {
            throw Failure(
                code: "EALERTS", "job \(job) has begun \(AlertBook.newKeysPerHour) alerts within an hour",
                cure: "name a key after what is wrong, not after each case of it")
        }
        guard try session.openAlertCount(job: job) >= AlertBook.openKeys else { return }
        throw Failure(
            code: "EALERTS", "job \(job) has \(AlertBook.openKeys) alerts open",
            cure: "name a key after what is wrong, not after each case of it")
    }

    /// The end of a run: how it ended, and which keys a succeeded one did not report.
    func hear(_ run: EndedRun, alertAfter: Int64) throws {
        if let report = AlertRules.report(run, alertAfter: alertAfter) {
            _ = try take(report, job: run.job, run: run.id)
        }
        guard run.outcome == .succeeded else { return }
        for alert in try session.alerts(AlertQuery(isOpen: true, job: run.job)) {
            switch alert.origin {
            case .script where alert.lastRun < run.id: try put(AlertRules.silent(alert, now: now), over: alert)
            case .missed where run.finished.map({ $0 >= alert.since }) ?? true:
                try put(AlertRules.resolve(alert, "run \(run.id) succeeded", now), over: alert)
            default: continue
            }
        }
    }

    /// Ends the alerts of jobs that are gone, and brings the host's findings up to date.
    func reconcile(jobs: Set<String>, findings: [AlertBook.Finding]) throws {
        for alert in try session.alerts(AlertQuery(isOpen: true)) {
            if alert.job != Alert.host, !jobs.contains(alert.job) {
                try put(AlertRules.resolve(alert, "its job was removed or disabled", now), over: alert)
            } else if alert.origin == .finding,
                !findings.contains(where: { $0.job == alert.job && $0.key == alert.key })
            {
                try put(AlertRules.resolve(alert, "it is over", now), over: alert)
            }
        }
        for finding in findings {
            var report = AlertReport(key: finding.key, isBad: true)
            report.origin = .finding
            report.severity = finding.severity
            report.summary = finding.summary
            _ = try take(report, job: finding.job, run: 0)
        }
    }

    /// Tells of what goes on: what people were not told of yet (it was silenced, it flapped, there was no channel), and
    /// again what they were told of long ago.
    func remind() throws {
        for var alert in try session.alerts(AlertQuery(isOpen: true)) {
            guard alert.state == .firing, alert.acknowledged == nil else { continue }
            if let notified = alert.notified {
                guard let reminder = routing.route(alert.job, alert.severity)?.reminder, now - notified >= reminder
                else { continue }
                try tell(.reminder, &alert)
            } else {
                try tell(.fired, &alert)
            }
            try session.updateAlert(alert)
        }
    }

    private func put(_ step: AlertRules.Step, over known: Alert?) throws {
        guard var alert = step.alert else {
            if let known { try session.removeAlert(known.id) }
            return
        }
        if known == nil { alert = try session.insertAlert(alert) }
        if let event = step.event { try tell(event, &alert) }
        if alert != known { try session.updateAlert(alert) }
    }

    /// Puts a message into the outbox for each channel that is to hear of it, and notes that.
    private func tell(_ event: OutboxEntry.Event, _ alert: inout Alert) throws {
        // Nobody needs to hear the end of what nobody heard of.
        if event == .resolved, alert.notified == nil { return }
        let silences = try session.silences(at: now)
        if silences.contains(where: { $0.covers(alert.name, at: now) }) { return }
        if event == .fired, alert.notified == nil {
            let told = try session.toldEpisodes(job: alert.job, key: alert.key, since: now - AlertBook.flapSpan)
            if told >= AlertBook.flaps { return }
        }
        let channels = routing.route(alert.job, alert.severity)?.to ?? []
        if channels.isEmpty { return }
        if event != .resolved { alert.notified = now }
        for channel in channels {
            _ = try session.addOutbox(
                OutboxEntry(channel: channel, event: event, alert: AlertRow.value(alert), created: now))
        }
    }
}
