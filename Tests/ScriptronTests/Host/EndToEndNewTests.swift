import Glibc
import Testing

@testable import Scriptron
@testable import scriptron

@Suite("End to end: help before the first run", .timeLimit(.minutes(15)))
struct EndToEndNewTests {
    @Test("A new job passes check and test as it is, and is not overwritten") func starter() async throws {
        let host = try EndToEndHost("return { ceiling = { read = { \".\" }, write = {} } }")
        let made = try await host.command("new", "my-job")
        #expect(made.code == 0 && made.text.contains("made \(host.at("jobs/my-job.lua"))"), "\(made.text)")
        let check = try await host.command("check", "my-job")
        #expect(check.code == 0 && check.text == "my-job: nothing to complain of.", "\(check.text)")
        let tried = try await host.command("test", "my-job", "--json")
        #expect(tried.code == 0 && tried.rows.first?["result"]?["files"] == 0, "\(tried.text)")
        #expect(tried.rows.first?["schedule"]?.list?.isEmpty != false)
        let again = try await host.command("new", "my-job")
        #expect(again.code == 1 && again.text.contains("there is a job my-job already"), "\(again.text)")
    }

    @Test(
        "Each shipped job can be copied, and its copy is clean and waits to be started",
        arguments: [
            "backup", "restore", "health", "sweep", "retry", "rotate",
        ]) func copies(shipped: String) async throws
    {
        let host = try EndToEndHost()
        let made = try await host.command("new", "mine", "--like", shipped)
        #expect(made.code == 0, "\(made.text)")
        let check = try await host.command("check", host.at("jobs/mine.lua").text, "--json")
        #expect(check.rows.allSatisfy { $0["code"]?.text == "EGRANT" || $0["code"]?.text == "ENOENT" }, "\(check.text)")
        let rows = try await host.command("settings", "mine", "--json").rows
        let original = Shipped.files.first { $0.path.text == "jobs/\(shipped).lua" }
        #expect(!rows.isEmpty && original != nil)
        let jobs = try Files.readSmall(host.at("jobs/mine.lua"))
        #expect(!String(decoding: jobs, as: UTF8.self).contains("\n  schedule"))
    }

    @Test(
        "A name that no job can have is refused with one that it can",
        arguments: [
            ("My Job.lua", "write scriptron new my-job"), ("jobs/copy.lua", "write scriptron new copy"),
            ("x_spec", "write scriptron new x"), ("", "write scriptron new my-job"),
            ("Ä", "write scriptron new my-job"),
        ])
    func names(name: String, cure: String) async throws {
        let host = try EndToEndHost()
        let answer = try await host.command("new", name)
        #expect(answer.code == 2 && answer.text.hasSuffix(cure), "\(answer.text)")
        #expect(try await host.command("new", "a", "--like", "bakcup").text.hasSuffix("did you mean --like backup?"))
    }

    @Test("check tells lines and columns of scripts and libraries, and only errors fail it") func check() async throws {
        let host = try EndToEndHost(jobs: [
            "wrong": """
            local helper = require "helper"
            return job {
              settings = { unused = 1 },
              run = function()
                fs.reed(helper.path)
              end,
            }
            """,
            "odd": "return job { run = function() count = 1 end }",
        ])
        try host.write("jobs/lib/helper.lua", "return { path = \"x\", size = function() return jsno.x end }")
        let all = try await host.command("check")
        #expect(all.code == 1)
        for text in [
            "error: jobs/wrong.lua:5:8: there is no fs.reed; did you mean fs.read?",
            "warning: jobs/wrong.lua:3:16: the setting unused is declared and never used; use settings.unused, or take it out",
            "error: jobs/lib/helper.lua:1:47: there is no global jsno; did you mean json?",
            "warning: jobs/odd.lua:1:31: count is set as a global",
        ] { #expect(all.text.contains(text), "\(all.text)") }
        let odd = try await host.command("check", "odd")
        #expect(odd.code == 0 && odd.text.hasSuffix("odd: 0 errors, 1 warning."), "\(odd.text)")
        let helper = try await host.command("check", host.at("jobs/lib/helper.lua").text, "--json")
        #expect(helper.code == 1 && helper.rows.count == 1, "\(helper.text)")
        #expect(helper.rows.first?["place"] == "jobs/lib/helper.lua:1:47")
        let missing = try await host.command("check", "wrnog")
        #expect(missing.code == 3 && missing.text.contains("did you mean wrong?"), "\(missing.text)")
    }

    @Test("settings works with a host and without, and says who gives each value") func settings() async throws {
        let host = try EndToEndHost(
            "return {\n  jobs = { a = { settings = {\n    age = \"2h\",\n  } } },\n}",
            jobs: [
                "a": """
                return job {
                  settings = {
                    age = option.duration("1d", { about = "how old" }), path = option.path "x",
                    token = option.secret { required = true },
                  },
                  run = function(settings) print(settings.age, settings.path, settings.token) end,
                }
                """
            ])
        let alone = try await host.command("settings", "a", "--json")
        #expect(alone.code == 0, "\(alone.text)")
        #expect(alone.rows.map { $0["name"]?.text } == ["age", "path", "token"])
        let age = alone.rows[0]
        #expect(age["value"]?.double == 7200 && age["default"]?.double == 86400 && age["source"] == "config")
        #expect(age["place"]?.text == "scriptron.lua:3: jobs.a.settings.age")
        #expect(alone.rows[1]["value"]?.text == host.at("x").text && alone.rows[1]["source"] == "default")
        #expect(alone.rows[2]["value"]?.isNull != false)
        let shown = try await host.command("settings", host.at("jobs/a.lua").text)
        #expect(shown.text.contains("age duration 1 d 2 h scriptron.lua:3 how old"), "\(shown.text)")
        try await host.start()
        #expect(try await host.command("settings", "a", "--json").rows == alone.rows)
    }
}
