/// Effects that happen: through `Platform`, by descriptors of directories, and through the host.
package final class LiveEffects: Effects {
    /// What an attempt's effects act with.
    package struct Settings {
        package var services: any HostServices
        package var grant: Grant
        /// Where programs start: the folder of the configuration.
        package var base: Path
        /// The run's own directory.
        package var scratch: Path?
        /// The name of the job's zone, for programs (TZ).
        package var zone: String?
        /// When the attempt's time is over, on the monotonic clock.
        package var deadline: Double
        /// How many seconds before it what waits or works ends (`EDEADLINE`), so that the script can still say or keep
        /// something.
        package var margin = 0.0
        /// Seconds between SIGTERM and SIGKILL for programs that overrun.
        package var grace: Double = 3
        /// Whether orphans are reaped while programs run: the worker is an init or a subreaper, a test is not.
        package var reapsOrphans = true
        /// The most memory that each program may map, in bytes; nil: no limit of its own.
        package var programAddressSpace: Int64?
        /// Of the threads that make calls at once; the script's has it.
        package var turn = Turn()

        package init(
            services: any HostServices, grant: Grant, base: Path, scratch: Path?, zone: String?, deadline: Double
        ) {
            self.services = services
            self.grant = grant
            self.base = base
            self.scratch = scratch
            self.zone = zone
            self.deadline = deadline
        }

        /// When what waits or works ends.
        var patience: Double { deadline - margin }
    }

    let settings: Settings
    /// Directories that were walked, so that what a walk told is removed below the same directory.
    var walked: [(path: Path, directory: Directory)] = []
    /// The directory of the last removal: entries of one directory come one after the other.
    var lastParent: (path: Path, directory: Directory)?
    /// What requests are made with, each by one at a time: they keep connections open between them.
    var clients: [TransferClient] = []

    package init(_ settings: Settings) { self.settings = settings }

    package var isDry: Bool { false }
    package var asksNetwork: Bool { true }
    package func isContentKnown(_ path: CheckedPath) throws(Failure) -> Bool { true }

    // The host and the clock.

    package func request(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value {
        // What is told to the host takes no time: it is taken to the last moment.
        try checkDeadline(service.rawValue, settings.deadline)
        // Or the directory that is kept open for the next removal would itself be in use.
        if service == .openAny || service == .openers { lastParent = nil }
        guard service == .lockHold else { return try settings.services.request(service, arguments) }
        var arguments = arguments
        let left = max(0, settings.patience - Monotonic.now)
        let wait = arguments["wait"]?.double ?? 0
        arguments["wait"] = .number(min(wait, left))
        let answer = try settings.services.request(service, arguments)
        if answer.isNull, wait > left { try checkDeadline("lock.hold") }
        return answer
    }

    package func post(_ note: WorkerNote) { settings.services.post(note) }

    package var turn: Turn? { settings.turn }

    package func apart<Result>(_ body: () throws -> Result) rethrows -> Result {
        try settings.turn.apart { _ in try body() }
    }

    package func now() -> Timestamp { SystemClock().now() }
    package func steady() -> Double { Monotonic.now }

    package func sleep(seconds: Double) throws(Failure) {
        let until = Monotonic.now + seconds
        let end = min(until, settings.patience)
        settings.turn.apart { mark in
            guard let mark else { return Monotonic.sleep(until: end) }
            while !mark.isCancelled, case let now = Monotonic.now, now < end {
                Monotonic.sleep(until: min(end, now + 0.05))
            }
        }
        if until > settings.patience || settings.turn.mark != nil { try checkDeadline("time.sleep") }
    }

    package func connect(addresses: [String], port: UInt16, timeout: Double) throws(Failure) -> Double {
        try checkDeadline("net.tcp")
        let until = min(Monotonic.now + timeout, settings.patience)
        var last = SystemError.noAddress
        for address in addresses {
            do throws(SystemError) {
                return try settings.turn.apart { (_) throws(SystemError) in
                    try ConnectProbe.connect(address, port: port, until: until)
                }
            } catch {
                last = error
            }
        }
        try checkDeadline("net.tcp")
        throw last.failure()
    }

    /// Fails where the attempt's time is over, but for what is left to the script alone (or at `end`), or the call was
    /// given up. Lets other calls of `parallel` go on.
    func checkDeadline(_ call: String, _ end: Double? = nil) throws(Failure) {
        settings.turn.yield()
        if Monotonic.now >= end ?? settings.patience { throw Self.overdue(call) }
        if settings.turn.mark?.isCancelled == true { throw Self.cancelled(call) }
    }

    /// The failure of a call of `parallel` that was ended because another one failed.
    static func cancelled(_ call: String) -> Failure {
        Failure(code: "ECANCELED", "\(call): given up, for another call of parallel failed")
    }

    /// The failure of a call that the attempt has no more time for.
    static func overdue(_ call: String) -> Failure {
        Failure(
            code: "EDEADLINE", "\(call): the run's timeout is over",
            cure: "raise the job's timeout, or do less a run")
    }

    // Helpers of the file operations.

    /// The directory that holds a path, and its last name there.
    func place(_ path: Path, _ call: String) throws(Failure) -> (directory: Directory, name: [UInt8]) {
        do throws(SystemError) {
            let name = path.name
            if name.isEmpty { return (try Directory(path), [UInt8(ascii: ".")]) }
            return (try Directory(path.parent), name)
        } catch {
            throw failure(error, call, path)
        }
    }

    /// Runs `body` with its system errors told by the call and the path.
    func told<Result>(
        _ call: String, _ path: Path, _ body: () throws -> Result
    ) throws(Failure) -> Result {
        do {
            return try body()
        } catch let error as SystemError {
            throw failure(error, call, path)
        } catch let error as RegularFile.OpenError {
            switch error {
            case .system(let error): throw failure(error, call, path)
            case .notRegular(let kind): throw FileFailure.notRegular(kind, call, path)
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(code: "EINTERNAL", "\(call) \(path.text): \(error)")
        }
    }

    /// Whether the path itself was granted: it is neither renamed nor removed, and a file is written in place.
    func isGrantRoot(_ path: Path) -> Bool { settings.grant.write.contains(path) }

    /// Refuses to take away what the grant names.
    func spareGrantRoot(_ path: Path, _ call: String) throws(Failure) {
        guard isGrantRoot(path) else { return }
        throw Failure(
            code: "EGRANT", "\(call) \(path.text): the job may write in it, not take it away",
            cure: "let the write need name the directory that holds it")
    }

    /// The mode that the sandbox lets a job set: set-id bits only with the need `setid`.
    func allowedMode(_ mode: UInt32) -> UInt32 { settings.grant.setid ? mode : mode & 0o1777 }
}
