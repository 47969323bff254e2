import Testing

@testable import Scriptron

/// Scripts that try to stay, to grow, to break out or to crash the state. Those that loop inside one C function (a
/// pattern match, a sort with a C comparator) are ended by the kill from outside only: the worker's tests have them.
@Suite("Attacks on the Lua state") struct AttackTests {
    @Test(
        "The soft deadline ends what runs Lua, and is not swallowed",
        arguments: [
            "while true do xpcall(function() while true do end end, function() end) end",
            "xpcall(function() while true do end end, function() while true do end end)",
            "xpcall(error, function() while true do end end)",
            """
            local co = coroutine.create(function()
              local x <close> = setmetatable({}, { __close = function() while true do end end })
              coroutine.yield()
            end)
            coroutine.resume(co)
            coroutine.close(co)
            return "ended well"
            """,
            """
            local function nest(depth)
              local inner = depth > 0 and function() while true do nest(depth - 1) end end
                or function() for i = 1, 50 do end end
              local co = coroutine.wrap(inner)
              co()
            end
            while true do nest(12) end
            """,
            "local f = coroutine.wrap(function() while true do coroutine.yield() end end) while true do f() end",
            "local function loop() while true do end end while true do pcall(coroutine.wrap(loop)) end",
            "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
            "('x'):gsub('x', function() while true do end end)",
            "table.sort({ 1, 2, 3 }, function() while true do end end)",
            "load(function() while true do end end)",
            "tostring(setmetatable({}, { __tostring = function() while true do end end }))",
            "for i in pairs(setmetatable({}, { __pairs = function() while true do end end })) do end",
            "pcall(string.rep, setmetatable({}, {}), 1) repeat pcall(error) until false",
        ])
    func deadline(body: String) throws {
        let error = try LuaFixture.failure(body, seconds: 0.1)
        #expect(error.kind == .timeout, "\(error.report)")
        #expect(error.message == "the deadline has passed")
    }

    @Test("After the deadline a second call gets nowhere either") func latched() throws {
        let state = try LuaState()
        _ = #expect(throws: LuaError.self) { try LuaFixture.run("while true do end", in: state, seconds: 0.05) }
        #expect(state.isExpired)
        let error = #expect(throws: LuaError.self) {
            try state.evaluateConfiguration(Array("return 1".utf8), name: "scriptron.lua")
        }
        #expect(error?.kind == .timeout)
    }

    @Test(
        "The memory limit holds",
        arguments: [
            "local t = {} for i = 1, math.huge do t[i] = i end",
            "local t = {} for i = 1, 1e6 do t[i] = coroutine.create(print) end",
            "return (('x'):rep(1e5):gsub('x', ('y'):rep(1e5)))",
            "local t = {} for i = 1, math.huge do t[i] = ('x'):rep(1000) .. i end",
            "local t = {} while true do t = { t, {}, {} } end",
            "return #table.concat({ ('x'):rep(9e6), ('x'):rep(9e6) })",
            "local t = {} for i = 1, 1e9 do t['key' .. i] = true end",
            "local f = function() error('x') end local t = {} for i = 1, math.huge do t[i] = { pcall(f) } end",
            "xpcall(function() local t = {} while true do t[#t + 1] = {} end end, function() local u = {} while true do u[#u + 1] = {} end end) error('memory')",
        ])
    func memory(body: String) throws {
        let state = try LuaState()
        let error = #expect(throws: LuaError.self) { try LuaFixture.run(body, in: state, memory: 16 << 20) }
        #expect(state.memoryPeak < 17 << 20)
        #expect(state.hitMemoryLimit)
        #expect(error?.kind == .memory || error?.message == "memory", "\(error as Any)")
    }

    @Test("A script that catches the memory error again and again ends at its deadline, within its limit")
    func caughtMemory() throws {
        let state = try LuaState()
        let body = "local s while true do pcall(function() s = 'x' while true do s = s .. s end end) end"
        let error = #expect(throws: LuaError.self) {
            try LuaFixture.run(body, in: state, memory: 4 << 20, seconds: 0.5)
        }
        #expect(error?.kind == .timeout)
        #expect(state.memoryPeak <= 4 << 20)
    }

    @Test("What the host pushes is above the limit; the script's next allocation fails in Lua") func hostPush() throws {
        let state = try LuaState()
        try state.install(
            HostModule(
                "data", functions: [HostFunction("blob") { _ in [.bytes([UInt8](repeating: 7, count: 8 << 20))] }]))
        let error = #expect(throws: LuaError.self) {
            try LuaFixture.run(
                "local t = {} for i = 1, 100000 do t[i] = data.blob() end", in: state, memory: 16 << 20)
        }
        #expect(error?.kind == .memory)
        #expect(state.memoryPeak < 33 << 20)
    }

    @Test(
        "What has no place in a job is an error",
        arguments: [
            ("setmetatable({}, { __gc = false })", "__gc is not available"),
            ("string.rep('x', 1 << 34)", "the result is too large"),
            ("('x'):rep(1 << 34)", "the result is too large"),
            ("('x'):rep(1 << 62, 'yyyyyyyy')", "the result is too large"),
            ("table.move({}, math.mininteger, math.maxinteger, 2)", "too many elements"),
            (
                "table.sort(setmetatable({}, { __len = function() return 1 << 30 end }), math.ult)",
                "__len cannot be used"
            ),
            ("table.concat(setmetatable({}, { __index = type }), '', 1, 1 << 61)", "too many elements"),
            (
                "table.concat(setmetatable({}, { __len = function() return 1 << 61 end, __index = type }))",
                "__len cannot be used"
            ),
            ("assert(load(function() return ' ' end))", "a text of more than"),
            ("assert(load((' '):rep(1 << 21)))", "a text of more than"),
            ("table.sort({ 3, 2, 1, 5, 4, 7, 6, 9, 8, 10 }, function() return true end)", "invalid order function"),
            ("collectgarbage()", "only \"count\" is available"),
            ("assert(load('\\27Lua', 'x', 'b'))", "only text can be loaded"),
            ("assert(load('\\27LuaR\\0\\1\\4\\8', 'x', 'bt'))", "binary chunk"),
            (
                "local p = { '\\27', 'Lua' } local i = 0 assert(load(function() i = i + 1 return p[i] end))",
                "binary chunk"
            ),
            ("string.dump(print)", "attempt to call a nil value (field 'dump')"),
            ("rawset(string, 'rep', print)", "the table is locked"),
            ("string.rep = print", "string.rep cannot be set: the table is locked"),
            ("table.insert(string, 1)", "cannot be set: the table is locked"),
            ("os.execute('true')", "attempt to call a nil value (field 'execute')"),
            ("io.open('/etc/passwd')", "attempt to index a nil value (global 'io')"),
            ("debug.getregistry()", "attempt to index a nil value (global 'debug')"),
            ("package.loadlib('x', '*')", "attempt to index a nil value (global 'package')"),
            ("string.format('%p', print)", "'%p' is not available"),
            ("string.format('%s %5.1f %-10p', 1, 2, {})", "'%p' is not available"),
            ("local function f() return pcall(f) end local r = table.pack(f()) error(r[r.n], 0)", "stack overflow"),
            ("local function f() return coroutine.wrap(f)() end f()", "C stack overflow"),
            ("assert(load('return ' .. ('('):rep(1e5)))", "overflow"),
            ("table.unpack({}, 1, math.maxinteger)", "too many results to unpack"),
            ("table.unpack({}, math.mininteger, math.maxinteger)", "too many results to unpack"),
            ("table.unpack({}, 1, 1e7)", "too many results to unpack"),
            ("string.format('%99999d', 1)", "invalid conversion"),
            ("string.pack('i17', 1)", "integral size (17) out of limits"),
            ("utf8.char(-1)", "value out of range"),
            ("coroutine.close(coroutine.running())", "cannot close a running coroutine"),
            ("local co co = coroutine.wrap(function() co() end) co()", "cannot resume non-suspended coroutine"),
            ("coroutine.resume(nil)", "coroutine expected"),
            ("coroutine.close(print)", "coroutine expected"),
            ("error(setmetatable({}, { __index = function() error('x') end }))", "an error value without a message"),
            ("for i = 1, 10 do local ok = pcall(error) end error('end')", "end"),
        ])
    func refused(body: String, message: String) throws {
        let error = try LuaFixture.failure(body)
        #expect(error.kind == .runtime)
        #expect(error.message.contains(message), "\(error)")
    }

    @Test(
        "These end well",
        arguments: [
            ("return string.rep('', 1 << 60)", ""),
            ("return ('ab'):rep(3, '-')", "ab-ab-ab"),
            ("return ('x'):rep(-1)", ""),
            ("return string.format('%s|%5s|%%|%d|%q|%-3s|', {}, print, 7, 'a', 'b')", "table|function|%|7|\"a\"|b  |"),
            ("return tostring(coroutine.create(print)) .. tostring({}) .. tostring(print)", "threadtablefunction"),
            ("return tostring(setmetatable({}, { __name = 'point' }))", "point"),
            ("return string.format('%s', setmetatable({}, { __tostring = function() return 'me' end }))", "me"),
            ("return tostring(_G) .. tostring(string == string) .. tostring(getmetatable(string))", "niltruefalse"),
            ("local n = 0 for k in pairs(string) do n = n + 1 end return tostring(n)", "16"),
            ("return tostring(next(string)) .. tostring(rawget(string, 'rep'))", "nilnil"),
            ("local t = { 1, 2, 3 } table.insert(t, 1, 0) table.remove(t) return table.concat(t, ',')", "0,1,2"),
            ("return table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ',')", "1,1,2,3"),
            ("local ok, e = pcall(error, 'x', 0) return e", "x"),
            ("return select(2, xpcall(error, function(e) return e .. '!' end, 'x', 0))", "x!"),
            (
                "local a, b = xpcall(function(...) return select('#', ...) end, print, 1, nil, 3) return tostring(b)",
                "3"
            ),
            ("return load('return x', 'name', 't', { x = 'own' })()", "own"),
            (
                "local f, e = load('=', 'jobs/other.lua') return e",
                "(load jobs/other.lua):1: unexpected symbol near '='"
            ),
            ("local p = { 'return ', \"'a'\" } local i = 0 return load(function() i = i + 1 return p[i] end)()", "a"),
            ("local co = coroutine.create(function() error('x', 0) end) return select(2, coroutine.resume(co))", "x"),
            (
                "local co = coroutine.create(print) return tostring(coroutine.close(co)) .. coroutine.status(co)",
                "truedead"
            ),
            (
                "local f = coroutine.wrap(function(a) local b = coroutine.yield(a .. 'b') return b .. 'd' end) return f('a') .. f('c')",
                "abcd"
            ),
            ("return coroutine.wrap(function() return (select(2, pcall(coroutine.yield, 'in'))) end)()", "in"),
            ("local function f() return xpcall(f, f) end f() return 'ok'", "ok"),
            ("local t = {} for i = 0, 61 do t[1 << i] = 1 end pcall(table.insert, t, 1, 2) return 'ok'", "ok"),
            ("string = nil return ('x'):rep(2)", "xx"),
            ("return math.type(collectgarbage('count'))", "float"),
            ("math.randomseed() math.randomseed(1) return type(math.random())", "number"),
            ("return type(os.time()) .. type(os.clock()) .. type(os.date())", "numbernumberstring"),
            (
                "local t = setmetatable({}, { __mode = 'k', __newindex = function(t, k, v) rawset(t, k, v) end }) for i = 1, 1e5 do t[{}] = i end return 'ok'",
                "ok"
            ),
        ])
    func allowed(body: String, result: String) throws {
        #expect(try LuaFixture.run(body) == .text(result))
    }

    @Test("A chain of coroutine.close that overflows the C stack of Lua 5.4.4 is an error") func closeChain() throws {
        let body = """
            local close, wrap = coroutine.close, coroutine.wrap
            local co
            for i = 1, 20000 do
              local previous = co
              co = coroutine.create(function()
                local x <close> = setmetatable({}, { __close = function() if previous then assert(close(previous)) end end })
                coroutine.yield()
              end)
              coroutine.resume(co)
            end
            assert(close(co))
            """
        let error = try LuaFixture.failure(body, memory: 256 << 20)
        #expect(error.message.contains("coroutine.close: nested too deeply"), "\(error)")
    }

    @Test("A close that yields, and a wrap whose closing fails, do not crash") func oddCloses() throws {
        let body = """
            local function scoped(closer)
              return function()
                local x <close> = setmetatable({}, { __close = closer })
                coroutine.yield()
                error("body", 0)
              end
            end
            local co = coroutine.create(scoped(function() coroutine.yield() end))
            coroutine.resume(co)
            local closed = coroutine.close(co)
            local f = coroutine.wrap(scoped(function() error("closer", 0) end))
            f()
            local ok, message = pcall(f)
            return { closed, ok, message }
            """
        let result = try LuaFixture.run(body)
        #expect(
            result.list?.dropFirst() == [false, "jobs/x.lua:15: closer"]
                || result.list?.last?.text?.hasSuffix("closer") == true)
    }

    @Test("Hostile numbers and texts reach host functions as they are, and end in an error or a value")
    func hostileArguments() throws {
        let module = HostModule(
            "box",
            functions: [
                HostFunction("integer") { [.int(try $0.integer(0, "n"))] },
                HostFunction("number") { [.number(try $0.number(0, "n"))] },
                HostFunction("text") { [.text(try $0.text(0, "text"))] },
                HostFunction("duration") { arguments in
                    var options = try arguments.options(0)
                    return [.number(try options.duration("d") ?? -1), .int(try options.size("s") ?? -1)]
                },
            ])
        let body = """
            local bad = { math.mininteger, math.maxinteger, 0/0, 1/0, -1/0, 2^53, 1e308, "\\0", "\\xff", "", {}, true,
              ("9"):rep(400), "1e999", "-1s", "nan", "inf", "0x10" }
            local errors = 0
            for _, f in ipairs { box.integer, box.number, box.text, function(v) return box.duration { d = v } end,
                function(v) return box.duration { s = v } end } do
              for i = 1, #bad do
                local ok, e = pcall(f, bad[i])
                if not ok then errors = errors + 1 assert(e.code == "EARGUMENT", tostring(e)) end
              end
            end
            return errors
            """
        let errors = try LuaFixture.run(body) { try $0.install(module) }
        #expect((errors.integer ?? 0) > 40)
    }

    @Test("A flood of print reaches the host in pieces, not in memory") func flood() throws {
        var bytes = 0
        _ = try LuaFixture.run("for i = 1, 1000 do print(('x'):rep(100000)) end", memory: 8 << 20) { state in
            state.print = { bytes += $0.count }
        }
        #expect(bytes == 100_000_000)
    }

    @Test("Mutated bytecode never loads", arguments: 0..<200) func bytecode(attempt: Int) throws {
        var random = SystemRandomNumberGenerator()
        let bytes = [0x1B] + (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
        let error = #expect(throws: LuaError.self) { try LuaState().evaluateJob(bytes, name: "jobs/x.lua") }
        #expect(error?.message.contains("binary chunk") == true, "attempt \(attempt): \(bytes)")
    }
}
