import Testing

@testable import Scriptron

@Suite("LuaState") struct LuaStateTests {
    @Test("A script reaches the golden list and nothing else") func goldenList() throws {
        #expect(try LuaState().globalNames() == GoldenList.names)
    }

    @Test("Golden list: a stray name and a missing name are both errors") func goldenListErrors() throws {
        #expect(throws: Failure.self) { try GoldenList.check(GoldenList.names + ["os.execute"]) }
        #expect(throws: Failure.self) { try GoldenList.check(GoldenList.names.filter { $0 != "print" }) }
    }

    @Test("A job's header comes as plain values, its functions as references") func header() throws {
        let state = try LuaState()
        let script = try state.evaluateJob(
            Array(
                """
                return job {
                  about = "Says hello", schedule = { "@daily", "every 90s" }, timeout = "20m",
                  settings = { older_than = option.duration "7d", paths = option.paths { "var/tmp" } },
                  needs = function(settings) return { write = settings.paths, n = settings.older_than } end,
                  run = function() return 1 end,
                }
                """.utf8), name: "jobs/hello.lua")
        #expect(script.header["about"] == "Says hello")
        #expect(script.header["schedule"] == ["@daily", "every 90s"])
        #expect(script.header["settings"]?["older_than"] == ["$option": "duration", "default": "7d"])
        #expect(script.functions.keys.sorted() == ["needs", "run"])
        let needs = try state.call(
            #require(script.functions["needs"]), [.value(["paths": ["/a"], "older_than": 604_800.5])])
        #expect(needs == ["write": ["/a"], "n": 604_800.5])
    }

    @Test(
        "What is no header is an error that names the file",
        arguments: [
            ("return {}", "the script does not end in: return job"),
            ("job {}", "the script does not end in: return job"),
            ("job {} return job {}", "job was called twice"),
            ("return job 'x'", "job takes one table"),
            ("return job { settings = { f = print } }", "job: settings.f: a function has no plain form"),
            ("return job { 1, 2, x = 1 }", "job: a table's keys must be"),
            ("local t = {} t.t = t return job { settings = t }", "settings.t: the table contains itself"),
            ("local t = {} for i = 1, 120 do t = { t } end return job { settings = t }", "nest deeper than 100 levels"),
            ("return job { settings = { [1] = 1, a = 2 } }", "job: settings: a table's keys must be exactly"),
            ("return job { settings = { [1] = 1, [3] = 2 } }", "settings"),
            ("return job { settings = { ['\\xff'] = 1 } }", "valid UTF-8"),
            ("return job { about = os.time() }", "there is no clock while a header is evaluated"),
            ("return job { settings = { a = option.duration { defualt = 1 } } }", "unknown key defualt"),
            ("return job { a = option.strng 'x' }", "there is no option.strng; did you mean option.string?"),
            ("return job { a = option.pats {} }", "there is no option.pats; did you mean option.path?"),
            (
                "return job { a = option.frobnicate {} }",
                "there is no option.frobnicate; there are boolean, duration, list, map, number, one_of, path, paths,"
            ),
            ("return job { a = option[7] }", "there is no option.7; there are boolean"),
        ])
    func badHeader(text: String, message: String) throws {
        let error = #expect(throws: LuaError.self) {
            try LuaState().evaluateJob(Array(text.utf8), name: "jobs/x.lua")
        }
        #expect(error?.message.contains(message) == true, "\(error as Any)")
        #expect(error?.place?.hasPrefix("jobs/x.lua") == true)
    }

    @Test("Headers, results and fields of any allowed depth come through") func depth() throws {
        let text =
            "local function deep() local t = {} for i = 1, 97 do t = { t } end return t end\n"
            + "return job { settings = deep(), run = function(this) return { deep(), this.deep } end }"
        let state = try LuaState()
        try state.install(HostModule("this", functions: []), isGlobal: false)
        let script = try state.evaluateJob(Array(text.utf8), name: "jobs/x.lua")
        let deep = (0..<97).reduce(Value.map([:])) { inner, _ in .list([inner]) }
        #expect(script.header["settings"] == deep)
        try state.setFields(of: "this", ["deep": deep])
        #expect(try state.call(#require(script.functions["run"]), [.module("this")]) == [deep, deep])
    }

    @Test("A syntax error names the file and the line") func syntax() throws {
        let error = #expect(throws: LuaError.self) {
            try LuaState().evaluateJob(Array("return job {\n  about = = 1,\n}".utf8), name: "jobs/x.lua")
        }
        #expect(error?.kind == .syntax)
        #expect(error?.description == "jobs/x.lua:2: unexpected symbol near '='")
    }

    @Test("An error comes with its place and the script's lines") func traceback() throws {
        let error = try LuaFixture.failure("local function clean()\n  error('no')\nend\nclean()\nreturn 1")
        #expect(error.description == "jobs/x.lua:3: no")
        #expect(
            error.traceback == [
                "jobs/x.lua:3: in upvalue 'clean'", "jobs/x.lua:5: in function at line 1",
            ] || error.traceback.first?.hasPrefix("jobs/x.lua:3: in ") == true)
        #expect(error.traceback.contains { $0.hasPrefix("jobs/x.lua:5: in ") })
        #expect(error.report.contains("\n  jobs/x.lua:3: in "))
    }

    @Test(
        "Error values without a message are said to be so",
        arguments: [
            ("error(nil)", "an error value without a message (a nil)"),
            ("error({})", "an error value without a message (a table)"),
            ("assert(false, 0)", "an error value without a message (the number 0)"),
            ("error(-1.5)", "an error value without a message (the number -1.5)"),
            ("error(setmetatable({}, { __tostring = function() return 'me' end }))", "me"),
            (
                "error(setmetatable({}, { __tostring = function() error('x') end }))",
                "an error value whose __tostring failed"
            ),
            ("error(setmetatable({}, { __tostring = function() return 1.5 end }))", ""),
            (
                "error(setmetatable({}, { __tostring = function() return {} end }))",
                "an error value whose __tostring failed"
            ),
        ])
    func placeholders(body: String, message: String) throws {
        let error = try LuaFixture.failure(body)
        #expect(error.message.contains(message))
        #expect(error.kind == .runtime)
    }

    @Test("An error table's members come along") func errorTable() throws {
        let error = try LuaFixture.failure("error { message = 'full', code = 'EFULL', retry = false, f = print }")
        #expect(error.message == "full")
        #expect(error.code == "EFULL")
        #expect(error.fields == ["retry": false])
        #expect(error.place == "jobs/x.lua:2")
    }

    @Test("print goes to the host, a line a call") func print() throws {
        var lines: [String] = []
        _ = try LuaFixture.run("print('a', 1, nil, true) print() print({}, print)") { state in
            state.print = { lines.append(String(decoding: $0, as: UTF8.self)) }
        }
        #expect(lines == ["a\t1\tnil\ttrue", "", "table\tfunction"])
    }

    @Test("require finds files of jobs/lib, each once") func require() throws {
        var names: [String] = []
        let result = try LuaFixture.run(
            "local a, b = require 'a', require 'a'\nreturn { a.value, a == b, require 'b' }"
        ) { state in
            state.libraries = [
                "a": Array("print('once', ...) return { value = require 'b' }".utf8), "b": Array("return 7".utf8),
            ]
            state.print = { names.append(String(decoding: $0, as: UTF8.self)) }
        }
        #expect(result == [7, true, 7])
        #expect(names == ["once\ta"])
    }

    @Test("The files that were required are known") func required() throws {
        let state = try LuaState()
        state.libraries = ["a": Array("return require 'b'".utf8), "b": Array("return 7".utf8), "c": []]
        _ = try LuaFixture.run("return require 'a'", in: state)
        #expect(state.requiredLibraries == ["a", "b"])
    }

    @Test(
        "What require cannot do is an error with its place",
        arguments: [
            ("require 'os'", "jobs/x.lua:2: require: there is no jobs/lib/os.lua"),
            ("require '../x'", "jobs/x.lua:2: require: there is no jobs/lib/../x.lua"),
            ("require 'bad'", "jobs/lib/bad.lua:1: unexpected symbol near '='"),
            ("require 'binary'", "attempt to load a binary chunk (mode is 't')"),
            ("require 'one'", "jobs/lib/two.lua:1: require: files of jobs/lib need each other: one -> two -> one"),
            ("pcall(require, 'raises') require 'raises'", "jobs/lib/raises.lua:1: no"),
            ("require(nil)", "jobs/x.lua:2: require takes the name of a file in jobs/lib"),
        ])
    func badRequire(body: String, message: String) throws {
        let error = try LuaFixture.failure(body) { state in
            state.libraries = [
                "bad": Array("= 1".utf8), "binary": [0x1B, 0x4C, 0x75, 0x61], "one": Array("require 'two'".utf8),
                "two": Array("require 'one'".utf8), "raises": Array("error 'no'".utf8),
            ]
        }
        #expect(error.description.contains(message), "\(error)")
    }

    @Test("A configuration is a table; it knows secrets and no API") func configuration() throws {
        let text = "return { a = secret 'X', b = tostring(secret 'Y'), jobs = { ['b-c'] = { enabled = false } } }"
        let value = try LuaState().evaluateConfiguration(Array(text.utf8), name: "scriptron.lua")
        #expect(value["a"] == .secret("X"))
        #expect(value["a"]?.secretName == "X")
        #expect(value["b"] == "secret:Y")
        #expect(value.displayed["a"] == "secret:X")
        #expect(try LuaState().evaluateConfiguration([], name: "scriptron.lua") == .null)
    }

    @Test("A job does not see secret") func noSecret() throws {
        #expect(try LuaFixture.run("return secret == nil") == true)
    }

    @Test("Two states with one seed see the same numbers, with another not") func seed() throws {
        let body = "return { math.random(1 << 50), math.random(1 << 50) }"
        let results = try [(1, 2), (1, 2), (3, 4)].map { first, second in
            try LuaFixture.run(body) { $0.seed(Int64(first), Int64(second)) }
        }
        #expect(results[0] == results[1])
        #expect(results[0] != results[2])
    }
}
