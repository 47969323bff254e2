/// Runs the programs of command channels: each try is a run of its own, in the sandbox and on record, of the job
/// `@NAME`.
struct ChannelRuns: Sendable {
    private static let script: Path = "channel.lua"
    private static let text = """
        return job {
          about = "Hands an alert to the program of a channel", redo = false, alert_after = false, priority = "rescue",
          settings = { argv = option.list {}, text = option.string "" },
          run = function(settings) process.run(settings.argv, { stdin = settings.text, stdout = "log" }) end,
        }
        """

    /// Loads a job as the configuration in force says.
    let loader: @Sendable () -> JobLoader
    let store: any Store
    let now: @Sendable () -> Timestamp
    let add: @Sendable (ClaimedRun) -> Void

    /// Returns when the program has ended well.
    func run(
        _ channel: ChannelConfiguration, _ command: ChannelConfiguration.Command, _ message: AlertMessage
    ) throws(Failure) {
        var job = try load(channel, command)
        job.header.timeout = channel.timeout
        job.settings = [
            "argv": .texts(command.arguments), "text": .text(message.subject + "\n\n" + message.text),
        ]
        let row = job.newRun(trigger: .after, fireTime: now(), now: now())
        let run: Run?
        do {
            run = try store.write { [job] session in
                try session.saveVersion(job.version.hash, files: job.version.files)
                return try session.insertRun(row)
            }
        } catch {
            throw Failure.wrapping(error)
        }
        guard let run else { throw Failure(code: "ECHANNEL", "its run exists already") }
        add(ClaimedRun(run: run, job: job))
        try waitFor(run.id, until: Monotonic.now + channel.timeout + 60)
    }

    private func load(
        _ channel: ChannelConfiguration, _ command: ChannelConfiguration.Command
    ) throws(Failure) -> LoadedJob {
        let source = JobSource(
            name: "@" + channel.name, path: Self.script, script: Self.script.text,
            files: [Self.script.text: Array(Self.text.utf8)], isEnabled: true, key: "")
        let result = Waiting.answer { (done: @escaping @Sendable (LoadResult) -> Void) in
            loader().load(
                source,
                adjust: { needs, terms in
                    needs = command.needs
                    needs.run.append(Needs.Program(name: command.arguments[0], user: nil))
                    terms.needsAreOperators = true
                    terms.jobUser = command.user
                    needs.user = command.user
                }, completion: done)
        }
        switch result {
        case .loaded(let job): return job
        case .failed(let failure): throw failure
        case .unconfigured, .held:
            throw Failure(code: "ECHANNEL", "the run of channel \(channel.name) cannot be made")
        }
    }

    private func waitFor(_ id: Int64, until end: Double) throws(Failure) {
        while Monotonic.now < end {
            let run: Run?
            do {
                run = try store.read { try $0.run(id) }
            } catch {
                throw Failure.wrapping(error)
            }
            if let run, run.state == .ended {
                if run.outcome == .succeeded { return }
                throw Failure(
                    code: "ECHANNEL", "run \(id) ended \(run.outcome?.rawValue ?? "?"): \(run.reason ?? "")",
                    cure: "scriptron show \(id)")
            }
            Monotonic.sleep(until: Monotonic.now + 0.1)
        }
        throw Failure(code: "ETIMEDOUT", "run \(id) has not ended")
    }
}
