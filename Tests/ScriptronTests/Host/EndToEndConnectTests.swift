import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: what a job connects to", .timeLimit(.minutes(15)))
struct EndToEndConnectTests {
    /// Words before the host's command: nothing, or those that make it a plain user's.
    static var hosts: [String] {
        getuid() == 0 ? ["", "setpriv --reuid=65534 --regid=65534 --clear-groups"] : [""]
    }

    @Test(
        .enabled(if: BrokerReach.probe() != .none, "this machine does not let connections be answered"),
        arguments: hosts)
    func `A program reaches what is granted, and its refusals are in the record`(host words: String) async throws {
        let (server, other) = (try LocalServer(), try LocalServer())
        let host = try EndToEndHost(
            "return { jobs = { reaches = { settings = { port = \(server.port), other = \(other.port) } } } }",
            jobs: [
                "reaches": """
                return job {
                  settings = { port = option.number(1), other = option.number(1) },
                  needs = function(settings)
                    return { run = { "bash" }, connect = { ("127.0.0.1:%d"):format(settings.port) } }
                  end,
                  run = function(settings)
                    local function reach(port)
                      local text = ("exec 3<>/dev/tcp/127.0.0.1/%d"):format(port)
                      return process.run({ "bash", "-c", text }, { expect = { 0, 1 } }).code == 0
                    end
                    return {
                      program = reach(settings.port), other = reach(settings.other),
                      script = net.tcp("127.0.0.1", settings.port).reachable,
                      named = pcall(net.tcp, "127.0.0.1", settings.other),
                    }
                  end,
                }
                """
            ], as: words)
        host.mode(".", 0o755)
        if !words.isEmpty { _ = try await host.shell("chown -R 65534:65534 \(host.at(".").text)") }
        try await host.start()
        let row = try await host.run("reaches")
        #expect(
            row["result"] == ["program": true, "other": false, "script": true, "named": false],
            "\(row["error"]?.text ?? "")")
        #expect(row["sandbox"]?.text?.contains("broker") == true)
        let details = try await host.command("show", "--json", "\(row["id"]?.integer ?? 0)").rows.first
        let refusals = details?["refusals"]?.list?.compactMap(\.text) ?? []
        #expect(
            refusals.contains { $0.contains("job reaches: bash may not connect to 127.0.0.1:\(other.port)") },
            "\(refusals)")
        #expect(refusals.contains { $0.contains("connect = { \"127.0.0.1:\(other.port)\" }") })
        try await host.stop()
        withExtendedLifetime((server, other)) {}
    }

    @Test(.enabled(if: BrokerReach.probe() != .none, "this machine does not let connections be answered"))
    func `A connection that hangs ends with its attempt, and with its host`() async throws {
        let full = try LocalServer("127.0.0.1", .full)
        let script = """
            return job {
              timeout = "TIME",
              needs = function() return { run = { "bash" }, connect = { "127.0.0.1:\(full.port)" } } end,
              run = function() process.run { "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(full.port)" } end,
            }
            """
        let host = try EndToEndHost(
            jobs: [
                "short": script.replacing("TIME", with: "2s"), "long": script.replacing("TIME", with: "10m"),
            ])
        host.mode(".", 0o755)
        try await host.start()
        let row = try await host.run("short")
        #expect(row["outcome"]?.text == "timed_out", "\(row["error"]?.text ?? "")")
        async let ended = host.command("run", "long")
        let marker = "/dev/tcp/127.0.0.1/\(full.port)"
        let pids = try await host.eventually("the program hangs") {
            let pids = EndToEndHost.processes(with: marker).filter { Self.isConnecting($0) }
            return pids.isEmpty ? nil : pids
        }
        kill(host.pid, SIGKILL)
        _ = try await ended
        try await host.eventually("the program is gone with its host") {
            EndToEndHost.processes(with: marker).isEmpty ? true : nil
        }
        #expect(!pids.isEmpty)
        withExtendedLifetime(full) {}
    }

    /// Words that give a host a network of its own, in which there is one public address, and a table of names.
    private static func ownNetwork(_ hosts: Path) -> String {
        let script = "mount --bind \(hosts.text) /etc/hosts && ip link set lo up && ip address add 5.5.5.5/32 dev lo"
        return "unshare --net --mount sh -c '\(script) && exec \"$0\" \"$@\"'"
    }

    @Test(
        .enabled(if: getuid() == 0 && RanProgram.isThere("ip"), "needs root, and ip"),
        .enabled(if: BrokerReach.probe() != .none, "this machine does not let connections be answered"))
    func `A pattern of names lets a program reach what the script had resolved`() async throws {
        let table = try TemporaryDirectory()
        let hosts = try table.file("hosts", "127.0.0.1 localhost\n5.5.5.5 a.example.org\n127.0.0.1 b.example.org\n")
        let script = """
            return job {
              needs = function() return { run = { "bash" }, connect = { "*.example.org:443" } } end,
              run = function()
                local answers = {}
                for _, name in ipairs { NAMES } do
                  local _, answer = pcall(net.tcp, name, 443)
                  answers[name] = answer.code
                end
                local text = "exec 3<>/dev/tcp/5.5.5.5/443"
                local ended = process.run({ "bash", "-c", text }, { expect = { 1 } })
                answers.program = ended.stderr:match("Permission denied") or ended.stderr:match("Connection refused")
                return answers
              end,
            }
            """
        let host = try EndToEndHost(
            jobs: [
                "asks": script.replacing("NAMES", with: "\"a.example.org\", \"b.example.org\", \"a.example.com\""),
                "silent": script.replacing("NAMES", with: ""),
            ], as: Self.ownNetwork(hosts))
        host.mode(".", 0o755)
        try await host.start()
        let asks = try await host.run("asks")
        // Nobody listens there: to be refused by the kernel is to be let through.
        #expect(
            asks["result"] == [
                "a.example.org": "ECONNREFUSED", "b.example.org": "EGRANT", "a.example.com": "EGRANT",
                "program": "Connection refused",
            ], "\(asks["error"]?.text ?? "")")
        let silent = try await host.run("silent")
        #expect(silent["result"] == ["program": "Permission denied"], "\(silent["error"]?.text ?? "")")
        try await host.stop()
    }

    /// Whether a process is in connect(2).
    private static func isConnecting(_ pid: Int32) -> Bool {
        let call = (try? Files.readSmall(Path("/proc/\(pid)/syscall"))) ?? []
        let number = String(decoding: call, as: UTF8.self).prefix { $0 != " " }
        // On x86-64, and on arm64.
        return number == "42" || number == "203"
    }
}
