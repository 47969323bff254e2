import Testing

@testable import Scriptron

@Suite("The smaller modules") struct ModulesTests {
    @Test("State is kept, and an update loses nothing to another that came between") func state() throws {
        let api = try APIFixture()
        api.services.interference = { [unowned services = api.services] in services.state["count"] = 10 }
        let result = try api.run(
            """
            state.set("a", { 1, 2 })
            state.set("b", "x")
            state.set("b", nil)
            local count = state.update("count", function(n) return (n or 0) + 1 end)
            return { count, state.get("a")[2], state.get("none", { default = 5 }), #state.keys(), state.delete("a") }
            """)
        #expect(result == [11, 2, 5, 2, true])
        #expect(api.services.state["count"] == 11)
        #expect(try api.failure(#"state.get("")"#).code == "EARGUMENT")
    }

    @Test("A lock is held until it is released or its scope ends") func lock() throws {
        let api = try APIFixture()
        api.services.answers[.lockHold] = 77
        try api.run(
            """
            do local held <close> = lock.hold("backup", { wait = "2s" }) end
            local other = lock.hold("x")
            other:release()
            """)
        #expect(api.services.requests.map(\.service) == [.lockHold, .lockRelease, .lockHold, .lockRelease])
        #expect(api.services.requests[0].arguments == ["name": "backup", "wait": 2.0])
        #expect(api.services.requests[1].arguments == ["token": 77])
        api.services.answers[.lockHold] = .null
        #expect(try api.run(#"return lock.hold("backup") == nil"#) == true)
    }

    @Test("JSON goes both ways; the empty list is told from the empty table") func json() throws {
        let api = try APIFixture()
        let result = try api.run(
            #"""
            return { json.encode { a = json.array {}, b = {}, c = { 1, json.array { "x" } } },
                     json.decode('{"x": null, "y": [1, 2.5]}'), json.decode("null", { null = 7 }) }
            """#)
        #expect(result == [#"{"a":[],"b":{},"c":[1,["x"]]}"#, ["y": [1, 2.5]], 7])
        #expect(try api.failure(#"json.decode("{")"#).code == "EJSON")
        // What came as an empty list is written as one.
        let empty = try api.run(
            #"return { json.encode(json.decode('{"list": [], "map": {}}')), json.encode { files = fs.list(".") } }"#)
        #expect(empty == [#"{"list":[],"map":{}}"#, #"{"files":[]}"#])
    }

    @Test("Times are in the job's zone, os.date too") func time() throws {
        let api = try APIFixture()
        api.zone = try Zone(named: "Europe/Berlin")
        let result = try api.run(
            """
            local t = os.date("*t", 1774747800)
            return { time.format(1774747800, "%H:%M"), time.format(1774747800, "%H:%M", { zone = "UTC" }),
                     os.date("%Y-%m-%d %H", 1774747800), os.date("!%H", 1774747800), t.hour, t.wday, t.isdst,
                     os.time { year = 2026, month = 3, day = 29, hour = 3, min = 30 },
                     os.time { year = 2026, month = 15, day = 1, hour = 0 }, time.parse("2026-03-29 03:30"),
                     time.seconds("1h30m"), math.type(time.now()), time.precise() > 1.7e9 }
            """)
        #expect(
            result == [
                "03:30", "01:30", "2026-03-29 03", "01", 3, 1, true, 1_774_747_800, 1_803_855_600, 1_774_747_800, 5400,
                "integer", true,
            ])
    }

    @Test("Sleeping ends at the attempt's deadline") func sleep() throws {
        let api = try APIFixture()
        api.timeout = 0.3
        let error = try api.failure(#"time.sleep("1h")"#)
        #expect(["EDEADLINE", nil].contains(error.code))
    }

    @Test("Digests are those of the standards") func hash() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "abc")
        let result = try api.run(
            """
            return { hash.text("abc"), hash.file("a"), hash.text("abc", { algorithm = "md5" }),
                     hash.hmac("Jefe", "what do ya want for nothing?"),
                     hash.hmac("Jefe", "what do ya want for nothing?", { encoding = "base64", algorithm = "sha1" }) }
            """)
        let abc: Value = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        // FIPS 180-4, RFC 1321, RFC 4231, RFC 2202.
        #expect(
            result == [
                abc, abc, "900150983cd24fb0d6963f7d28e17f72",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "7/zfauXrL6LSdBbV8YTfnCWafHk=",
            ])
    }

    @Test("The key of an HMAC may be written in base64, alone or as Standard Webhooks does") func keys() throws {
        let api = try APIFixture()
        let result = try api.run(
            """
            local plain = hash.hmac("new", "x")
            return { plain == hash.hmac("bmV3", "x", { key_encoding = "base64" }),
                     plain == hash.hmac("whsec_bmV3", "x", { key_encoding = "whsec" }),
                     plain == hash.hmac("new", "x", { key_encoding = "whsec" }),
                     plain == hash.hmac("whsec_bmV3", "x") }
            """)
        #expect(result == [true, true, true, false])
        #expect(try api.failure(#"hash.hmac("whsec_?", "x", { key_encoding = "whsec" })"#).code == "EKEY")
        #expect(try api.failure(#"hash.hmac("?", "x", { key_encoding = "base64" })"#).code == "EKEY")
        #expect(try api.failure(#"hash.hmac("x", "x", { key_encoding = "hex" })"#).code == "EARGUMENT")
    }

    @Test("A connection is tried within the grant; not to be reached is an answer") func tcp() throws {
        let api = try APIFixture()
        #expect(try api.failure(#"net.tcp("127.0.0.1", 1)"#).code == "EGRANT")
        api.grant.connect = ["127.0.0.1:1", "a.example.org:443"]
        api.services.answers[.resolve] = ["127.0.0.1"]
        let closed = try api.run(#"return net.tcp("127.0.0.1", 1)"#)
        #expect(closed["reachable"] == false)
        #expect(closed["code"] == "ECONNREFUSED")
        api.services.answers[.resolve] = []
        #expect(try api.run(#"return net.tcp("a.example.org", 443).reachable"#) == false)
        #expect(try api.failure(#"net.tcp("example.org", 443)"#).code == "EGRANT")
    }

    @Test("What the script says of its run counts, whatever it does afterwards") func verdicts() throws {
        let skipped = try APIFixture()
        try skipped.run(#"pcall(this.skip, "nothing to do"); pcall(this.fail, "later")"#)
        #expect(skipped.context.verdict == .skip(reason: "nothing to do"))
        let failed = try APIFixture()
        let error = try failed.failure(#"this.fail("broken", { retry = false })"#)
        #expect(error.code == "FAIL")
        #expect(error.fields["retry"] == false)
        #expect(failed.context.verdict == .fail(message: "broken", retry: false))
        let warned = try APIFixture()
        try warned.run(#"this.warn("careful"); log.info("hello", { n = 1 }); log.progress(1, 2, "half")"#)
        #expect(
            warned.services.notes == [
                .warning("careful"), .log(level: "info", message: "hello", fields: ["n": 1]),
                .progress(done: 1, total: 2, label: "half"),
            ])
    }

    @Test("What the host knows is asked of it") func sys() throws {
        let api = try APIFixture()
        api.services.answers[.sysLoad] = ["one": 0.5, "cores": 2]
        #expect(try api.run("return sys.load().cores") == 2)
        #expect(try api.failure("sys.load(1)").code == "EARGUMENT")
    }

    @Test("Before there is an attempt there is no API") func noSession() throws {
        let context = APIContext()
        let state = try LuaState()
        try HostAPI.install(in: state, context)
        state.phase = .run
        let error = #expect(throws: Failure.self) { try context.current("fs.read") }
        #expect(error?.code == "EEVALUATION")
    }
}
