import Glibc
import Testing

@testable import Scriptron

/// Jobs that look at and change units of a real systemd, which runs as the first process of namespaces of its own; the
/// host of one run is started in them.
@Suite("End to end: units of systemd", .timeLimit(.minutes(15))) struct EndToEndServiceTests {
    private static let canBoot =
        getuid() == 0 && (try? FileStatus.of("/lib/systemd/systemd", follow: true)) ?? nil != nil
        && RanProgram.isThere("systemctl") && RanProgram.isThere("nsenter")

    private static let job = """
        return job {
          settings = { unit = "demo", act = "reload" },
          needs = function() return { service = { "demo", "fixed.service", "absent" } } end,
          run = function(settings)
            local before = service.active(settings.unit)
            if settings.act ~= "look" then service[settings.act](settings.unit, { timeout = "20s" }) end
            return { before = before, after = service.active(settings.unit) }
          end,
        }
        """

    /// A systemd, whose end is the test's.
    private final class Machine {
        let process: ProcessHandle
        /// The systemd itself, by its number here.
        let pid: Int32

        init(_ host: EndToEndHost) async throws {
            try host.write("units/probe.target", "[Unit]\nDefaultDependencies=no\n")
            try host.write(
                "units/demo.service",
                """
                [Unit]
                DefaultDependencies=no
                [Service]
                ExecStart=/bin/sleep 1000
                ExecReload=/bin/sh -c 'echo reloaded >>\(host.at("done").text)'
                """)
            try host.write(
                "units/fixed.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 1000\n")
            // This file is Tests/ScriptronTests/Host/EndToEndServiceTests.swift.
            let script = Path(#filePath).parent.parent.parent.appending("Support/Systemd/boot.sh")
            let started = try await host.shell(
                "unshare --pid --fork --kill-child --mount --uts --ipc --net --cgroup \(script.text) "
                    + "\(host.at("units").text) >\(host.at("boot.log").text) 2>&1 </dev/null & echo $!")
            let number = try #require(Int32(started.output.split(separator: "\n").first ?? ""))
            process = try ProcessHandle(pid: number)
            pid = try await host.eventually("systemd is up") { () -> Int32? in
                let path = Path("/proc/\(number)/task/\(number)/children")
                let child = (try? Files.readSmall(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
                guard let pid = Int32(child.split(separator: " ").first ?? "") else { return nil }
                let state = try await host.shell("nsenter -t \(pid) -a systemctl is-active probe.target")
                return state.output.hasPrefix("active") ? pid : nil
            }
        }

        deinit { process.kill() }
    }

    @Test("Looked at, reloaded, restarted; refused where it cannot be, and planned", .enabled(if: canBoot))
    func units() async throws {
        let host = try EndToEndHost(
            "return { ceiling = { service = { \"demo\", \"fixed\", \"absent\" } } }", jobs: ["units": Self.job])
        try host.directory("units")
        let machine = try await Machine(host)
        func inside(_ words: String) async throws -> EndToEndHost.Answer {
            try await host.shell("cd \(host.at("").text) && nsenter -t \(machine.pid) -a \(words)")
        }
        func run(_ words: String) async throws -> Value {
            let answer = try await inside(
                "env SCRIPTRON_CONFIG=\(host.at("scriptron.lua").text) timeout -k 10 60 \(TestBinary.path.text) "
                    + "run --json units \(words) </dev/null")
            return try #require(answer.rows.last, "\(answer.text)")
        }
        // Not started yet.
        #expect(try await run("--set act=look")["result"]?["before"] == false)
        let early = try await run("")
        #expect(
            early["outcome"]?.text == "failed" && early["error"]?.text?.contains("nothing to reload") == true,
            "\(early)")
        let restarted = try await run("--set act=restart")
        #expect(restarted["result"] == ["before": false, "after": true], "\(restarted)")
        let main = try await inside("systemctl show --property=MainPID --value demo").output
        let reloaded = try await run("")
        #expect(reloaded["result"] == ["before": true, "after": true], "\(reloaded)")
        #expect(try Files.readSmall(host.at("done")) == Array("reloaded\n".utf8))
        // A dry run looks, and does nothing.
        let plan = try await inside(
            "env SCRIPTRON_CONFIG=\(host.at("scriptron.lua").text) \(TestBinary.path.text) test --json units "
                + "--set act=restart </dev/null")
        #expect(plan.rows.last?["plan"]?.list?.first?["effect"] == "restart", "\(plan.text)")
        #expect(try await inside("systemctl show --property=MainPID --value demo").output == main)
        _ = try await run("--set act=restart")
        #expect(try await inside("systemctl show --property=MainPID --value demo").output != main)
        // What cannot be done.
        _ = try await run("--set unit=fixed --set act=restart")
        let fixed = try await run("--set unit=fixed")
        #expect(fixed["error"]?.text?.contains("cannot be reloaded") == true, "\(fixed)")
        let absent = try await run("--set unit=absent --set act=restart")
        #expect(absent["error"]?.text?.contains("no such unit") == true, "\(absent)")
        let other = try await run("--set unit=probe --set act=restart")
        #expect(other["error"]?.text?.contains("may not touch probe.service") == true, "\(other)")
    }

    @Test("Without a systemd nothing is known, and a change says so; the ceiling bounds units") func without()
        async throws
    {
        let host = try EndToEndHost(
            "return { ceiling = { service = { \"demo\", \"fixed\", \"absent\" } } }", jobs: ["units": Self.job])
        let isBooted = (try? FileStatus.of("/run/systemd/system", follow: true)) ?? nil != nil
        if !isBooted {
            #expect(try await host.run("units", "--set", "act=look")["result"]?["before"] == nil)
            let row = try await host.run("units", "--set", "act=restart")
            #expect(row["error"]?.text?.contains("no systemd runs this machine") == true, "\(row)")
        }
        try host.write("scriptron.lua", "return { ceiling = { service = \"demo\" } }")
        let check = try await host.command("check")
        #expect(check.text.contains("the ceiling forbids absent.service"), "\(check.text)")
        #expect(check.code == 1)
    }
}
