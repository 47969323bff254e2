import Testing

@testable import Scriptron

@Suite("Job tests, by the binary") struct EndToEndSpecTests {
    private static let job = """
        return job {
          settings = { directory = option.path "data" },
          needs = function(settings) return { write = settings.directory, run = { "true" } } end,
          run = function(settings, this)
            local seen = {}
            for entry in fs.walk(settings.directory) do
              seen[#seen + 1] = string.format("%s %s %s %d %d", entry.type, entry.name, entry.mode, entry.size,
                this.fire_time - entry.ctime)
              if entry.type == "file" then fs.remove(entry) end
            end
            table.sort(seen)
            state.set("last", state.get("last"))
            local answer = process.run { "true", "now" }
            return { seen = table.concat(seen, ";"), answer = answer.stdout, at = time.format(time.now(), "%F") }
          end,
        }
        """

    private static func spec(_ expect: String, _ more: String = "") -> String {
        """
        local spec = require "spec"
        return spec.of {
          spec.case "files look as they are said to" {
            at = "2001-02-03 04:05:06",
            tree = {
              ["data/a"] = spec.file { content = "four", age = "1h", mode = "0600" },
              ["data/b"] = spec.hard_link "data/a",
              ["data/c"] = spec.link { target = "a", age = "1h" },
            },
            state = { last = "before" }, programs = { { argv = { "true" }, stdout = "told" } },
            expect = { \(expect) },
          },
          \(more)
        }
        """
    }

    private func run(_ spec: String, _ words: String...) async throws -> EndToEndHost.Answer {
        let host = try EndToEndHost(jobs: ["clean": Self.job, "clean_spec": spec])
        return try await host.command(["test", "--spec", "jobs/clean_spec.lua"] + words)
    }

    @Test("A case makes its tree, its time, its state and its answers, and what comes is compared") func passes()
        async throws
    {
        let answer = try await run(
            Self.spec(
                """
                plan = { spec.would.remove "data/a", spec.would.remove { path = "data/b" },
                  spec.would.set_state { key = "last", value = "before" }, spec.would.run { "true", "now" } },
                any_order = true,
                result = { answer = "told", at = "2001-02-03",
                  seen = "file a 0600 4 3600;file b 0600 4 3600;link c 0777 1 3600" }
                """))
        #expect(answer.code == 0, "\(answer.text)")
        #expect(answer.text.contains("ok files look as they are said to"))
        #expect(answer.text.contains("1 case passed"))
    }

    @Test("What is missing is said with the line of the spec and what comes nearest") func fails() async throws {
        let answer = try await run(Self.spec("includes = { spec.would.remove \"data/x\" }"))
        #expect(answer.code == 1)
        #expect(answer.text.contains("FAILED files look as they are said to"))
        #expect(answer.text.contains("jobs/clean_spec.lua:11: an effect is missing"), "\(answer.text)")
        #expect(answer.text.contains("expected remove data/x"))
        #expect(answer.text.contains("nearest remove data/a"))
        #expect(answer.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test("What cannot be run fails, and the cases behind it run all the same") func broken() async throws {
        let more = """
            spec.case "leads out" { tree = { ["../x"] = "" } },
            spec.case "misspelt" { expect = {}, tree = { x = spec.file { age = "1 fortnight" } } },
            spec.case "well" { tree = { ["data"] = spec.directory {} }, programs = { { argv = { "true" } } } },
            """
        let answer = try await run(Self.spec("", more), "--json")
        #expect(answer.code == 1)
        #expect(answer.rows.map { $0["outcome"]?.text } == ["passed", "failed", "failed", "passed"], "\(answer.text)")
        #expect(answer.rows[1]["failures"]?.list?.first?["why"]?.text?.contains("it lies outside") == true)
        #expect(answer.rows[2]["failures"]?.list?.first?["why"]?.text?.contains("age takes a duration") == true)
    }

    @Test(
        "What is wrong with a spec is said with its place",
        arguments: [
            ("return 7", "it is no spec"), ("return nonsense +", "clean_spec.lua:1:"),
            (#"local s = require "spec" return s.of { s.case "x" { expects = {} } }"#, "did you mean expect?"),
            (
                #"local s = require "spec" return s.of { s.case "x" { machine = { ["sys.memry"] = {} } } }"#,
                "did you mean sys.memory?"
            ),
            (#"local s = require "spec" return s.of("other", { s.case "x" {} })"#, "a spec lies beside its job"),
        ])
    func wrong(_ text: String, _ words: String) async throws {
        let answer = try await run(text)
        #expect(answer.code == 1)
        #expect(answer.text.contains(words), "\(answer.text)")
    }

    @Test("A folder's specs run, of their cases those that --only names; specs are no jobs") func folder() async throws
    {
        let host = try EndToEndHost(jobs: ["clean": Self.job, "clean_spec": Self.spec("")])
        let all = try await host.command("test", "--spec", "jobs", "--only", "look as", "--json")
        #expect(all.code == 0, "\(all.text)")
        #expect(all.rows.count == 1)
        #expect(try await host.command("test", "--spec", "jobs", "--only", "nothing").code == 3)
        #expect(try await host.command("test", "--spec", "jobs", "--set", "a=b").code == 2)
        #expect(try await host.command("test", "--spec", "elsewhere").code == 3)
        let jobs = try await host.command("check", "--json")
        #expect(!jobs.output.contains("clean_spec"), "\(jobs.text)")
    }

    @Test("The specs of the shipped jobs hold") func shipped() async throws {
        let root = Path(#filePath).parent.parent.parent.parent.parent
        let host = try EndToEndHost()
        let answer = try await host.command("test", "--spec", root.text + "/jobs", "--json")
        #expect(answer.code == 0, "\(answer.text)")
        #expect(Set(answer.rows.compactMap { $0["job"]?.text }) == ["backup", "health", "retry", "rotate", "sweep"])
    }
}
