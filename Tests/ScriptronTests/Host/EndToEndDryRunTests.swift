import Testing

@testable import Scriptron

@Suite("Dry runs, by the binary") struct EndToEndDryRunTests {
    private static let job = """
        return job {
          schedule = "15 3 * * *",
          settings = { text = option.string "plain", size = option.size "1KiB", keep = { last = option.number(3) } },
          needs = function() return { write = "data", read = "/etc/hostname" } end,
          run = function(settings, this)
            fs.write("data/note", "one\\n" .. settings.text .. "\\nthree\\n")
            return { at = time.format(time.now(), "%F %T"), size = settings.size, last = settings.keep.last }
          end,
        }
        """

    private func host(_ configuration: String = "return {}") throws -> EndToEndHost {
        let host = try EndToEndHost(configuration, jobs: ["note": Self.job])
        try host.directory("data")
        return host
    }

    @Test("What is written to a text is shown as a difference, in 80 columns") func difference() async throws {
        let host = try host()
        try host.write("data/note", "one\ntwo\nthree\n")
        let answer = try await host.command("test", "note")
        #expect(answer.code == 0, "\(answer.text)")
        #expect(
            answer.output.contains("       @@ -1,3 +1,3 @@\n        one\n       -two\n       +plain\n        three\n"),
            "\(answer.output)")
        #expect(answer.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(answer.text.contains("every day at 03:15") || answer.text.contains("03:15"), "\(answer.text)")
        #expect(answer.text.contains("This took "))
    }

    @Test("The smallest needs name where it would connect, and what it would signal") func smallest() async throws {
        let host = try host()
        try host.job(
            "reach",
            """
            return job {
              needs = function()
                return { connect = { "*.example.org:443", "mail.example.org:465", "127.0.0.1:7", "[::1]:7", "db:5432" }, signal = { "none-such" } }
              end,
              run = function()
                http.get("https://www.example.org/page")
                net.tcp("127.0.0.1", 7)
                net.tcp("::1", 7)
                net.tls("mail.example.org", 465)
                local db <close> = sql.open("postgres://reader@db/shop")
                process.signal({ name = "none-such" }, "HUP")
              end,
            }
            """)
        let answer = try await host.command("test", "reach", "--json")
        let needs = try #require(answer.rows.first?["smallest_needs"], "\(answer.text)")
        #expect(
            needs == [
                "connect": ["127.0.0.1:7", "[::1]:7", "db:5432", "mail.example.org:465", "www.example.org:443"],
                "signal": ["none-such"],
            ], "\(answer.text)")
    }

    @Test("Settings come from a file, over the configuration's and below --set") func settings() async throws {
        let host = try host(
            "return { jobs = { note = { settings = { text = 'configured', size = '2KiB', keep = { last = 7 } } } } }")
        try host.write("try.lua", "return { text = 'from a file', keep = { last = 9 } }")
        try host.write("try.json", #"{"text": "from JSON"}"#)
        let words = ["test", "note", "--json", "--set", "keep.last=1", "--at", "2026-03-01 03:15:00"]
        let lua = try await host.command(words + ["--settings", "try.lua"])
        let result = lua.rows.first?["result"]
        #expect(result?["size"] == 2048, "\(lua.text)")
        #expect(result?["last"] == 1)
        #expect(result?["at"]?.text == "2026-03-01 03:15:00")
        #expect(lua.rows.first?["plan"]?.list?.last?["diff"]?.text?.contains("+from a file") == true, "\(lua.text)")
        let json = try await host.command(words + ["--settings", "try.json"])
        #expect(json.rows.first?["plan"]?.list?.last?["diff"]?.text?.contains("+from JSON") == true, "\(json.text)")
    }

    @Test(
        "What is wrong with settings is said with its place, and how to mend it",
        arguments: [
            ("try.lua", "return { texd = 'x' }", "try.lua:1: texd: unknown setting", "did you mean text?"),
            ("try.lua", "return {\n size = 'large' }", "try.lua:2: size", "64KiB"),
            ("try.lua", "return 7", "try.lua: it holds a number", "return { NAME = VALUE"),
            ("try.lua", "return {", "try.lua:1:", ""), ("try.json", "{\"text\": ", "try.json", ""),
        ] as [(String, String, String, String)])
    func wrong(_ name: String, _ text: String, _ place: String, _ cure: String) async throws {
        let host = try host()
        try host.write(name, text)
        let answer = try await host.command("test", "note", "--settings", name)
        #expect(answer.code == 1)
        #expect(answer.text.contains(place), "\(answer.text)")
        #expect(cure.isEmpty || answer.text.contains(cure), "\(answer.text)")
    }

    @Test("A file that is not there, and options that do not go together") func usage() async throws {
        let host = try host()
        let missing = try await host.command("test", "note", "--settings", "none.lua")
        #expect(missing.code == 1)
        #expect(missing.text.contains("none.lua"), "\(missing.text)")
        #expect(try await host.command("test", "note", "--at", "yesterdayish").code == 2)
        #expect(try await host.command("test", "note", "note").code == 2)
        #expect(try await host.command("test", "note", "--shadow-size", "1GiB").code == 2)
    }

    @Test("Needs beyond the ceiling are told from those within") func ceiling() async throws {
        let host = try host("return { ceiling = { write = { 'data' } } }")
        let answer = try await host.command("test", "note")
        #expect(answer.code == 1)
        #expect(answer.text.contains("write data: granted"), "\(answer.text)")
        #expect(answer.text.contains("read /etc/hostname: refused"), "\(answer.text)")
        let json = try await host.command("test", "note", "--json")
        #expect(json.rows.first?["judged"]?.list?.map { $0["granted"] } == [false, true], "\(json.text)")
    }

    @Test("An error is the one of the real run, with its traceback") func error() async throws {
        let host = try EndToEndHost(jobs: [
            "broken": """
            local function inner() error("it broke") end
            return job { run = function()
              inner()
            end }
            """
        ])
        let planned = try await host.command("test", "broken", "--json")
        #expect(planned.code == 1)
        let real = try await host.run("broken")
        let text = try #require(planned.rows.first?["error"]?.text)
        #expect(text.contains("jobs/broken.lua:1: it broke"))
        #expect(text.contains("jobs/broken.lua:3"))
        #expect(real["error"]?.text == text, "\(real)")
    }
}
