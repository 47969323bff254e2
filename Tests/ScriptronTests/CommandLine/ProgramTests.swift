import Glibc
import Synchronization
import Testing

@testable import Scriptron
@testable import scriptron

/// The whole command line against a host over its real socket.
@Suite("The command line") struct ProgramTests {
    /// What a command wrote.
    final class Output: Sendable {
        let texts = Mutex((output: "", errors: ""))
        var output: String { texts.withLock(\.output) }
        var errors: String { texts.withLock(\.errors) }
    }

    /// A process without a host inside, but for one run.
    struct Alone: HostCommands {
        func serve(_ place: ConfigurationPlace, ready: @escaping @Sendable (Value) -> Void) throws(Failure) -> Int32 {
            ready(["version": "1", "pid": 7, "state_dir": "/s", "jobs": ["loaded": 2, "broken": 1], "warnings": ["w"]])
            return 0
        }
        func settings(job: String, _ place: ConfigurationPlace) throws(Failure) -> [Value] {
            [["name": "alone", "type": "string", "value": .text(job), "source": "default"]]
        }
        func check(_ place: ConfigurationPlace, only: [String]) throws(Failure) -> CheckReport {
            CheckReport(findings: [["level": "error", "message": "unknown key `shedule`"]], jobs: [[:]])
        }
        func dryRun(_ request: DryRunRequest, _ place: ConfigurationPlace) throws(Failure) -> Value {
            ["job": .text(request.job ?? "?"), "script": .text(request.script), "outcome": "failed"]
        }
        func runAlone(
            _ request: StartRequest, _ place: ConfigurationPlace, line: @escaping @Sendable (Value) -> Void
        ) throws(Failure) -> Value {
            line(["time": 0.0, "level": "info", "message": "alone"])
            return ["id": 1, "job": .text(request.job), "outcome": "succeeded", "attempt": 1]
        }
        func specs(
            _ operands: [(name: String, path: Path)], only: String?, row: (Value) throws(Failure) -> Void
        ) throws(Failure) {
            for operand in operands {
                try row(["spec": .text(operand.name), "case": "works", "outcome": "passed"])
            }
        }
        func queue(_ order: QueueOrder, _ place: ConfigurationPlace) throws(Failure) -> [Value] {
            [["id": 7, "queue": .text("alone"), "new": true]]
        }
        func locate(_ place: ConfigurationPlace) throws(Failure) -> (stateDirectory: Path, jobsDirectory: Path) {
            (place.base.appending("elsewhere"), place.base.appending("jobs"))
        }
    }

    let directory: TemporaryDirectory
    private let output = Output()

    init() throws { directory = try TemporaryDirectory() }

    /// Does what the words say, in a working directory with a configuration; `host` answers, where there is one.
    private func scriptron(_ words: String..., host: FakeHost? = nil) throws -> ExitCode {
        try scriptron(words, host: host)
    }

    private func scriptron(_ words: [String], host: FakeHost? = nil) throws -> ExitCode {
        try directory.file("scriptron.lua", "return {}")
        let socket = try directory.directory("var").appending("scriptron.sock")
        let server = try host.map { try ControlServer(socket: socket, owner: getuid(), host: $0) }
        defer { server?.stop() }
        let output = output
        let console = Console(
            style: TextStyle(), isTerminal: false, output: { text in output.texts.withLock { $0.output += text } },
            errors: { text in output.texts.withLock { $0.errors += text } })
        let finder = HostFinder(
            workingDirectory: directory.path, isRoot: false, variable: { _ in nil },
            owner: { (try? FileStatus.of($0, follow: true))?.uid })
        let time = TimeText(zone: .utc, now: Timestamp(seconds: 0))
        return Program.run(words, CommandContext(console: console, local: Alone(), finder: finder, time: time))
    }

    @Test("--version prints the version") func version() throws {
        #expect(try scriptron("--version") == .done)
        #expect(output.output == Scriptron.version + "\n")
    }

    @Test("Help fits 80 columns, of the whole and of every command") func help() throws {
        #expect(try scriptron("help") == .done)
        for command in Program.commands { #expect(try scriptron(command.syntax.name, "--help") == .done) }
        #expect(output.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(output.errors.isEmpty)
    }

    @Test("A command that is none names the nearest") func unknown() throws {
        #expect(try scriptron("histroy") == .usage)
        #expect(output.errors == "scriptron: there is no command \"histroy\"; did you mean scriptron history\n")
    }

    @Test("--json prints an object a row, as the host gave it") func json() throws {
        let host = FakeHost(rows: [["id": 2, "job": "a"], ["id": 1, "job": "b"]])
        #expect(try scriptron("history", "b", "-n", "5", "--json", host: host) == .done)
        #expect(output.output == "{\"id\":2,\"job\":\"a\"}\n{\"id\":1,\"job\":\"b\"}\n")
        #expect(host.asked == ["history b - 0 5"])
    }

    @Test(
        "What is wrong decides the exit code",
        arguments: [
            ("ENOJOB", ExitCode.missing), ("ENORUN", .missing), ("EUSAGE", .usage), ("EDENIED", .failed),
            ("ECONFLICT", .failed), ("EIO", .failed),
        ])
    func failures(code: String, exit: ExitCode) throws {
        #expect(try scriptron("settings", "a", host: FakeHost(failure: Failure(code: code, "it is so"))) == exit)
        #expect(output.errors == "scriptron: it is so\n")
    }

    @Test("A table of the API is explained by its name, in capitals or not", arguments: ["Needs", "needs", "limits"])
    func tables(name: String) throws {
        #expect(try scriptron("api", name, host: FakeHost()) == .done)
        #expect(output.output.contains(name.lowercased() == "needs" ? "secrets?" : "scratch_files?"))
    }

    @Test("pause, resume and drain say what they did, and until when") func pauses() throws {
        let host = FakeHost(rows: [["running": 2, "waiting": 1, "paused": [], "resumed": []]])
        #expect(try scriptron("pause", "backup", "sweep", "--for", "1h", host: host) == .done)
        #expect(try scriptron("pause", host: host) == .done)
        #expect(try scriptron("drain", host: host) == .done)
        #expect(
            output.output.split(whereSeparator: \.isWhitespace).joined(separator: " ") == """
                2 jobs are paused: fire times are skipped until 1970-01-01 01:00:00, or scriptron resume backup sweep. \
                All jobs are paused: fire times are skipped until scriptron resume. \
                Nothing starts until scriptron resume; 2 runs go on, 1 waits.
                """)
        let user = getuid()
        #expect(
            host.asked == [
                "pause backup,sweep false 3600.0 \(user)", "pause  false 0.0 \(user)", "pause  true 0.0 \(user)",
            ])
        #expect(try scriptron("pause", "--for", "soon", host: host) == .usage)
    }

    @Test("drain --wait asks until nothing runs") func drain() throws {
        let shared = Mutex<FakeHost?>(nil)
        // While it waits the last run ends.
        let host = FakeHost(rows: [["running": 1]]) {
            shared.withLock { host in host?.state.withLock { $0.rows = [["running": 0]] } }
        }
        shared.withLock { $0 = host }
        defer { shared.withLock { $0 = nil } }
        #expect(try scriptron("drain", "--wait", host: host) == .done)
        #expect(output.output == "Nothing starts until scriptron resume; nothing runs.\n")
        #expect(host.asked == ["pause  true 0.0 \(getuid())", "pauses 10.0", "pauses 10.0"])
    }

    @Test("resume tells what is over, and what still is paused") func resume() throws {
        let row: Value = ["job": "a", "kind": "pause", "since": 0.0, "until": 0.0, "by": "anna"]
        let left: Value = ["job": "@host", "kind": "pause", "since": 0.0, "until": nil, "by": "root"]
        let host = FakeHost(rows: [["resumed": [row], "paused": [left]]])
        #expect(try scriptron("resume", "a", host: host) == .done)
        #expect(
            output.output == """
                Over: a was paused since 1970-01-01 00:00:00 by anna.
                Still: all jobs are paused since 1970-01-01 00:00:00 by root.

                """)
    }

    @Test("rerun repeats a run on the host, or alone") func rerun() throws {
        let host = FakeHost(rows: [["id": 1, "job": "a", "outcome": "succeeded"]])
        #expect(try scriptron("rerun", "7", "--detach", host: host) == .done)
        #expect(output.output == "1\n" && host.asked == ["rerun 7 \(getuid())"])
        #expect(try scriptron("rerun", "x", host: host) == .usage)
        #expect(try scriptron("rerun", "7") == .done)
        #expect(output.output.contains("alone"))
    }

    @Test("A host that cannot be reached is exit code 4") func unreachable() throws {
        #expect(try scriptron("status", "--socket", "nowhere") == .unreachable)
        let text = "no host answers at \(directory.path.appending("nowhere")) (there is no such socket); start one with"
        #expect(output.errors.contains(text), "\(output.errors)")
    }

    @Test(
        "A host of another user is not one that is not there",
        .enabled(if: getuid() == 0 && RanProgram.isThere("setpriv"), "needs root and setpriv"))
    func forbidden() throws {
        chmod(directory.path.text, 0o755)
        // Where the tests lie, another user may not be able to execute it.
        _ = try RanProgram.run("/bin/cp", [try RanProgram.own("scriptron").text, directory.path.text])
        try directory.directory("hidden", mode: 0o700)
        let server = try ControlServer(
            socket: try directory.directory("open").appending("s.sock"), owner: 0, host: FakeHost())
        defer { server.stop() }
        func command(_ words: String...) throws -> String {
            let program = directory.path.appending("scriptron").text
            let user = ["--reuid=65534", "--regid=65534", "--clear-groups"]
            return try RanProgram.run("/usr/bin/setpriv", user + [program] + words).output
        }
        func status(_ socket: String) throws -> String {
            try command("status", "--socket", directory.path.appending(socket).text)
        }
        #expect(try status("hidden/s.sock").contains("nobody may not look into \(directory.path.text)/hidden"))
        #expect(try status("open/s.sock").contains("belongs to root, and takes no commands of nobody"))
        #expect(try status("open/none.sock").contains("start one with scriptron serve"))
        // Nor is what this user may not see not there.
        let file = try directory.file("hidden.lua", "return { state_dir = \"hidden\" }").text
        try directory.directory("jobs")
        let doctor = try command("doctor", "--config", file)
        #expect(
            doctor.contains("nobody may not look at it") && doctor.contains("nobody may not look into"), "\(doctor)")
    }

    @Test("run starts, follows the log, and ends as the run did") func run() throws {
        let host = FakeHost(
            rows: [["id": 1, "job": "a", "outcome": "failed", "error": "boom", "attempt": 1]],
            log: [["time": 0.0, "level": "warn", "message": "one"], ["time": 1.0, "level": "info", "message": "two"]])
        #expect(try scriptron("run", "jobs/a.lua", "--set", "b=c", "--grant", "write=/srv", host: host) == .failed)
        #expect(
            output.output == """
                00:00:00 warn  one
                00:00:01 info  two
                Run 1 of a: failed
                  boom

                """)
        let request = host.state.withLock { $0.started.first?.request }
        #expect(
            request
                == StartRequest(
                    job: directory.path.appending("jobs/a.lua").text, sets: ["b=c"], grants: ["write=/srv"]))
    }

    @Test("run --detach prints the number at once") func detach() throws {
        #expect(try scriptron("run", "a", "--detach", host: FakeHost(rows: [[:], [:]])) == .done)
        #expect(output.output == "2\n")
    }

    @Test("run without a host is a host of one run, but not where a socket was named") func alone() throws {
        #expect(try scriptron("run", "a", "--socket", "s") == .unreachable)
        #expect(output.output.isEmpty)
        #expect(try scriptron("run", "a") == .done)
        #expect(output.output == "00:00:00 info  alone\nRun 1 of a: succeeded\n")
    }

    @Test("logs of a job are those of its newest run with an attempt") func logs() throws {
        let host = FakeHost(
            rows: [["id": 9, "attempt": 0], ["id": 8, "attempt": 2]],
            log: [["time": 0.0, "level": "info", "message": "said"]])
        #expect(try scriptron("logs", "a", "--json", host: host) == .done)
        #expect(output.output == "{\"level\":\"info\",\"message\":\"said\",\"time\":0.0}\n")
        #expect(host.asked.last == "logs 8 0 0.0")
    }

    @Test("test takes a script's path and tells failure by the exit code") func dryRun() throws {
        #expect(try scriptron("test", "./a.lua", "--as", "b", "--json") == .failed)
        let script = directory.path.appending("a.lua").text
        #expect(output.output == "{\"job\":\"b\",\"outcome\":\"failed\",\"script\":\"\(script)\"}\n")
    }

    @Test("check fails where something is wrong") func check() throws {
        #expect(try scriptron("check") == .failed)
        let file = directory.path.appending("scriptron.lua").text
        let text = "error: unknown key `shedule`\n\(file), 1 job: 1 error, 0 warnings.\n"
        #expect(output.output.replacing("\n  ", with: " ") == text)
    }

    @Test("next --schedule needs no host, and says what a schedule means") func nextOfSchedule() throws {
        let paris = ["--timezone", "Europe/Paris", "--after", "2026-03-28T12:00"]
        #expect(try scriptron(["next", "--schedule", "30 2 * * *"] + paris + ["-n", "2"]) == .done)
        let lines = output.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "30 2 * * *: at 02:30, every day.")
        #expect(lines[1].hasPrefix("Times of day:"))
        #expect(lines[4].hasPrefix("FIRE TIME") && lines[4].hasSuffix("NOTE"))
        #expect(lines[5].hasPrefix("2026-03-29T03:00:00+02:00  ") && lines[5].hasSuffix("  the clock skips 02:30"))
        #expect(lines[6].hasPrefix("2026-03-30T02:30:00+02:00  "))
    }

    @Test("next --schedule --json has a row a fire time") func nextAsJSON() throws {
        #expect(
            try scriptron("next", "--schedule", "0 3 * * *", "--timezone", "UTC", "--after", "0", "-n", "2", "--json")
                == .done)
        let rows = try output.output.split(separator: "\n").map { try JSON.decode(String($0)) }
        #expect(rows.map { $0["fire_time"]?.double } == [10800, 97200])
        #expect(rows[0]["local"] == "1970-01-01T03:00:00+00:00")
        #expect(rows[0]["schedule"] == ["0 3 * * *"] && rows[0]["words"] == ["at 03:00, every day"])
        #expect(rows[0]["effect"] == .null)
    }

    @Test("What ~ stands for is the choice of the job that is named") func nextOfChoice() throws {
        func firsts(_ words: String...) throws -> [Double?] {
            #expect(
                try scriptron(
                    ["next"] + words
                        + ["--schedule", "~ ~ * * *", "--timezone", "UTC", "--after", "0", "-n", "1", "--json"])
                    == .done)
            return try output.output.split(separator: "\n").map { try JSON.decode(String($0))["fire_time"]?.double }
        }
        let times = try [firsts("j").last, firsts("backup").last, firsts("j").last]
        #expect(times == [85380, 45240, 85380])
    }

    @Test("next --schedule points at the character that is wrong") func nextOfWrongSchedule() throws {
        #expect(try scriptron("next", "--schedule", "0 3 * * *", "--schedule", "0 25 * * *") == .usage)
        #expect(
            output.errors.hasPrefix("    0 25 * * *\n      ^\nscriptron: schedule `0 25 * * *`, character 3: 25 is"))
        #expect(try scriptron("next", "--after", "0") == .usage)
    }

    @Test("init makes a directory once, and never overwrites") func initialize() throws {
        #expect(try scriptron("init", "new/place") == .done)
        let file = directory.path.appending("new/place/scriptron.lua")
        #expect(try Files.readSmall(file) == Shipped.files.first { $0.path == "scriptron.lua" }?.bytes)
        try directory.file("new/place/scriptron.lua", "mine")
        #expect(try scriptron("init", "new/place") == .done)
        #expect(try Files.readSmall(file) == Array("mine".utf8))
    }
}
