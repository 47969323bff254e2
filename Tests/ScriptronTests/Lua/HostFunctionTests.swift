import Testing

@testable import Scriptron

@Suite("Host functions") struct HostFunctionTests {
    private static func module(_ closed: Closed = Closed()) -> HostModule {
        HostModule(
            "box",
            functions: [
                HostFunction("echo") { $0.values },
                HostFunction("fail") { _ in throw Failure(code: "ENOENT", "there is no box", cure: "make one") },
                HostFunction("exit") { _ in
                    throw HostError(Failure(code: "EEXIT", "it failed"), fields: ["status": 3, "code": "overridden"])
                },
                HostFunction("open") { arguments in
                    [.handle(kind: "crate", id: try arguments.integer(0, "id")), .null, "end"]
                },
                HostFunction("stray") { _ in [.handle(kind: "unknown", id: 1)] },
                HostFunction("deep") { _ in
                    [(0..<200).reduce(Value.list([])) { inner, _ in .list([inner]) }]
                },
                HostFunction("many") { _ in Array(repeating: 1, count: 10_000) },
            ],
            methods: [
                "crate": [
                    HostFunction("id") { arguments in
                        guard case .handle("crate", let id) = arguments[0] else { return [.null] }
                        return [.int(id)]
                    },
                    HostFunction("close") { arguments in
                        closed.append(arguments.values)
                        return []
                    },
                ]
            ],
            prelude: """
                local module, base = ...
                function module.twice(value) return module.echo(value, value) end
                base.os.time = function() return 42 end
                """
        )
    }

    /// Who called `close`, and with what.
    private final class Closed {
        var calls: [[Value]] = []
        func append(_ values: [Value]) { calls.append(values) }
    }

    private func run(_ body: String, closed: Closed = Closed()) throws -> Value {
        try LuaFixture.run(body) { try $0.install(Self.module(closed)) }
    }

    @Test(
        "Values come back as they went",
        arguments: [
            .null, true, .int(.min), .int(.max), .number(.infinity), .number(1e308), .number(-0.5), "text",
            .bytes([0, 255, 10]), ["a": ["b": [1, 2, 3]]], [1, "x", [true]], .bytes([]), .map([:]), .secret("X"),
        ] as [Value])
    func roundTrip(value: Value) throws {
        let state = try LuaState()
        try state.install(Self.module())
        let text = "return job { run = function(value) return (box.echo(value)) end }"
        let script = try state.evaluateJob(Array(text.utf8), name: "jobs/x.lua")
        state.phase = .run
        #expect(try state.call(#require(script.functions["run"]), [.value(value)]) == value)
    }

    @Test("NaN goes through, and both zeros") func numbers() throws {
        #expect(try run("local x = box.echo(0/0) return x ~= x") == true)
        #expect(try run("return 1 / box.echo(-0.0)") == .number(-.infinity))
    }

    @Test("A module is a locked table whose prelude has run") func prelude() throws {
        #expect(try run("return { box.twice('x') }") == ["x", "x"])
        #expect(try run("return os.time()") == 42)
        let error = try LuaFixture.failure("box.echo = print") { try $0.install(Self.module()) }
        #expect(error.description == "jobs/x.lua:2: box.echo cannot be set: the table is locked")
        #expect(try run("local n = 0 for k, f in pairs(box) do n = n + 1 end return n") == 8)
    }

    @Test("A failure is a table that prints with the script's line") func failure() throws {
        #expect(
            try run("local ok, e = pcall(box.fail) return { ok, e.code, e.message, e.cure, tostring(e), 'x ' .. e }")
                == [
                    false, "ENOENT", "there is no box; make one", "make one", "jobs/x.lua:2: there is no box; make one",
                    "x jobs/x.lua:2: there is no box; make one",
                ])
        #expect(
            try run("local ok, e = pcall(box.exit) return { e.code, e.status, getmetatable(e) }") == [
                "EEXIT", 3, false,
            ])
        let error = try LuaFixture.failure("local x = 1\nbox.exit()") { try $0.install(Self.module()) }
        #expect(error.code == "EEXIT")
        #expect(error.place == "jobs/x.lua:3")
        #expect(error.fields == ["status": 3])
        #expect(error.traceback == ["jobs/x.lua:3: in function at line 1"])
    }

    @Test("A handle has methods, is equal to itself, and is closed by its scope") func handles() throws {
        let closed = Closed()
        let result = try run(
            """
            local a, hole, text = box.open(7)
            do local scoped <close> = box.open(8) end
            return { a:id(), hole == nil, text, tostring(a), a.nothing == nil, pcall(function() a.x = 1 end) }
            """, closed: closed)
        #expect(
            result.list?.prefix(6) == [7, true, "end", "crate", true, false]
        )
        #expect(closed.calls == [[.handle(kind: "crate", id: 8)]])
    }

    @Test(
        "A host function that returns what cannot be pushed fails in Lua",
        arguments: [("stray", "EINTERNAL"), ("deep", "EVALUE")])
    func unpushable(function: String, code: String) throws {
        let error = try LuaFixture.failure("box.\(function)()") { try $0.install(Self.module()) }
        #expect(error.code == code)
    }

    @Test("Ten thousand results come through") func many() throws {
        #expect(try run("return select('#', box.many())") == 10_000)
    }

    @Test(
        "Arguments without a plain form name the place in them",
        arguments: [
            ("box.echo(1, print)", "box.echo: argument 2: a function has no plain form"),
            (
                "box.echo { a = { b = { 1, coroutine.create(print) } } }",
                "box.echo: argument 1 (a.b[2]): a coroutine has no plain form"
            ),
            ("box.echo { [true] = 1 }", "box.echo: argument 1: a table's keys must be exactly 1…n, or all text"),
            ("box.echo { [1.5] = 1 }", "a table's keys must be"),
            ("box.echo { 1, nil, 3 }", "has holes"),
            ("local t = {} for i = 1, 150 do t = { t } end box.echo(t)", "tables nest deeper than 100 levels"),
            ("local t = { 1, 2 } for i = 1, 60 do t = { t, t } end box.echo(t)", "the value has too many parts"),
            ("local t = { ('x'):rep(1 << 20) } for i = 1, 9 do t = { t, t } end box.echo(t)", "the value is too large"),
            ("local t = {} for i = 0, 62 do t[1 << i] = 1 end box.echo(t)", "box.echo: argument 1"),
        ])
    func unplain(body: String, message: String) throws {
        let error = try LuaFixture.failure(body) { try $0.install(Self.module()) }
        #expect(error.code == "EARGUMENT")
        #expect(error.message.contains(message), "\(error)")
    }

    @Test("Shared tables and metatables are read as they lie there") func shared() throws {
        #expect(try run("local t = { 1 } return (box.echo { t, t })") == [[1], [1]])
        #expect(try run("return (box.echo(setmetatable({ a = 1 }, { __index = error, __pairs = error })))") == ["a": 1])
    }

    @Test("While a header is evaluated, no host function is called") func evaluation() throws {
        let state = try LuaState()
        try state.install(Self.module())
        let error = #expect(throws: LuaError.self) {
            try state.evaluateJob(Array("return job { about = box.echo('x') }".utf8), name: "jobs/x.lua")
        }
        #expect(error?.code == "EUNAVAILABLE")
        #expect(error?.place == "jobs/x.lua:1")
    }

    @Test("Bodies are replaced by their names, as after a fork") func bind() throws {
        let state = try LuaState()
        try state.install(Self.module())
        try state.install(HostModule("this", functions: []), isGlobal: false)
        state.bind(
            HostModule(
                "box", functions: [HostFunction("fail") { _ in ["fine"] }],
                methods: ["crate": [HostFunction("id") { _ in [9] }]]))
        let text =
            "return job { run = function(this) return { box.fail(), box.open(1):id(), this.job, box2 == nil } end }"
        let script = try state.evaluateJob(Array(text.utf8), name: "jobs/x.lua")
        state.phase = .run
        try state.setFields(of: "this", ["job": "x", "facts": ["a": 1]])
        #expect(try state.call(#require(script.functions["run"]), [.module("this")]) == ["fine", 9, "x", true])
    }

    @Test("Large values come through: many small maps, and one long string") func large() throws {
        let rows = Value.list(
            (0..<10_000).map {
                ["path": .text("var/tmp/file-\($0)"), "size": .int(Int64($0)), "age": 1.5, "type": "file"]
            })
        let blob = Value.bytes([UInt8](repeating: 7, count: 16 << 20))
        let state = try LuaState()
        try state.install(
            HostModule("data", functions: [HostFunction("rows") { _ in [rows] }, HostFunction("blob") { _ in [blob] }]))
        let result = try LuaFixture.run(
            "local sum = 0 for _, row in ipairs(data.rows()) do sum = sum + row.size end return { sum, #data.blob() }",
            in: state)
        #expect(result == [49_995_000, 16_777_216])
    }
}
