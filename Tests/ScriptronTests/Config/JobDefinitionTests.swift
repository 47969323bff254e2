import Testing

@testable import Scriptron

@Suite("JobDefinition") struct JobDefinitionTests {
    @Test("Every key of a header has its default") func defaults() throws {
        let definition = try ConfigFixture.definition("about = nil")
        var expected = JobHeader()
        expected.discovers = false
        #expect(definition.header == expected)
        #expect(definition.header.timeout == 3600)
        #expect(definition.header.memory == 64 << 20)
        #expect(definition.header.catchUpWindow == 86_400)
        #expect(!definition.hasNeeds)
    }

    @Test("Every key of a header is read") func keys() throws {
        let header = try ConfigFixture.definition(
            """
            about = "x", schedule = { "@daily", "every 90s" }, timezone = "Europe/Berlin", timeout = "20m",
            memory = "128MiB", overlap = "skip", catch_up = "none", catch_up_window = 0,
            retry = { attempts = 3, delay = "30s" }, redo = false, user = "postgres",
            needs = function() end, discover = function() end
            """
        ).header
        var expected = JobHeader()
        expected.about = "x"
        expected.schedules = ["@daily", "every 90s"]
        expected.timezone = "Europe/Berlin"
        expected.timeout = 1200
        expected.memory = 128 << 20
        expected.catchUp = .none
        expected.catchUpWindow = 0
        expected.retry = Retry(attempts: 3, delay: 30)
        expected.redo = false
        expected.user = "postgres"
        expected.discovers = true
        #expect(header == expected)
    }

    @Test("A retry is a number of attempts too", arguments: [("2", 2), ("0", nil), ("false", nil)] as [(String, Int?)])
    func retry(text: String, attempts: Int?) throws {
        #expect(try ConfigFixture.definition("retry = \(text)").header.retry?.attempts == attempts)
    }

    @Test(
        "What is wrong is named with its file, its line, its key, and what was expected",
        arguments: [
            ("timeot = '1h'", "jobs/x.lua:2: timeot: unknown key; did you mean timeout?"),
            ("about = 'x',\n shcedule = '@daily'", "jobs/x.lua:3: shcedule: unknown key; did you mean schedule?"),
            ("colour = 1", "jobs/x.lua:2: colour: unknown key; it can be about, after, alert_after, catch_up"),
            ("about = 1", "jobs/x.lua:2: about: must be a text, not 1"),
            ("about = ('x'):rep(1001)", "about: must be at most 1000 bytes, not 1001"),
            ("schedule = 5", "schedule: must be a schedule such as"),
            ("schedule = { '@daily', false }", "schedule[2]: must be a schedule such as"),
            ("schedule = ''", "schedule: must be a schedule such as"),
            ("timezone = {}", "timezone: must be a text, not a table"),
            (
                "timeout = 'soon'",
                "timeout: must be a duration such as \"90s\", \"5m\", \"7d\", or seconds, not \"soon\""
            ),
            ("timeout = 0", "timeout: must be a duration above 0, not 0"),
            ("timeout = -1", "timeout: must be a duration"),
            ("timeout = 0/0", "timeout: must be a duration"),
            ("memory = '10KiB'", "memory: must be a size from 1.0 MiB to 1.0 TiB"),
            ("memory = 'big'", "memory: must be a size such as"),
            ("memory = 1e300", "memory: must be a size"),
            ("overlap = 'queue'", "overlap: \"queue\" is not supported yet; take \"skip\""),
            ("overlap = 'never'", "overlap: must be one of \"skip\", \"queue\", \"cancel\", \"allow\", not \"never\""),
            ("catch_up = 'all'", "catch_up: \"all\" is not supported yet; take \"once\""),
            ("catch_up = true", "catch_up: must be one of"),
            ("retry = 'often'", "retry: must be a number of attempts"),
            ("retry = -1", "retry: must be at most 1000 further attempts, not -1"),
            ("retry = {}", "retry.attempts: is missing"),
            ("retry = { attempts = 1, dealy = 5 }", "jobs/x.lua:2: retry.dealy: unknown key; did you mean delay?"),
            ("redo = 'no'", "redo: must be true or false, not \"no\""),
            ("user = 0", "user: must be a text, not 0"),
            ("settings = 'x'", "settings: must be a table of names and values, not \"x\""),
            ("settings = { ['a.b'] = 1 }", "settings.a.b: no name for a setting"),
            ("needs = { read = '/' }", "needs: must be a function, not a table"),
            ("discover = 5", "discover: must be a function, not 5"),
            ("discover = function() end", "discover: is of no use without needs"),
            ("run = 5", "run: must be a function, not 5"),
            ("jitter = '5m'", "jobs/x.lua:2: jitter: not supported yet; remove it"),
            ("after = 'backup'", "after: not supported yet"),
            ("expect = {}", "expect: not supported yet"),
            ("except = 'x'", "except: not supported yet"),
            ("group = 'disk'", "group: not supported yet"),
            ("priority = 'urgent'", "priority: must be one of \"normal\", \"rescue\", not \"urgent\""),
            ("alert_after = 'x'", "alert_after: must be a whole number of runs from 0 to 1000, or false, not \"x\""),
        ])
    func errors(members: String, message: String) throws {
        let error = #expect(throws: Failure.self) {
            try ConfigFixture.definition(members, run: !members.hasPrefix("run"))
        }
        #expect(error?.code == "ECONFIG")
        #expect(error?.description.contains(message) == true, "\(error as Any)")
    }

    @Test("A header without run is an error") func noRun() throws {
        let error = #expect(throws: Failure.self) { try ConfigFixture.definition("about = 'x'", run: false) }
        #expect(error?.description == "jobs/x.lua: run: is missing; add run = function(settings, this) … end")
    }

    @Test(
        "What a broken worker sends is an error",
        arguments: [.null, "x", [1], .map(["run": ["$function": 1]]), .handle(kind: "x", id: 1)] as [Value])
    func hostile(header: Value) {
        #expect(throws: Failure.self) { try JobDefinition(header: header, file: SourceFile("jobs/x.lua")) }
    }
}
