import Glibc
import Testing

@testable import Scriptron
@testable import scriptron

/// `run --learn`: what it prints serves, and nothing of it is too much.
@Suite("End to end: a run learns its needs", .timeLimit(.minutes(15))) struct EndToEndLearnTests {
    private static let ceiling = """
        ceiling = {
          read = { ".", "/etc", "/proc" }, write = { "out", "var" }, run = { "/usr/bin/*" }, connect = { "127.0.0.1:*" },
          signal = { "sleep", "tail" },
        }
        """

    /// Small jobs with what they touch: by the API, by programs, by programs of programs.
    static let bodies = [
        "copy": #"fs.copy("data/a", "out/a", { replace = true })"#,
        "append": #"fs.append("out/log/lines", fs.read("data/b") .. fs.read("/etc/hostname"))"#,
        "list": #"return { #fs.list("data"), fs.stat("/etc/hostname").size }"#,
        "cat": #"return process.run({ "cat", "data/a", "/etc/hostname" }).stdout"#,
        "pipe": #"return process.run({ "sh", "-c", "set -e; head -n 1 data/a > out/head; wc -l < out/head" }).stdout"#,
        "tar": #"process.run({ "tar", "-czf", "out/data.tgz", "data" })"#,
        "gzip": #"process.run({ "gzip", "-kf", "out/big" })"#,
        "copies": #"process.run({ "sh", "-c", "cp data/b out/b.new && mv out/b.new out/b" })"#,
        "python": """
        process.run({ "python3", "-S", "-c", "import json\\nopen('out/p.json', 'w').write(json.dumps(open('data/a').read()))" })
        """,
        "sqlite":
            #"process.run({ "sqlite3", "-batch", "out/s.db", "create table if not exists t (x); insert into t values (1);" })"#,
        "log": #"process.run({ "sh", "-c", "echo line >> out/log/lines" })"#,
        "grep": #"return process.run({ "grep", "-r", "a", "data" }).stdout"#,
    ]

    private static let needed = ["python": "python3", "sqlite": "sqlite3"]

    private func configuration(_ jobs: String = "") -> String { "return { \(Self.ceiling), jobs = { \(jobs) } }" }

    private func host() throws -> EndToEndHost {
        var jobs = Self.bodies.mapValues { "return job { timeout = \"60s\", run = function() \($0) end }\n" }
        for name in ["health", "sweep"] {
            let shipped = Path(#filePath).parent.parent.parent.parent.appending("jobs/\(name).lua")
            jobs[name] = String(decoding: try Files.readSmall(shipped), as: UTF8.self)
        }
        let host = try EndToEndHost(configuration(), jobs: jobs)
        let library = Path(#filePath).parent.parent.parent.parent.appending("jobs/lib")
        for file in try StateFiles.names(in: library) {
            let name = Path(bytes: file)
            try host.write(
                "jobs/lib/\(name.text)", String(decoding: try Files.readSmall(library.appending(name)), as: UTF8.self))
        }
        try prepare(host)
        return host
    }

    /// The files as they are before a run.
    private func prepare(_ host: EndToEndHost) throws {
        for (name, text) in ["data/a": "a\nb\n", "data/b": "b\n", "out/big": "big", "out/log/lines": "first\n"] {
            try host.directory(Path(name).parent.text)
            try host.write(name, text)
        }
    }

    /// A configuration whose job has these needs, as the Lua text that was printed.
    private func configuration(_ name: String, needs: Value) -> String {
        let text = NeedsText.lines(needs).joined(separator: "\n")
        return configuration("[\"\(name)\"] = { \(text) \(Self.settings[name] ?? "") }")
    }

    private static let settings = [
        "sweep": #"settings = { paths = { "out/log" }, older_than = "1s", clock = "mtime", keep_open = "known" },"#,
        "health": #"settings = { log = "out/log/health.log" },"#,
    ]

    @Test(
        "The needs that are printed serve, and with any of them taken away the run fails",
        arguments: bodies.keys.sorted())
    func smallest(name: String) async throws {
        if let program = Self.needed[name], (try? ProgramFinder(base: "/").find(program)) == nil {
            return  // not installed here
        }
        let host = try host()
        let learned = try await host.run(name, "--learn")
        #expect(learned["outcome"]?.text == "succeeded", "\(learned)")
        let needs = try #require(learned["learned"]?.map)
        #expect(!needs.isEmpty)
        try await check(host, name, needs)
    }

    @Test("Programs of other users and signalled processes are learned by the names that needs take")
    func usersAndSignals() async throws {
        let host = try host()
        try host.job(
            "signals",
            """
            return job { needs = function() return { signal = { "sleep", "tail" } } end, run = function()
              fs.read("data/a")
              process.signal("sleep", "CONT")
            end }
            """)
        let signals = try await host.run("signals", "--learn")
        #expect(signals["outcome"]?.text == "succeeded", "\(signals)")
        let learned = try #require(signals["learned"]?.map)
        #expect(learned["signal"] == .texts(["sleep"]))
        try await check(host, "signals", learned)
        guard getuid() == 0 else { return }

        host.mode(".", 0o755)
        for ceiling in ["\"/usr/bin/*\"", "\"id\", \"cat\""] {
            let settings = "ceiling = { read = { \"data\" }, run = { \(ceiling) }, user = { \"nobody\" } }"
            try host.write("scriptron.lua", "return { \(settings) }")
            try host.job(
                "users",
                """
                return job { needs = function() return { run = { { "id", user = "nobody" } } } end, run = function()
                  process.run({ "cat" }, { stdin = "x" })
                  return process.output({ "id", "-un" })
                end }
                """)
            let users = try await host.run("users", "--learn")
            #expect(users["result"]?.text == "nobody", "\(users)")
            let needs = try #require(users["learned"])
            #expect(
                NeedsText.lines(needs) == ["needs = {", #"  run = { "cat", { "id", user = "nobody" } },"#, "},"])
            try host.write(
                "scriptron.lua", "return { \(settings), jobs = { users = { needs = { run = { \"cat\" } } } } }")
            #expect(try await host.run("users")["outcome"]?.text == "failed")
            let given = NeedsText.lines(needs).joined()
            try host.write("scriptron.lua", "return { \(settings), jobs = { users = { \(given) } } }")
            #expect(try await host.run("users")["result"]?.text == "nobody")
        }
    }

    private func check(_ host: EndToEndHost, _ name: String, _ needs: [String: Value]) async throws {
        try prepare(host)
        try host.write("scriptron.lua", configuration(name, needs: .map(needs)))
        let served = try await host.run(name)
        #expect(served["outcome"]?.text == "succeeded", "\(name) with \(needs): \(served)")
        for (key, value) in needs {
            for index in (value.list ?? []).indices {
                var fewer = needs
                var list = value.list ?? []
                let taken = list.remove(at: index)
                fewer[key] = list.isEmpty ? nil : .list(list)
                try prepare(host)
                try host.write("scriptron.lua", configuration(name, needs: .map(fewer)))
                let answer = try await host.command("run", name, "--json")
                #expect(
                    answer.rows.last?["outcome"]?.text != "succeeded", "\(name) without \(key) \(taken): \(answer.text)"
                )
            }
        }
    }

    @Test("The needs of the shipped jobs", arguments: ["health", "sweep"]) func shipped(name: String) async throws {
        let host = try host()
        try host.write("scriptron.lua", configuration(name, needs: [:]).replacing("needs = {},", with: ""))
        if name == "sweep" { _ = try await host.shell("touch -d '2 days ago' \(host.at("out/log/lines").text)") }
        let learned = try await host.run(name, "--learn")
        #expect(learned["outcome"]?.text == "succeeded", "\(learned)")
        let needs = try #require(learned["learned"]?.map)
        try host.write("scriptron.lua", configuration(name, needs: .map(needs)))
        try prepare(host)
        let served = try await host.run(name)
        #expect(served["outcome"]?.text == "succeeded", "\(name) with \(needs): \(served)")
    }

    @Test("Learning goes as far as the ceiling, and protected places stay so") func bounded() async throws {
        let host = try host()
        try host.job("out", "return job { run = function() fs.read('/root/.profile') end }")
        #expect(try await host.run("out", "--learn")["outcome"]?.text == "failed")
        try host.job("own", "return job { run = function() fs.write('scriptron.lua', 'x') end }")
        #expect(try await host.run("own", "--learn")["outcome"]?.text == "failed")
        try host.job("store", "return job { run = function() fs.list('var/store') end }")
        #expect(try await host.run("store", "--learn")["outcome"]?.text == "failed")
        try host.write("scriptron.lua", "return {}")
        let answer = try await host.command("run", "copy", "--learn")
        #expect(answer.code != 0 && answer.text.contains("there is no ceiling"), "\(answer.text)")
    }
}
