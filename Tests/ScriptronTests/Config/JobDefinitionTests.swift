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
            retry = { attempts = 3, delay = "30s" }, redo = false, user = "postgres", jitter = "5m",
            after = { "dump", "dump", "sync" }, expect = "10m", except = { "SAT,SUN", "22:00-06:00" }, group = "db",
            priority = "high",
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
        expected.jitter = 300
        expected.after = ["dump", "sync"]
        expected.expect = 600
        expected.except = ["SAT,SUN", "22:00-06:00"]
        expected.groups = ["db"]
        expected.priority = .high
        #expect(header == expected)
    }

    @Test("A retry is a number of attempts too", arguments: [("2", 2), ("0", nil), ("false", nil)] as [(String, Int?)])
    func retry(text: String, attempts: Int?) throws {
        #expect(try ConfigFixture.definition("retry = \(text)").header.retry?.attempts == attempts)
    }

    @Test("Every overlap and catch-up is taken") func words() throws {
        for overlap in Overlap.allCases {
            #expect(try ConfigFixture.definition("overlap = '\(overlap.rawValue)'").header.overlap == overlap)
        }
        for catchUp in CatchUp.allCases {
            #expect(try ConfigFixture.definition("catch_up = '\(catchUp.rawValue)'").header.catchUp == catchUp)
        }
        for priority in Priority.allCases {
            #expect(try ConfigFixture.definition("priority = '\(priority.rawValue)'").header.priority == priority)
        }
    }

    @Test("`false` says that there is none") func none() throws {
        let header = try ConfigFixture.definition(
            "after = false, expect = false, except = false, group = false, jitter = 0"
        ).header
        #expect(header == JobHeader())
    }

    @Test("What a run keeps of the header comes back from it") func kept() throws {
        let header = try ConfigFixture.definition(
            """
            timezone = "Europe/Berlin", timeout = "20m", memory = "128MiB", limits = { processes = 5 },
            overlap = "queue", retry = { attempts = 3, delay = "30s", max_delay = "2m" }, redo = false,
            user = "postgres", jitter = "5m", expect = "10m", except = "SAT,SUN", group = { "db", "disk" },
            priority = "rescue", needs = function() end, discover = function() end
            """
        ).header
        #expect(JobHeader(try JSON.decode(JSON.text(header.value))) == header)
        #expect(JobHeader().value == [:] && JobHeader([:]) == JobHeader())
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
            ("overlap = 'never'", "overlap: must be one of \"skip\", \"queue\", \"cancel\", \"allow\", not \"never\""),
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
            ("jitter = 'soon'", "jobs/x.lua:2: jitter: must be a duration such as"),
            ("jitter = -1", "jitter: must be a duration such as"),
            ("after = 5", "after: must be a job's name, or a list of them, not 5"),
            ("after = 'no such'", "after: must be a job's name, or a list of them, not \"no such\""),
            ("after = { 'a', {} }", "after[2]: must be a job's name, or a list of them, not a table"),
            ("expect = {}", "expect: must be a duration such as"),
            ("expect = 0", "expect: must be a duration above 0, not 0"),
            ("except = 5", "except: must be a window such as \"2026-12-24\", \"SAT,SUN\", \"22:00-06:00\""),
            ("except = { 'SAT', '' }", "except[2]: must be a window such as"),
            ("group = true", "group: must be a group's name, or a list of them, not true"),
            (
                "priority = 'urgent'",
                "priority: must be one of \"low\", \"normal\", \"high\", \"rescue\", not \"urgent\""
            ),
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
