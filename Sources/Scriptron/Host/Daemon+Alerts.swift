/// What alerting sees of the host.
extension Daemon {
    /// The outbox, which sends as the configuration in force says.
    func makeOutbox() -> Outbox {
        let runs = ChannelRuns(
            loader: { [unowned self] in state.withLock { $0.loader } }, store: store, now: { [clock] in clock.now() },
            add: { [unowned self] in parts.supervisor.add([$0]) })
        let sender = ChannelSender(
            secret: { [unowned self] (name) throws(Failure) in
                try SecretSource(state.withLock { $0.environment.configuration }).read(name)
            },
            command: { (channel, message) throws(Failure) in
                guard case .command(let command) = channel.kind else { return }
                try runs.run(channel, command, message)
            }, now: { [clock] in clock.now() })
        let machine = (try? Files.readSmall("/proc/sys/kernel/hostname")).map { String(decoding: $0, as: UTF8.self) }
        return Outbox(
            Outbox.Connections(
                store: store, now: { [clock] in clock.now() },
                later: { [loop = core.loop] in loop.after($0, handler: $1) },
                channels: { [unowned self] in state.withLock { $0.environment.configuration.channels } },
                machine: (machine ?? "this machine").filter { !$0.isNewline },
                send: { (message, channel) throws(Failure) in try sender.send(message, by: channel) },
                trouble: { [unowned self] in trouble("outbox", $0) }))
    }

    // What operators ask.

    package func alerts(isOpen: Bool, limit: Int) throws(Failure) -> Value {
        [
            "alerts": .list(try parts.alerts.book.rows(isOpen: isOpen, limit: limit)),
            "channels": .list(try parts.alerts.outbox.rows()),
            "silences": .list(try parts.alerts.book.silences()),
        ]
    }

    package func acknowledge(alert name: String, by peer: PeerCredentials) throws(Failure) -> Value {
        try parts.alerts.book.acknowledge(name, by: Users.name(of: peer.uid))
    }

    package func silence(alerts name: String, for seconds: Double, by peer: PeerCredentials) throws(Failure) -> Value {
        guard (1...AlertReport.keyCap + 100).contains(name.utf8.count), seconds >= 0, seconds <= 366 * 86400 else {
            throw Failure(code: ControlCode.usage, "a silence has a name, and lasts a year at most")
        }
        let until = clock.now() + seconds
        try parts.alerts.book.silence(Silence(name: name, until: until, by: Users.name(of: peer.uid)))
        parts.alerts.hear()
        return ["name": .text(name), "until": .number(until.epoch)]
    }

    package func test(channel name: String, by peer: PeerCredentials) throws(Failure) -> Value {
        let channels = state.withLock { $0.environment.configuration.channels }
        guard var channel = channels[name] else {
            let near = Nearest.names(to: name, among: channels.keys.sorted(), limit: 1).first
            throw Failure(
                code: ControlCode.noJob, "there is no channel \(name)",
                cure: near.map { "did you mean \($0)?" } ?? "describe it under channels in scriptron.lua")
        }
        // The command line waits half a minute.
        channel.timeout = min(channel.timeout, 20)
        try parts.alerts.outbox.test(channel)
        return ["channel": .text(name), "type": .text(channel.type)]
    }

    /// The jobs that there are, and what is wrong without being the end of a run.
    func lookForAlerts() -> (jobs: Set<String>, findings: [AlertBook.Finding]) {
        let overview = parts.catalog.overview
        var findings: [AlertBook.Finding] = []
        for (job, failure, runs) in overview.problems {
            let what = runs ? "its newest text is not in force" : "it does not run"
            findings.append(
                AlertBook.Finding(job: job, key: "load", severity: .warning, summary: "\(what): \(failure)"))
        }
        for (run, job, pid) in parts.supervisor.unkillable {
            findings.append(
                AlertBook.Finding(
                    job: job, key: "unkillable", severity: .critical,
                    summary: "the kernel cannot kill the process \(pid) of run \(run), which keeps its slot"))
        }
        for (job, late) in Dictionary(grouping: parts.supervisor.late, by: \.job) {
            guard let first = late.first else { continue }
            let expected = Quantity.describe(seconds: first.expected)
            let others = late.count == 1 ? "" : ", and \(late.count - 1) more"
            findings.append(
                AlertBook.Finding(
                    job: job, key: "late", severity: .warning,
                    summary: "run \(first.run) is late: it should have ended within \(expected)\(others)"))
        }
        for (job, problem) in parts.catalog.chainProblems {
            findings.append(AlertBook.Finding(job: job, key: "after", severity: .warning, summary: "\(problem)"))
        }
        findings += queueWatch.findings()
        if let failure = disk.failure {
            findings.append(
                AlertBook.Finding(job: Alert.host, key: "disk", severity: .critical, summary: "disk: \(failure)"))
        }
        for (about, failure) in state.withLock({ $0.troubles }) {
            findings.append(
                AlertBook.Finding(
                    job: Alert.host, key: AlertRules.line(String(about.prefix(AlertReport.keyCap / 4))),
                    severity: .warning, summary: "\(about): \(failure)"))
        }
        let pending = parts.catalog.pending.filter(\.isEnabled)
        return (overview.jobs.union(pending.map(\.name)), findings)
    }
}
