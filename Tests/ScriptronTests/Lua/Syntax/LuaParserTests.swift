import Testing

@testable import Scriptron

/// The parser against Lua's own compiler: what that takes it takes, what that refuses it refuses.
@Suite("The Lua parser") struct LuaParserTests {
    private static let root = Path(#filePath).parent.parent.parent.parent.parent

    /// Whether Lua's compiler takes a text, and what the parser says against it.
    private func compare(_ text: [UInt8]) throws -> (isLua: Bool, problem: LuaSyntaxError?) {
        let state = try LuaState()
        var isLua = true
        do throws(LuaError) { try state.load(text, name: "x.lua") } catch { isLua = false }
        do throws(LuaSyntaxError) {
            _ = try LuaParser.parse(text)
            return (isLua, nil)
        } catch {
            return (isLua, error)
        }
    }

    @Test("Every script of the repository is taken") func repository() throws {
        var count = 0
        for folder in ["jobs", "jobs/lib", "library", "Tests/ScriptronTests/Lua/Conformance", "."] {
            let directory = Self.root.appending(folder)
            for name in try StateFiles.names(in: directory) where name.suffix(4).elementsEqual(".lua".utf8) {
                let file = directory.appending(Path(bytes: name))
                let (isLua, problem) = try compare(try Files.readSmall(file))
                #expect(isLua && problem == nil, "\(file): \(problem.map { "\($0)" } ?? "no Lua")")
                count += 1
            }
        }
        #expect(count > 45, "the scripts were not found")
    }

    /// What each part of the grammar looks like.
    static let right = [
        "", ";;;", "return", "return 1, 2;", "do end", "local a <const>, b <close>, c = 1, nil", "goto x ::x::",
        "::a:: ::b:: goto a", "while true do break end", "repeat local x until x", "for i = 1, 2 do end",
        "for i = 1, 10, 2 do local i = i end", "for k, v in pairs({}) do end", "for a, b, c, d in f do end",
        "function a.b.c:d(...) return self, ... end", "function f(a, b, ...) end", "local function f() return f end",
        "if a then elseif b then elseif c then else end", "a, b.c, d[1] = 1, 2", "f{} f'' f\"\" f[[x]] f()",
        "a.b['c']:d{1}:e'x' (f)(g)", "local t = {1, 2; 3, a = 1, [2] = 3, f(), ...}", "return {}",
        "return -x ^ 2, not not a, #t, ~b, - - 1", "return a // b % c << d >> e & f | g ~ h .. i",
        "return 1 < 2 == (3 >= 4) ~= (5 <= 6) and a or b", "return 0x.8p-1, 0xA.p1, 0xffffffffffffffffff, 3e-2, .5, 5.",
        "return 1e+10, 0X1P+3, 3.14E2, 0xep1", "return '\\x41\\u{7FFFFFFF}\\065\\z \n  x\\\ny\\a\\''",
        "return [==[\n]]]=]]==]", "--[[ x\n]] --[==[ ]] ]==] -- y", "-- only a comment", "return 'a\\\r\nb'",
        "local function f(...) local a = ... return (...) end", "do local x goto out end ::out::",
        "do goto l1; local a = 1 ::l1:: ; end", "for i = 1, 2 do goto continue local x ::continue:: end",
        "repeat goto continue ::continue:: ; until true", "local _ENV = {} x = 1",
        "return function() ::x:: return function() ::x:: end end", "local goto_ = 1", "a.and_ = 1", "return a.b.c.d.e",
        "local x <const> = 5 return function() return x end", "f(function() end, function(...) end)",
        "while 1 do if x then break end end", "return ('x'):rep(3), #'x'", "local a\n(f or g)()", "x = a\n(b)",
        "return 2^-3, -2^2, not a == b", "return 1 .. 2", "a = b; c = d", "::x:: do goto x end",
        "do ::x:: end do ::x:: end", "return ...", "local a = {[f{}] = {}}", "return 08, 1 // 0",
        "return {f = f, f; f}",
    ]

    @Test("What is Lua is taken", arguments: right) func takes(text: String) throws {
        let (isLua, problem) = try compare(Array(text.utf8))
        #expect(isLua, "the example is no Lua")
        #expect(problem == nil)
    }

    /// What is none, each for another reason.
    static let wrong = [
        "x", "x = ", "f", "return return", "end", "do", "if x then", "if x end", "while true end", "repeat", "until x",
        "for i do end", "for i = 1 do end", "for i, j = 1, 2 do end", "for 1 in x do end", "for i in do end",
        "function() end", "function f end", "function f(a,) end", "function f(..., a) end", "function f(a b) end",
        "function a:b.c() end", "local", "local function", "local function a.b() end", "local a.b = 1", "local 1",
        "local a <con> = 1", "local a <close>, b <close> = nil, nil", "local a <const> = 1 a = 2",
        "local a <close> = nil a = 2",
        "local a <const> = 1 function a() end", "local a <const> = 1 return function() a = 2 end", "local a < const",
        "goto", "goto x", "goto x do ::x:: end", "::x:: ::x::", "do goto x end local a ::x:: f()", "::x::::x::",
        "goto x local a ::x:: return a", "break", "function f() break end", "while true do function f() break end end",
        "repeat goto continue local z ::continue:: until z", "::x", "goto 1", "f() = 1", "(a) = 1", "(a).b, (c) = 1, 2",
        "f(", "f(a", "f(a,)", "f{", "{}", "a.1", "a.", "a:b", "a:b = 1", "a[", "a[]", "a[1", "a b", "'x'", "1", "...",
        "function f() return ... end", "return {a = }", "return {[1] 2}", "return {,}", "return {1 2}", "return (",
        "return ()", "return a +", "return + a", "return not", "return a ! b", "return a != b", "return a && b",
        "a += 1",
        "return 'x", "return \"x\ny\"", "return '\\q'", "return '\\x4'", "return '\\300'", "return '\\u{}'",
        "return '\\u{80000000}'", "return '\\u41'", "return '\\u{41'", "return [[x", "return [=[x]]", "--[[ x",
        "return [=x", "return 0x", "return 1e", "return 1e+", "return 3x", "return 1..2", "return 0x1p", "return 0xg",
        "return 1.2.3", "return 08x", "return .5.", "return 0x1.p+", "return 1 return 2", "return 1 x = 2", "$", "@",
        "x = \u{E4}", "a = 1 = 2", "a, b", "a, f() = 1, 2", "if x then else elseif y then end", "else",
        "for i = 1, 2, 3, 4 do end", "for i = 1, 2 end", "and", "local and = 1", "nil = 1", "nil()", "true.x = 1",
        "'x':rep(3)", "x = }", "::1::", "while do end", "return function", "\0", "x = 1 \0", "#!/usr/bin/lua\nx = 1",
    ]

    @Test("What is no Lua is refused", arguments: wrong) func refuses(text: String) throws {
        let (isLua, problem) = try compare(Array(text.utf8))
        #expect(!isLua, "the example is Lua")
        #expect(problem != nil)
    }

    /// A text of so many parts.
    private static func many(_ count: Int, _ part: (Int) -> String) -> String {
        (0..<count).map(part).joined()
    }

    @Test("The compiler's limits are the parser's") func limits() throws {
        let texts: [(text: String, isLua: Bool)] = [
            (Self.many(200) { "local a\($0)\n" }, true),
            (Self.many(201) { "local a\($0)\n" }, false),
            ("local function f() " + Self.many(199) { "local a\($0)\n" } + "end", true),
            (Self.many(150, { _ in "do " }) + Self.many(150, { _ in "end " }), true),
            (Self.many(250, { _ in "do " }) + Self.many(250, { _ in "end " }), false),
            ("return " + Self.many(180, { _ in "(" }) + "1" + Self.many(180, { _ in ")" }), true),
            ("return " + Self.many(250, { _ in "(" }) + "1" + Self.many(250, { _ in ")" }), false),
            ("return " + Self.many(150, { _ in "a .. " }) + "a", true),
            ("return " + Self.many(250, { _ in "a .. " }) + "a", false),
            ("return " + Self.many(900, { _ in "a + " }) + "a", true),
            ("return a" + Self.many(900, { _ in ".b" }), true),
            ("return {" + Self.many(5000, { "\($0), " }) + "}", true),
            (Self.many(3000, { "a\($0 % 7) = \($0)\n" }), true),
        ]
        for (text, isLua) in texts {
            let found = try compare(Array(text.utf8))
            #expect(found.isLua == isLua && (found.problem == nil) == isLua, "\(text.prefix(60)): \(found)")
        }
    }

    @Test("A name is what it is bound to") func names() throws {
        let chunk = try LuaParser.parse(
            Array("local a = 1\nlocal function f(a) a = a + b return a end\na = f(a)\ndo local a a = 2 end".utf8))
        var globals: [String] = []
        var uses: [Int] = []
        LuaWalk.visit(chunk.block) { node in
            guard case .expression(let expression) = node else { return }
            if case .global(let name) = expression.kind { globals.append(name) }
            if case .local(let variable) = expression.kind { uses.append(variable) }
        }
        #expect(globals == ["b"])
        #expect(chunk.locals.map(\.name) == ["a", "f", "a", "a"])
        #expect(chunk.locals.map(\.assignments) == [1, 0, 1, 1])
        #expect(uses == [2, 2, 2, 0, 1, 0, 3])
    }

    @Test(
        "What is wrong is said with its place",
        arguments: [
            ("x = = 1", 1, 5, "unexpected symbol near '='"),
            ("local x = 1\nif x then\n", 3, 1, "'end' expected (to close 'if' at line 2) near <eof>"),
            ("return 'abc\n", 1, 8, "unfinished string near 'abc'"),
            ("\n\n  goto x", 3, 3, "no visible label 'x' for goto at line 3"),
            ("local a <const> = 1\r\na = 2", 2, 1, "attempt to assign to const variable 'a'"),
            ("for i = 1, 2 do\n  break\nend break", 3, 5, "break outside a loop at line 3"),
            ("x = 12ab", 1, 5, "malformed number near '12ab'"), ("f(1, )", 1, 6, "unexpected symbol near ')'"),
        ])
    func places(text: String, line: Int, column: Int, message: String) throws {
        #expect(
            throws: LuaSyntaxError(position: LuaPosition(line: line, column: column), message: message)
        ) { try LuaParser.parse(Array(text.utf8)) }
    }

    /// Random texts of Lua's own tokens: most are none, and both must say so.
    @Test("Random texts are judged as the compiler judges them") func random() throws {
        let tokens = [
            "a", "b", "1", "0x1p4", "'x'", "[[y]]", "=", "==", "(", ")", "{", "}", "[", "]", ",", ";", ".", ":", "::",
            "..",
            "...", "+", "-", "~", "not", "and", "local", "function", "end", "do", "while", "if", "then", "else",
            "elseif",
            "for", "in", "return", "break", "goto", "repeat", "until", "nil", "true", "<", ">", "<const>", "<close>",
            "#",
            "a = 1", "local a", "f()", "do end", "return end",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1500 {
            let text = (0..<Int.random(in: 1...9, using: &generator))
                .compactMap { _ in tokens.randomElement(using: &generator) }.joined(separator: " ")
            let (isLua, problem) = try compare(Array(text.utf8))
            #expect(isLua == (problem == nil), "\(text): \(problem?.message ?? "taken")")
        }
    }
}
