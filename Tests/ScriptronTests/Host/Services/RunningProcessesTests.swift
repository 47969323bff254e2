import Glibc
import Testing

@testable import Scriptron

@Suite("RunningProcesses") struct RunningProcessesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A process of a program of our own name, killed in the end.
    private final class Sleeper {
        let name: String
        let pid: Int32
        private var isReaped = false

        init(_ directory: TemporaryDirectory) throws {
            name = "sleeper-\(UInt32.random(in: 0 ... .max))"
            let program = directory.path.appending(name)
            try StateFiles.open(program, .write).write(try Files.readSmall("/bin/sleep", max: 8 << 20))
            guard program.withCString({ chmod($0, 0o755) }) == 0 else { throw SystemError.current("chmod") }
            pid = try startWhenFree(program, [name, "1000"])
        }

        /// Waits for its end; the signal that ended it.
        func end() -> Int32? {
            isReaped = true
            guard case .exit(let exit) = ProcessExit.reap(pid: pid, wait: true) else { return nil }
            return exit.signal
        }

        deinit {
            if isReaped { return }
            kill(pid, SIGKILL)
            _ = end()
        }
    }

    private func pidfile(_ text: String, age: Int = 0) throws -> Descriptor {
        let path = try directory.file("service.pid", text)
        var now = timeval()
        gettimeofday(&now, nil)
        now.tv_sec -= age
        _ = path.withCString { utimes($0, [now, now]) }
        return try PathWalk.open(try path.resolvingLinks())
    }

    @Test("A process is found by its program's name, with its user, start and command") func find() throws {
        let sleeper = try Sleeper(directory)
        let found = try RunningProcesses().find(.name(sleeper.name))
        #expect(found.map(\.facts.pid) == [sleeper.pid])
        let value = found.first?.value
        #expect(value?["name"]?.text == sleeper.name)
        #expect(value?["command"]?.text == "\(sleeper.name) 1000")
        #expect(value?["user"]?.text == Users.ownName)
        let started = try #require(value?["started"]?.double)
        #expect(abs(started - Double(time(nil))) < 60)
        #expect(try RunningProcesses().find(.name("no-such-program-anywhere")).isEmpty)
    }

    @Test("A granted name is signalled, once each") func signal() throws {
        let sleeper = try Sleeper(directory)
        #expect(try RunningProcesses().signal(.name(sleeper.name), SIGUSR1, allowed: [sleeper.name]) == 1)
        #expect(sleeper.end() == SIGUSR1)
        #expect(try RunningProcesses().signal(.name(sleeper.name), SIGUSR1, allowed: [sleeper.name]) == 0)
    }

    @Test("Another name than the granted ones is refused, by name and by pidfile") func refused() throws {
        let sleeper = try Sleeper(directory)
        let targets: [RunningProcesses.Target] = [.name(sleeper.name), .pidfile(try pidfile("\(sleeper.pid)\n"))]
        for target in targets {
            let error = #expect(throws: Failure.self) {
                try RunningProcesses().signal(target, SIGTERM, allowed: ["nginx"])
            }
            #expect(error?.code == "EGRANT")
            #expect(error?.cure?.contains("signal = { \"\(sleeper.name)\" }") == true)
        }
        #expect(try RunningProcesses().signal(.name(sleeper.name), SIGKILL, allowed: [sleeper.name]) == 1)
        #expect(sleeper.end() == SIGKILL)
    }

    @Test("A pidfile names its process, but not one that started later with the same number") func pidfile() throws {
        let sleeper = try Sleeper(directory)
        let processes = RunningProcesses()
        #expect(try processes.find(.pidfile(try pidfile("\(sleeper.pid)\n"))).map(\.facts.pid) == [sleeper.pid])
        #expect(try processes.find(.pidfile(try pidfile("  \(sleeper.pid) extra\n"))).count == 1)
        #expect(try processes.find(.pidfile(try pidfile("\(sleeper.pid)\n", age: 3600))).isEmpty)
        for text in ["", "no\n", "-1\n", "0\n", "99999999\n", "4711abc\n"] {
            #expect(try processes.find(.pidfile(try pidfile(text))).isEmpty, "\(text)")
        }
        #expect(try processes.find(.pidfile(nil)).isEmpty)
    }

    @Test("This host itself is never signalled") func own() throws {
        let own = try #require(try RunningProcesses().find(.pidfile(try pidfile("\(getpid())\n"))).first)
        let target = RunningProcesses.Target.pidfile(try pidfile("\(getpid())\n"))
        #expect(try RunningProcesses().signal(target, SIGKILL, allowed: [own.facts.name]) == 0)
    }

    @Test(
        "Signals go by their names",
        arguments: [
            ("HUP", SIGHUP), ("SIGHUP", SIGHUP), ("usr1", SIGUSR1), ("9", SIGKILL), ("0", nil), ("65", nil), ("", nil),
            ("SIG", nil), ("NOPE", nil),
        ] as [(String, Int32?)]
    ) func names(_ row: (text: String, number: Int32?)) { #expect(SignalName.number(row.text) == row.number) }
}

/// Starts a program. A process that another test starts right now may hold its file open for writing (ETXTBSY) until it
/// becomes its own program.
private func startWhenFree(_ program: Path, _ arguments: [String]) throws -> Int32 {
    let null = try StateFiles.open("/dev/null", .read)
    while true {
        do {
            return try Spawn.start(program, arguments, environment: [], socket: null)
        } catch {
            guard error.number == ETXTBSY else { throw error }
            _ = Semaphore().wait(seconds: 0.01)
        }
    }
}
