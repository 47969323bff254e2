/// What the command line does in its own process: each command assembles what it needs, and takes it apart.
package struct LocalCommands: HostCommands {
    /// Answers operators at a socket until the returned function is called.
    package typealias Listen =
        @Sendable (_ socket: Path, _ owner: UInt32, _ host: any HostControl) throws(Failure) -> @Sendable () -> Void

    /// The binary whose `zygote` subcommand is the zygote.
    let executable: Path
    private let listen: Listen

    package init(executable: Path, listen: @escaping Listen) {
        self.executable = executable
        self.listen = listen
    }

    package func serve(
        _ place: ConfigurationPlace, ready: @escaping @Sendable (Value) -> Void
    ) throws(Failure) -> Int32 {
        // While this is the only thread: it changes the environment.
        let manager = ServiceNotifier.ofEnvironment()
        let signals = try terminationSignals()
        do throws(SystemError) {
            // Before there is a zygote, which makes the control groups of runs beside the host's.
            _ = try OwnControlGroups.moveHost()
        } catch {
            HostSpeech.say("the control group of this service cannot be used: \(error)")
        }
        UnusedMemory.keepLittle()
        let daemon = try Daemon(place, executable: executable, clock: clock)
        defer { daemon.close() }
        try daemon.start()
        let places = daemon.directory.places
        let stopListening = try listen(places.socket, Users.owner(of: places.directory) ?? 0, daemon)
        defer { stopListening() }
        ready(try daemon.status())
        manager?.ready()
        let beat = manager?.watchdogInterval.map { daemon.core.loop.beat(every: $0) { manager?.alive() } }
        defer { beat?() }
        return waitForEnd(daemon, signals, manager)
    }

    /// The machine's; in debug builds one that a test may set.
    private var clock: any WallClock {
        #if DEBUG
            if let clock = SteppedClock.ofEnvironment() { return clock }
        #endif
        return SystemClock()
    }

    private func terminationSignals() throws(Failure) -> TerminationSignals {
        do throws(SystemError) { return try TerminationSignals() } catch { throw error.failure() }
    }

    /// Stops in order at the first signal, at once at the second.
    private func waitForEnd(_ daemon: Daemon, _ signals: TerminationSignals, _ manager: ServiceNotifier?) -> Int32 {
        Waiting.answer { (done: @escaping @Sendable (Int32) -> Void) in
            let asked = Shared(0)
            _ = try? daemon.core.loop.watch(signals.descriptor) {
                for signal in signals.take() {
                    if TerminationSignals.isReload(signal) {
                        daemon.rescan()
                        continue
                    }
                    let times = asked.value.withLock { times in
                        times += 1
                        return times
                    }
                    manager?.stopping()
                    daemon.stop(grace: times == 1 ? Daemon.stopGrace : 0) { done(0) }
                }
            }
        }
    }

    package func runAlone(
        _ request: StartRequest, _ place: ConfigurationPlace, line: @escaping @Sendable (Value) -> Void
    ) throws(Failure) -> Value {
        try alone(place, line: line) { (daemon) throws(Failure) in
            let peer = PeerCredentials(pid: ProcessHandle.own, uid: Users.ownID, gid: 0)
            if let run = request.repeats { return try daemon.rerun(run: run, by: peer) }
            return try daemon.start(request, by: peer)
        }
    }

    /// Runs a script in a shadow: as the job of this name, by settings that were worked out outside.
    func runShadow(
        _ script: String, as job: String, settings: Value, at: Timestamp?, _ place: ConfigurationPlace,
        line: @escaping @Sendable (Value) -> Void
    ) throws(Failure) -> Value {
        try alone(place, line: line) { (daemon) throws(Failure) in
            try daemon.start(script, as: job, settings: settings, at: at)
        }
    }

    /// Makes a host for one run, which `start` starts; gives its lines and then its row.
    private func alone(
        _ place: ConfigurationPlace, line: @escaping @Sendable (Value) -> Void,
        start: (Daemon) throws(Failure) -> Int64
    ) throws(Failure) -> Value {
        // While this is the only thread: whoever ends this command ends its run, and the record says so.
        let signals = try terminationSignals()
        let daemon = try Daemon(place, executable: executable, isForOneRun: true)
        defer { daemon.close() }
        try daemon.load()
        let id = try start(daemon)
        _ = try? daemon.core.loop.watch(signals.descriptor) {
            if !signals.take().isEmpty { _ = daemon.parts.supervisor.cancel(id) }
        }
        var offset: Int64 = 0
        while true {
            let piece = try daemon.logs(run: id, from: offset, wait: 1)
            for text in piece.lines { line(text) }
            offset = piece.next
            if piece.ended { break }
        }
        let row = try daemon.run(id, wait: 0)
        _ = Waiting.answer { (done: @escaping @Sendable (Bool) -> Void) in daemon.stop(grace: 0) { done(true) } }
        return row
    }

    package func dryRun(_ request: DryRunRequest, _ place: ConfigurationPlace) throws(Failure) -> Value {
        let core = try HostCore(place, executable: executable, makesMissing: false)
        defer { core.close() }
        return try DryRun(core: core, request: request, place: place, now: SystemClock().now()).report()
    }

    package func specs(
        _ operands: [(name: String, path: Path)], only: String?, row: (Value) throws(Failure) -> Void
    ) throws(Failure) {
        for (name, path) in try SpecFiles.find(operands) {
            var unsaid: Failure?
            do throws(Failure) {
                try SpecRun(executable: executable).run(path, name: name, only: only) { value in
                    do throws(Failure) { try row(value) } catch { unsaid = unsaid ?? error }
                }
            } catch {
                try row(SpecRun.broken(error, spec: name, name: "the spec itself", line: nil))
            }
            if let unsaid { throw unsaid }
        }
    }

    package func queue(_ order: QueueOrder, _ place: ConfigurationPlace) throws(Failure) -> [Value] {
        let places = StatePlaces(try locate(place).stateDirectory)
        let owner = Users.owner(of: places.directory)
        guard owner == Users.ownID || owner == nil && !Users.isRoot else {
            throw Failure(
                code: "EPERM", "the state directory \(places.directory) belongs to another user, or is not there yet",
                cure: "run the command as the host's user, or start the host")
        }
        do throws(SystemError) {
            try Directories.create(places.directory, mode: 0o750)
            try Directories.create(places.store, mode: 0o700)
        } catch {
            throw error.failure()
        }
        // A host that starts meanwhile does no harm: two of them may write to one store.
        let store = try SQLiteStore(directory: places.store)
        defer { store.close() }
        return try QueueDesk(store: store).obey(order)
    }

    package func locate(
        _ place: ConfigurationPlace
    ) throws(Failure) -> (stateDirectory: Path, jobsDirectory: Path) {
        let core = try HostCore(place, executable: executable, makesMissing: false)
        defer { core.close() }
        let configuration = core.environment.configuration
        return (configuration.stateDirectory, configuration.jobsDirectory)
    }
}

extension EventLoop {
    /// Calls `body` every so many seconds until the returned function is called.
    fileprivate func beat(every seconds: Double, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        let running = Shared(true)
        beatOn(running, seconds, body)
        return { running.value.withLock { $0 = false } }
    }

    private func beatOn(_ running: Shared<Bool>, _ seconds: Double, _ body: @escaping @Sendable () -> Void) {
        after(seconds) { [weak self] in
            guard let self, running.value.withLock({ $0 }) else { return }
            body()
            self.beatOn(running, seconds, body)
        }
    }
}
