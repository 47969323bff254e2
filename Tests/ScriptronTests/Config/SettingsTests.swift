import Testing

@testable import Scriptron

@Suite("Settings") struct SettingsTests {
    private static let declared = """
        settings = {
          text = option.string "a", count = option.number { default = 3, about = "how many" }, on = option.boolean(true),
          older_than = option.duration "7d", size = option.size "10MiB", dir = option.path "var/tmp",
          paths = option.paths { "var/tmp", "/a//b/../c" }, list = option.list { 1, "x" },
          map = option.map { default = { a = 1, deep = { b = 2 } } }, mode = option.one_of { "zstd", "gzip", default = "zstd" },
          key = option.secret "OPS_KEY", plain = "x", plain_number = 1.5, plain_list = { 1 }, plain_empty = {},
          limits = { disk = option.number(90), after = option.duration "5m", name = "root" },
          none = option.string(), level = option.one_of({ 1, 2 }, { default = 2 }),
        }
        """

    private func resolve(
        _ members: String = declared, given: String? = nil, sets: [String] = []
    ) throws -> Settings {
        let declarations = try ConfigFixture.definition(members).settings
        var layers: [Settings.Layer] = []
        if let given {
            layers = [try ConfigFixture.configuration("jobs = { x = { settings = { \(given) } } }").job("x").layer]
        }
        return try Settings(declarations, layers: layers, sets: sets.map { try SetArgument($0) }, base: "/srv/app")
    }

    @Test("Defaults come as run gets them: seconds, bytes, absolute paths") func defaults() throws {
        let settings = try resolve()
        #expect(
            settings.values == [
                "text": "a", "count": 3, "on": true, "older_than": 604_800, "size": 10_485_760,
                "dir": "/srv/app/var/tmp",
                "paths": ["/srv/app/var/tmp", "/a/c"], "list": [1, "x"], "map": ["a": 1, "deep": ["b": 2]],
                "mode": "zstd", "key": .secret("OPS_KEY"), "plain": "x", "plain_number": 1.5, "plain_list": [1],
                "plain_empty": .map([:]), "limits": ["disk": 90, "after": 300, "name": "root"], "level": 2,
            ])
        #expect(settings.missing.isEmpty)
    }

    @Test("The configuration replaces, maps merge") func layers() throws {
        let settings = try resolve(
            given: """
                text = "b", older_than = 60, paths = "other", list = { 2 }, map = { deep = { c = 3 } }, key = secret "K",
                limits = { after = "1h", extra = true }, plain_empty = { a = 1 }, mode = "gzip", none = "some"
                """)
        let values = settings.values
        #expect(values["text"] == "b")
        #expect(values["older_than"] == 60)
        #expect(values["paths"] == ["/srv/app/other"])
        #expect(values["list"] == [2])
        #expect(values["map"] == ["a": 1, "deep": ["b": 2, "c": 3]])
        #expect(values["key"] == .secret("K"))
        #expect(values["limits"] == ["disk": 90, "after": 3600, "name": "root", "extra": true])
        #expect(values["plain_empty"] == ["a": 1])
        #expect(values["mode"] == "gzip")
        #expect(values["none"] == "some")
    }

    @Test("--set converts by the setting's kind, over all else") func sets() throws {
        let settings = try resolve(
            given: "text = 'b', list = { 2 }",
            sets: [
                "text=7", "count=4", "on=no", "older_than=2h", "paths=a", "paths=b", "list=1", "list=x", "list=true",
                "map.deep.b=9", "limits.disk=80", "limits.after=1m", "level=1", "key=OTHER", "plain==", "size=1MiB",
            ])
        let values = settings.values
        #expect(values["text"] == "7")
        #expect(values["count"] == 4)
        #expect(values["on"] == false)
        #expect(values["older_than"] == 7200)
        #expect(values["paths"] == ["/srv/app/a", "/srv/app/b"])
        #expect(values["list"] == [1, "x", true])
        #expect(values["map"] == ["a": 1, "deep": ["b": 9]])
        #expect(values["limits"] == ["disk": 80, "after": 60, "name": "root"])
        #expect(values["level"] == 1)
        #expect(values["key"] == .secret("OTHER"))
        #expect(values["plain"] == "=")
        #expect(values["size"] == 1_048_576)
    }

    @Test("A required setting without a value makes the job unconfigured; that is no error") func required() throws {
        let members =
            "settings = { url = option.string { required = true }, db = { name = option.string { required = true } } }"
        #expect(try resolve(members).missing == ["db.name", "url"])
        #expect(try resolve(members, given: "url = 'x', db = { name = 'y' }").missing == [])
        #expect(try resolve(members, sets: ["url=x"]).missing == ["db.name"])
    }

    @Test(
        "A default that does not fit is an error of the script",
        arguments: [
            ("a = option.duration 'soon'", "settings.a: must be a duration such as"),
            ("a = option.duration(-1)", "settings.a: must be a duration"),
            ("a = option.number 'x'", "settings.a: must be a number, not \"x\""),
            ("a = option.number(0/0)", "settings.a: must be a number"),
            ("a = option.boolean 'yes'", "settings.a: must be true or false"),
            ("a = option.string(5)", "settings.a: must be a text, not 5"),
            ("a = option.path ''", "settings.a: must be a path"),
            ("a = option.path 'a\\0b'", "settings.a: must be a path"),
            ("a = option.paths { 'x', 5 }", "settings.a: must be a list of paths"),
            ("a = option.list { x = 1 }", "settings.a: must be a list, not a table"),
            ("a = option.map { 1 }", "settings.a: must be a table of names and values"),
            ("a = option.one_of { 'x', default = 'y' }", "settings.a: must be one of \"x\", not \"y\""),
            ("a = option.one_of {}", "settings.a: has no choices"),
            ("a = option.one_of { {} }", "choices: must be a list of texts"),
            ("a = option.secret '../x'", "settings.a: must be secret \"NAME\""),
            ("a = { ['$option'] = 'colour' }", "settings.a: no known option"),
            ("a = { ['$option'] = 'number', size = 1 }", "settings.a.size: unknown key"),
            ("a = option.number { required = 'yes' }", "settings.a.required: must be true or false"),
            ("a = { b = option.size 'x' }", "settings.a.b: must be a size"),
        ])
    func badDefault(setting: String, message: String) throws {
        let error = #expect(throws: Failure.self) { try ConfigFixture.definition("settings = { \(setting) }") }
        #expect(error?.description.contains(message) == true, "\(error as Any)")
        #expect(error?.place?.hasPrefix("jobs/x.lua") == true)
    }

    @Test(
        "What the operator gives is checked, with its own place",
        arguments: [
            (
                "older_then = '1d'",
                "scriptron.lua:2: jobs.x.settings.older_then: unknown setting; did you mean older_than?"
            ),
            ("older_than = 'x'", "scriptron.lua:2: jobs.x.settings.older_than: must be a duration"),
            ("limits = { disk = 'x' }", "jobs.x.settings.limits.disk: must be a number, not \"x\""),
            (
                "text = secret 'X'",
                "jobs.x.settings.text: must be a text, not secret:X; declare the setting as option.secret"
            ),
            ("key = 'plain'", "jobs.x.settings.key: must be secret \"NAME\", not \"plain\""),
            ("mode = 'lz4'", "jobs.x.settings.mode: must be one of \"zstd\", \"gzip\", not \"lz4\""),
            ("map = 5", "jobs.x.settings.map: must be a table"),
        ])
    func badGiven(given: String, message: String) throws {
        let error = #expect(throws: Failure.self) { try resolve(given: given) }
        #expect(error?.description.contains(message) == true, "\(error as Any)")
    }

    @Test(
        "--set is checked",
        arguments: [
            ("older_then=1d", "--set older_then: unknown setting; did you mean older_than?"),
            ("older_than=x", "--set older_than: must be a duration"),
            ("count=many", "--set count: must be a number, not \"many\""),
            ("on=maybe", "--set on: must be true or false"),
            ("text.a=1", "--set text.a: the setting has nothing inside it"),
            ("map=1", "--set map: is a table; say which member: --set map.NAME=VALUE"),
            ("limits.disk=x", "--set limits.disk: must be a number"),
            ("mode=lz4", "--set mode: must be one of"),
            ("text", "--set text: expected NAME=VALUE"),
            ("=x", "--set =x: expected NAME=VALUE"),
            ("a..b=x", "--set a..b=x: a name is empty"),
        ])
    func badSet(argument: String, message: String) throws {
        let error = #expect(throws: Failure.self) { try resolve(sets: [argument]) }
        #expect(error?.description.contains(message) == true, "\(error as Any)")
    }
}
