import Testing

@testable import Scriptron

@Suite("Configuration") struct ConfigurationTests {
    @Test("An empty table is the defaults, relative to the file's folder") func defaults() throws {
        let configuration = try ConfigFixture.configuration("")
        var expected = Configuration(workingDirectory: "/srv/app")
        expected.file = "/srv/app/scriptron.lua"
        #expect(configuration == expected)
        #expect(configuration.jobsDirectory == "/srv/app/jobs")
        #expect(configuration.stateDirectory == "/srv/app/var")
        #expect(configuration.job("any") == JobConfiguration())
    }

    @Test("Every key is read") func keys() throws {
        let configuration = try ConfigFixture.configuration(
            """
            jobs_dir = "../jobs", state_dir = "/var/lib/x/", timezone = "UTC", concurrency = 8, default_user = "app",
            listen = false, channels = nil,
            ceiling = { read = { "/etc" }, write = "var", run = { "tar" }, connect = { "*.x.org:443" }, user = { "root" } },
            jobs = {
              ["backup-db"] = {
                script = "backup.lua", user = "postgres", schedule = "15 3 * * *", timeout = "2h", enabled = false,
                sandbox = "best-effort", write_exec = true, settings = { a = 1, url = secret "U" },
                needs = { read = "/srv", run = { { "pg_dump", user = "postgres" } } },
              },
            }
            """)
        #expect(configuration.jobsDirectory == "/srv/jobs")
        #expect(configuration.stateDirectory == "/var/lib/x")
        #expect(configuration.timezone == "UTC")
        #expect(configuration.concurrency == 8)
        #expect(configuration.defaultUser == "app")
        var ceiling = Ceiling()
        ceiling.read = ["/etc"]
        ceiling.write = ["var"]
        ceiling.run = ["tar"]
        ceiling.connect = ["*.x.org:443"]
        ceiling.user = ["root"]
        #expect(configuration.ceiling == ceiling)
        let job = configuration.job("backup-db")
        #expect(job.script == "backup.lua")
        #expect(!job.enabled)
        #expect(job.sandbox == .bestEffort)
        #expect(job.writeExec)
        #expect(job.user == "postgres")
        #expect(job.settings == ["a": 1, "url": .secret("U")])
        #expect(job.needs?.run == [.init(name: "pg_dump", user: "postgres")])
    }

    @Test("The operator's keys are over the script's") func overrides() throws {
        let definition = try ConfigFixture.definition(
            "about = 'x', schedule = '@daily', timeout = '1h', retry = 3, needs = function() end, discover = function() end"
        )
        let job = try ConfigFixture.configuration(
            "jobs = { x = { schedule = { '@hourly' }, retry = false, needs = {} } }"
        ).job("x")
        let header = try job.applied(to: definition.header)
        #expect(header.about == "x")
        #expect(header.schedules == ["@hourly"])
        #expect(header.timeout == 3600)
        #expect(header.retry == nil)
        #expect(!header.discovers)
        #expect(try JobConfiguration().applied(to: definition.header) == definition.header)
        let free = try ConfigFixture.configuration("groups = { db = 2 }, jobs = { x = { after = false } }")
        #expect(free.groups == ["db": 2])
        let follows = try ConfigFixture.definition("after = 'y'").header
        #expect(try free.job("x").applied(to: follows).after.isEmpty)
        let manual = try ConfigFixture.configuration("jobs = { x = { schedule = false } }").job("x")
        #expect(try manual.applied(to: definition.header).schedules == [])
    }

    @Test(
        "What is wrong is named with its file, its line, and the key's path",
        arguments: [
            (
                "jobs = {\n backup = {\n timeot = 5 } }",
                "scriptron.lua:4: jobs.backup.timeot: unknown key; did you mean timeout?"
            ),
            (
                "jobs = {\n ['backup-db'] = {\n timeot = 5 } }",
                "scriptron.lua:4: jobs.backup-db.timeot: unknown key; did you mean timeout?"
            ),
            ("job_dir = 'x'", "scriptron.lua:2: job_dir: unknown key; did you mean jobs_dir?"),
            ("jobs_dir = 5", "scriptron.lua:2: jobs_dir: must be a directory's path, not 5"),
            ("state_dir = ''", "state_dir: must be a directory's path"),
            ("state_dir = 'jobs'", "state_dir: is the jobs directory"),
            ("timezone = 1", "timezone: must be a text, not 1"),
            ("concurrency = 0", "concurrency: must be a whole number from 1 to 10000, not 0"),
            ("concurrency = 1.5", "concurrency: must be a whole number from 1 to 10000, not 1.5"),
            ("listen = '127.0.0.1:8477'", "listen: not supported yet; remove it"),
            ("channels = { ops = {} }", "channels.ops.type: is missing"),
            ("channels = { Ops = {} }", "channels.Ops: no name for a channel"),
            ("channels = { ops = { type = 'pigeon' } }", "channels.ops.type: must be one of"),
            ("channels = { ops = { type = 'webhook' } }", "channels.ops.url: is missing"),
            (
                "channels = { ops = { type = 'webhook', url = 'ftp://x' } }",
                "channels.ops.url: must be an address of http"
            ),
            (
                "channels = { ops = { type = 'webhook', url = secret 'U', uri = 1 } }",
                "channels.ops.uri: unknown key; did you mean url?"
            ),
            ("channels = { m = { type = 'email', server = 'x', from = 'a@b' } }", "channels.m.to: is missing"),
            (
                "channels = { m = { type = 'email', server = 'x', from = 'a', to = 'c@d' } }",
                "channels.m.from: must be an address"
            ),
            (
                "channels = { m = { type = 'email', server = 'x', from = 'a@b', to = 'c@d', user = 'u' } }",
                "channels.m.user: and password go together"
            ),
            (
                "channels = { m = { type = 'email', server = 'x', from = 'a@b', to = 'c@d', user = 'u', "
                    + "password = secret 'P', security = 'none' } }",
                "channels.m.security: is \"none\": the password"
            ),
            ("channels = { c = { type = 'command' } }", "channels.c.run: is missing"),
            ("socket_group = 'ops'", "socket_group: not supported yet"),
            ("routes = { { to = 'ops' } }", "routes[1].to: there is no channel ops"),
            ("routes = { {} }", "routes[1].to: is missing"),
            ("routes = { { to = {}, severity = 'bad' } }", "routes[1].severity: must be"),
            ("routes = { { to = {}, remind = '5s' } }", "routes[1].remind: must be a duration of a minute"),
            ("ceiling = true", "ceiling: must be a table"),
            ("ceiling = { raed = {} }", "ceiling.raed: unknown key; did you mean read?"),
            ("ceiling = { connect = { 'x' } }", "ceiling.connect[1]: must be"),
            ("ceiling = { user = 0 }", "ceiling.user: must be a user's name"),
            ("jobs = 5", "jobs: must be a table"),
            ("jobs = { 'x' }", "jobs: must be a table of names and values, not a list"),
            ("jobs = { Backup = {} }", "jobs.Backup: no name for a job"),
            ("jobs = { x = true }", "jobs.x: must be a table"),
            ("jobs = { x = { script = '../x.lua' } }", "jobs.x.script: must be a file in the jobs directory"),
            ("jobs = { x = { script = 'x_spec.lua' } }", "jobs.x.script: must be a file in the jobs directory"),
            ("jobs = { x = { enabled = 1 } }", "jobs.x.enabled: must be true or false"),
            (
                "jobs = { x = { sandbox = false } }",
                "jobs.x.sandbox: must be one of \"enforced\", \"best-effort\", \"off\""
            ),
            ("jobs = { x = { settings = { 1 } } }", "jobs.x.settings: must be a table of names and values"),
            ("jobs = { x = { needs = { wriet = 1 } } }", "jobs.x.needs.wriet: unknown key; did you mean write?"),
            ("jobs = { x = { run = 'y' } }", "jobs.x.run: only the script can say it"),
            ("jobs = { x = { overlap = 'maybe' } }", "jobs.x.overlap: must be one of \"skip\""),
            ("jobs = { x = { group = 'G' } }", "jobs.x.group: must be a group's name, or a list of them, not \"G\""),
            ("groups = { db = 0 }", "groups.db: must be a whole number from 1 to 10000, not 0"),
            ("groups = { DB = 1 }", "groups.DB: no name for a group"),
            ("groups = 'db'", "groups: must be a table of names and values"),
            ("jobs = { x = { timeout = 'x' } }", "jobs.x.timeout: must be a duration"),
        ])
    func errors(members: String, message: String) throws {
        let error = #expect(throws: Failure.self) { try ConfigFixture.configuration(members) }
        #expect(error?.code == "ECONFIG")
        #expect(error?.description.contains(message) == true, "\(error as Any)")
    }

    @Test("A file that returns nothing, or no table, is an error", arguments: [.null, 5, "x", [1]] as [Value])
    func noTable(value: Value) {
        let error = #expect(throws: Failure.self) { try Configuration(value, file: "/srv/app/scriptron.lua") }
        #expect(error?.place == "scriptron.lua")
    }

    @Test(
        "The file is found by --config, the environment, the working directory (not as root), /etc",
        arguments: [
            (nil, nil, false, ["/w/scriptron.lua", "/etc/scriptron/scriptron.lua"], "/w/scriptron.lua"),
            (nil, nil, true, ["/w/scriptron.lua", "/etc/scriptron/scriptron.lua"], "/etc/scriptron/scriptron.lua"),
            (nil, nil, true, ["/w/scriptron.lua"], nil),
            (nil, nil, false, [], nil),
            ("a.lua", "/b.lua", false, ["/w/scriptron.lua"], "/w/a.lua"),
            ("../a.lua", nil, true, [], "/a.lua"),
            (nil, "/b.lua", false, ["/w/scriptron.lua"], "/b.lua"),
            ("", "", false, ["/w/scriptron.lua"], "/w/scriptron.lua"),
        ] as [(String?, String?, Bool, [Path], Path?)])
    func find(argument: String?, environment: String?, isRoot: Bool, existing: [Path], found: Path?) {
        let path = Configuration.find(
            argument: argument, environment: environment, isRoot: isRoot, workingDirectory: "/w",
            exists: { existing.contains($0) })
        #expect(path == found)
    }

    @Test(
        "Names of jobs and their files",
        arguments: [
            ("backup", true), ("0-a_b", true), ("", false), ("-a", false), ("_a", false), ("A", false), ("a.b", false),
            ("é", false), (String(repeating: "a", count: 101), false),
        ])
    func names(name: String, valid: Bool) {
        #expect(JobName.isValid(name) == valid)
        #expect(JobName.isScript(name + ".lua") == valid)
        #expect(!JobName.isScript(name + "_spec.lua"))
        #expect(!JobName.isScript(name + ".lua~"))
    }

    @Test("The line of a key is found where keys of that name come earlier") func lines() {
        let text =
            "-- timeout = 1 is the default\nlocal timeout == 5\nreturn {\n jobs = { a = {\n ['timeout'] = 5 } } }"
        let file = SourceFile("scriptron.lua", text: Array(text.utf8))
        #expect(file.place(["jobs", "a", "timeout"]) == "scriptron.lua:5: jobs.a.timeout")
        #expect(file.place(["jobs", "b"]) == "scriptron.lua: jobs.b")
        #expect(file.place([]) == "scriptron.lua")
        #expect(SourceFile("x").place(["a", "[2]", "b"]) == "x: a[2].b")
    }

    @Test("The shipped configuration decodes") func shipped() throws {
        let components = #filePath.split(separator: "/").dropLast(4)
        let path = Path("/" + components.joined(separator: "/")).appending("scriptron.lua")
        let text = try Files.readSmall(path)
        let value = try LuaState().evaluateConfiguration(text, name: "scriptron.lua")
        let configuration = try Configuration(value, file: path, text: text)
        #expect(configuration.jobs.keys.sorted() == ["backup", "health", "restore", "retry", "rotate", "sweep"])
        #expect(configuration.ceiling != nil)
    }
}
