import Testing

@testable import Scriptron

@Suite("jobs/lib/format.lua") struct FormatTests {
    private func evaluate(_ expression: String) throws -> Value {
        let state = try LuaState()
        state.libraries = try ShippedJob("health").libraries.mapValues { Array($0.utf8) }
        let text = "local format = require 'format'\nreturn job { run = function() return \(expression) end }"
        let script = try state.evaluateJob(Array(text.utf8), name: "jobs/x.lua")
        state.phase = .run
        return try state.call(try #require(script.functions["run"]), [])
    }

    @Test(
        "Values read as people write them",
        arguments: [
            ("format.size(0)", "0 B"), ("format.size(1023)", "1023 B"), ("format.size(1536.0)", "1.5 KiB"),
            ("format.size(3 << 30)", "3.0 GiB"), ("format.size(5 << 60)", "5120.0 PiB"),
            ("format.duration(0.41)", "0.4 s"), ("format.duration(3)", "3 s"), ("format.duration(59.7)", "1 min"),
            ("format.duration(302)", "5 min 2 s"), ("format.duration(86405)", "1 d"),
            ("format.duration(187200)", "2 d 4 h"), ("format.percent(93.44)", "93.4 %"), ("format.percent(4)", "4 %"),
            ("format.plain('plain')", "plain"), ("format.plain('a\\nb')", "a\\x0ab"),
            ("format.plain('caf\u{E9}')", "café"), ("format.plain('\\xff\u{E9}')", "\\xff\\xc3\\xa9"),
            ("format.plain('abcdefghij', 4)", "ab…ij"), ("format.plain(('é'):rep(10), 6)", "é…é"),
        ]) func formatted(_ expression: String, _ text: String) throws
    {
        #expect(try evaluate(expression).text == text)
    }

    @Test("Whatever is cut stays valid text") func cuts() throws {
        let all =
            "(function() for n = 4, 40 do assert(utf8.len(format.plain(('aé漢🙂'):rep(20), n))) end return true end)()"
        #expect(try evaluate(all) == true)
    }
}
