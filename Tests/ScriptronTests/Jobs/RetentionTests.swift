import Testing

@testable import Scriptron

@Suite("jobs/lib/retention.lua") struct RetentionTests {
    /// What the policy keeps of one copy a day at noon, the newest 0 days old, as ages in days.
    private func kept(_ policy: String, days: Int = 400) throws -> [Int64] {
        let text = """
            local retention = require "retention"
            local copies, now = {}, 1767268800   -- 2026-01-01 12:00
            for age = 0, \(days - 1) do copies[#copies + 1] = { name = "c" .. age, time = now - age * 86400, age = age } end
            local keep, remove = retention.judge(copies, \(policy), now + 60)
            local ages = {}
            for _, one in ipairs(keep) do ages[#ages + 1] = one.copy.age end
            assert(#keep + #remove == \(days))
            for _, one in ipairs(remove) do assert(#one.why > 0) end
            return ages
            """
        return try LibraryScript.run(text, "retention").list?.compactMap(\.integer) ?? []
    }

    @Test(
        "What each rule keeps",
        arguments: [
            ("{ last = 3 }", [0, 1, 2]), ("{ daily = 3 }", [0, 1, 2]), ("{ last = 1, yearly = 2 }", [0, 1]),
            ("{ weekly = 3 }", [0, 4, 11]), ("{ monthly = 3 }", [0, 1, 32]), ("{ yearly = 3 }", [0, 1, 366]),
            ("{ last = 2, daily = 0, weekly = 0, monthly = 1, yearly = 0 }", [0, 1]),
            ("{ last = 2, weekly = 2, monthly = 2 }", [0, 1, 4]),
        ] as [(String, [Int64])])
    func rules(policy: String, ages: [Int64]) throws { #expect(try kept(policy) == ages) }

    @Test(
        "A policy that keeps nothing, or is mistyped, is refused",
        arguments: [
            "{}", "{ last = 0 }", "{ lasst = 3 }", "{ last = -1 }", "{ last = 1.5 }", #"{ last = "3" }"#,
            "{ last = 0/0 }",
        ])
    func refused(policy: String) throws { #expect(throws: LuaError.self) { try kept(policy) } }

    @Test("The newest stays whatever the policy, and a copy of the future counts for nothing") func future() throws {
        let result = try LibraryScript.run(
            """
            local retention = require "retention"
            local now = 1767268800
            local copies = {
              { name = "future", time = now + 10 * 365 * 86400 }, { name = "new", time = now - 60 },
              { name = "old", time = now - 86400 }, { name = "older", time = now - 2 * 86400 },
            }
            local keep, remove = retention.judge(copies, { last = 1 }, now)
            local names = {}
            for _, one in ipairs(keep) do names[#names + 1] = one.copy.name .. ": " .. one.why end
            for _, one in ipairs(remove) do names[#names + 1] = "not " .. one.copy.name end
            return names
            """, "retention")
        #expect(
            result == [
                "future: it is dated in the future", "new: it is the newest", "not old", "not older",
            ])
    }

    @Test("One copy is left whatever happens") func last() throws {
        #expect(try kept("{ yearly = 1 }", days: 1) == [0])
        #expect(try kept("{ last = 5 }", days: 1) == [0])
    }
}

/// Runs the body of a job's `run` with a library of the repository's jobs, against a host that has nothing.
enum LibraryScript {
    static func run(_ body: String, _ libraries: String...) throws -> Value {
        let api = try APIFixture()
        for name in libraries {
            let path = Path(#filePath).parent.parent.parent.parent.appending("jobs/lib/\(name).lua")
            api.libraries[name] = try Files.readSmall(path)
        }
        return try api.run(body)
    }
}
