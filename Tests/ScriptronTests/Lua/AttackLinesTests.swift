import Testing

@testable import Scriptron

/// The attacks that pure Lua can make, each in a worker of its own: as the host's user, and where the host is root as
/// nobody too. Whatever comes of them, the next worker is well.
@Suite("Attacks by Lua, line by line", .timeLimit(.minutes(15))) struct AttackLinesTests {
    /// How an attack may end.
    enum Outcome: String, Sendable {
        /// It ran out of time.
        case timeout
        case memory
        /// An error that Lua or the host API raised.
        case error
        /// The process crashed; a failed attempt.
        case crash
        /// The script ended well, because there was nothing to attack.
        case harmless
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        let line: Int
        let outcomes: Set<Outcome>
        let script: String
        /// What its error must say; nil: anything.
        let says: String?

        init(_ line: Int, _ outcomes: Set<Outcome>, _ script: String, says: String? = nil) {
            self.line = line
            self.outcomes = outcomes
            self.script = script
            self.says = says
        }

        var testDescription: String { "\(line): \(script.prefix(60))" }
    }

    /// Line 35, memory corruption by a weak table under the cap, may end in anything but a dead host.
    static let attacks = loops + libraries + memories + errors + escapes + extremes

    private static let loops = [
        Attack(1, [.timeout], "while true do end"),
        Attack(2, [.timeout], "while true do pcall(function() while true do end end) end"),
        Attack(3, [.timeout], "xpcall(error, function() while true do end end) while true do end"),
        Attack(
            4, [.error], "setmetatable({}, { __gc = function() while true do end end })", says: "__gc is not available"),
        Attack(5, [.timeout], "local x <close> = setmetatable({}, { __close = function() while true do end end })"),
        Attack(
            6, [.timeout],
            """
            local co = coroutine.create(function()
              local x <close> = setmetatable({}, { __close = function() while true do end end })
              coroutine.yield()
            end)
            coroutine.resume(co)
            pcall(coroutine.close, co)
            return "ended well"
            """),
        Attack(
            7, [.timeout],
            """
            local function nest(depth)
              if depth == 0 then for i = 1, 50 do end return end
              while true do coroutine.wrap(nest)(depth - 1) end
            end
            nest(12)
            """),
        Attack(
            8, [.harmless],
            """
            local co = coroutine.create(function()
              local x <close> = setmetatable({}, { __close = function() while true do end end })
              coroutine.yield()
            end)
            coroutine.resume(co)
            return "nothing of it is closed"
            """),
    ]

    private static let libraries = [
        Attack(9, [.harmless], "return #string.rep('', 1 << 60)"),
        Attack(9, [.error], "return string.rep('', 1 << 60, 'x')"),
        Attack(10, [.error], "table.move({}, 1, 1 << 61, 2)", says: "too many elements"),
        Attack(
            11, [.error], "table.insert(setmetatable({}, { __len = function() return 1 << 61 end }), 1, 1)",
            says: "__len cannot be used"),
        Attack(
            12, [.error], "table.remove(setmetatable({}, { __len = function() return 1 << 61 end }), 1)",
            says: "__len cannot be used"),
        Attack(13, [.timeout], "return (('x'):rep(60)):find((('.-'):rep(40)) .. 'b')"),
        Attack(14, [.timeout], "return (('a'):rep(200000)):find('a*a*b')"),
        Attack(15, [.timeout], "while true do (('('):rep(1000000)):match('%b()') end"),
        Attack(
            16, [.timeout, .error, .memory],
            "local t = {} for i = 1, 500000 do t[i] = i end while true do table.sort(t, math.ult) end"),
        Attack(17, [.error], "assert(load(math.random))", says: "the reader must return strings"),
        Attack(18, [.error], "local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() return true end)"),
    ]

    private static let memories = [
        Attack(19, [.memory], "local s = 'x' while true do s = s .. s end"),
        Attack(
            20, [.timeout, .memory],
            "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end"),
        Attack(21, [.error], "return ('x'):rep(1 << 34)"),
        Attack(22, [.memory], "local t = {} for i = 1, 60000 do t[i] = coroutine.create(print) end"),
        Attack(23, [.memory], "return #(('x'):rep(100000):gsub('x', ('y'):rep(100000)))"),
        Attack(24, [.error], "collectgarbage('stop')", says: "only \"count\" is available"),
        Attack(
            25, [.memory],
            "local t = {} for i = 1, 100000 do t[i] = json.encode(('x'):rep(1000)) .. i end return table.concat(t)"
        ),
        Attack(
            26, [.memory],
            """
            local text = '[' .. ('"x",'):rep(400000) .. '1]'
            local t = {}
            while true do t[#t + 1] = json.decode(text) end
            """),
        Attack(
            27, [.memory],
            """
            local t = {}
            xpcall(function() while true do t[#t + 1] = {} end end, function() while true do t[#t + 1] = {} end end)
            while true do t[#t + 1] = {} end
            """),
    ]

    private static let errors = [
        Attack(28, [.error], "error(setmetatable({}, { __tostring = function() error('again') end }))"),
        Attack(29, [.timeout], "error(setmetatable({}, { __tostring = function() while true do end end }))"),
        Attack(30, [.error], "error(nil)"),
        Attack(30, [.error], "error({})"),
        Attack(
            31, [.error, .crash, .memory],
            """
            local close = coroutine.close
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
            """),
        Attack(
            32, [.error],
            """
            local b = { 27, 76, 117, 97, 84, 0, 25, 147, 13, 10, 26, 10, 4, 8, 8 }
            assert(load(string.char(table.unpack(b)) .. ('x'):rep(99), 'x', 'bt'))
            """
        ),
        Attack(
            33, [.error],
            "local p, i = { '\\27', 'Lua' }, 0 assert(load(function() i = i + 1 return p[i] end, 'x', 'bt'))"),
        Attack(34, [.harmless], "assert(string.dump == nil)"),
        Attack(
            35, [.harmless, .error, .memory, .crash],
            """
            while true do
              local mt = setmetatable({}, { __mode = "kv" })
              local t = setmetatable({}, mt)
              mt.__newindex = function(self, k, v) rawset(self, k, { v, ("x"):rep(100) }) end
              for i = 1, 1000 do t[{}] = i t["k" .. i] = { t } end
              kept = { kept, t }
            end
            """),
    ]

    private static let escapes = [
        Attack(36, [.error], "getmetatable('').__index = {}", says: "attempt to index a boolean value"),
        Attack(36, [.error], "string.rep = nil"),
        Attack(37, [.error], "getmetatable('').__add = print", says: "attempt to index a boolean value"),
        Attack(38, [.error], "setmetatable(string, {})", says: "cannot change a protected metatable"),
        Attack(38, [.error], "rawset(table, 'concat', print)"),
        Attack(38, [.harmless], "_G = nil string = nil table = nil assert(('x'):rep(2) == 'xx')"),
        Attack(
            39, [.harmless],
            """
            for _, name in ipairs { 'io', 'debug', 'package', 'dofile', 'loadfile', 'warn', '_G', '_LOADED' } do
              assert(_ENV[name] == nil, name)
            end
            for _, name in ipairs { 'exit', 'execute', 'getenv', 'remove', 'rename', 'tmpname', 'setlocale' } do
              assert(os[name] == nil, name)
            end
            """
        ),
        Attack(40, [.error], "require('os')", says: "there is no jobs/lib/os.lua"),
        Attack(40, [.error], "package.loadlib('/usr/lib/x86_64-linux-gnu/liblua5.4.so.0', 'luaopen_io')"),
        Attack(41, [.error], "os.exit(0)", says: "attempt to call a nil value (field 'exit')"),
        Attack(42, [.harmless, .timeout], "for i = 1, 2000 do print(('x'):rep(10000)) end"),
        Attack(43, [.error], "string.format('%p', {})"),
        Attack(
            43, [.harmless],
            """
            for _, v in ipairs { {}, print, function() end, coroutine.create(print), this } do
              assert(not (tostring(v) .. string.format('%s', v)):find('0x'))
            end
            """
        ),
    ]

    private static let extremes = [
        Attack(44, [.error, .memory], "local function f() return f() + 1 end f()"),
        Attack(44, [.error], "local function f() local ok, e = pcall(f) error(e, 0) end f()", says: "C stack overflow"),
        Attack(45, [.error], "assert(load('return ' .. ('('):rep(100000)))"),
        Attack(
            45, [.error],
            "local s = {} for i = 1, 300 do s[i] = 'local a' .. i end assert(load(table.concat(s, '\\n')))",
            says: "too many local variables"),
        Attack(46, [.error], "select(math.mininteger, 1)", says: "index out of range"),
        Attack(46, [.error], "return table.unpack({}, 1, math.maxinteger)"),
        Attack(46, [.error], "return table.unpack({}, math.mininteger, math.maxinteger)"),
        Attack(47, [.error], "time.sleep(0 / 0)"),
        Attack(47, [.error], "fs.read('a\\0b')"),
        Attack(47, [.error], "fs.read(('x'):rep(5000))"),
        Attack(47, [.error], "json.encode(0 / 0)"),
        Attack(47, [.error], "time.format(1e308, '%Y')"),
        Attack(47, [.error], "time.format(math.mininteger, '%Y')"),
    ]

    private func outcome(_ ended: WorkerHarness.Ended) -> Outcome? {
        switch ended.end.verdict {
        case .timedOut: .timeout
        case .crashed: .crash
        case .finished(let result):
            result.outcome == .succeeded ? .harmless : result.code == "EMEMORY" ? .memory : .error
        default: nil
        }
    }

    @Test("Each ends as it must, and the host lives (attacks 1–47)", arguments: [false, true]) func lines(
        asNobody: Bool
    ) async throws {
        var grant = Grant.nothing
        grant.memory = 32 << 20
        if asNobody {
            guard SandboxFacts.probe().canSwitchUser else { return }
            grant.identity = Grant.Identity(name: "nobody", uid: 65534, gid: 65534, groups: [], home: "/")
        }
        let harness = try WorkerHarness()
        await withTaskGroup(of: Void.self) { group in
            for (index, attack) in Self.attacks.enumerated() {
                if index >= 6 { await group.next() }
                group.addTask { [grant] in
                    // Those that must be stopped by the clock get little of it, all others plenty.
                    let seconds = attack.outcomes == [.timeout] ? 0.7 : attack.line == 35 || attack.line == 20 ? 3 : 60
                    guard
                        let ended = try? await harness.run(
                            "return job { run = function(settings, this) \(attack.script) end }",
                            order: WorkerHarness.order(.run, timeout: seconds), grant: grant)
                    else {
                        Issue.record("line \(attack.line) could not be launched")
                        return
                    }
                    let allowed = attack.line == 35 ? attack.outcomes.union([.timeout]) : attack.outcomes
                    let found = outcome(ended)
                    #expect(found.map(allowed.contains) == true, "\(attack.testDescription): \(ended.end.verdict)")
                    if let says = attack.says, case .finished(let result) = ended.end.verdict {
                        let error = result.error ?? ""
                        #expect(error.contains(says), "\(attack.testDescription): \(error)")
                    }
                    if found == .harmless { #expect(ended.seconds < 30, "\(attack.testDescription)") }
                }
            }
        }
        let after = try await harness.run("return job { run = function() return 7 end }", grant: grant)
        guard case .finished(let result) = after.end.verdict else {
            Issue.record("the worker after the attacks: \(after.end.verdict)")
            return
        }
        #expect(result.result == 7)
    }

    @Test("No line is left out") func all() {
        #expect(Set(Self.attacks.map(\.line)) == Set(1...47))
    }

    @Test("A state with another name, or with one less, is not opened") func goldenList() throws {
        try GoldenList.check(GoldenList.names)
        #expect(throws: Failure.self) { try GoldenList.check(GoldenList.names + ["os.exit"]) }
        #expect(throws: Failure.self) { try GoldenList.check(Array(GoldenList.names.dropLast())) }
        #expect(try LuaState().globalNames() == GoldenList.names)
    }
}
