import Testing

@testable import Scriptron

/// The parts of `jobs/retry.lua`, in a script that sees a server which answers as it is told.
@Suite("jobs/retry.lua") struct RetryTests {
    private func evaluate(_ text: String) throws -> Value {
        let state = try LuaState()
        let context = APIContext()
        let directory = try TemporaryDirectory()
        let means = LiveEffects.Settings(
            services: FakeServices(), grant: Grant(), base: directory.path, scratch: nil, zone: "UTC",
            deadline: Monotonic.now + 60)
        context.session = APIContext.Session(
            effects: LiveEffects(means),
            resolver: PathResolver(grant: Grant(), base: directory.path, scratch: nil, job: "test"),
            grant: Grant(), zone: .utc)
        try HostAPI.install(in: state, context)
        state.libraries = try ShippedJob("retry").libraries.mapValues { Array($0.utf8) }
        let script = """
            local backoff, breaker, delivery = require "backoff", require "breaker", require "delivery"
            local Endpoints = require "endpoints"
            local settings = {
              timeout = 20, longest_wait = 86400, retry_statuses = { "408", "425", "429" }, dead_codes = { 65 },
            }
            local task = { id = 7, attempt = 2, pushed = 1700000000.25, body = { url = "https://a.example/x?y=1", json = { n = 1 } } }
            local seen
            -- What the server says: a status with headers, or nothing.
            local function try(status, headers)
              http = { request = function(url, options)
                seen = options
                if not status then error(headers or { code = "ECONNECT", message = "refused" }) end
                return { status = status, headers = headers or {} }
              end }
              return delivery.attempt(task, "q", settings)
            end
            return job { run = function() \(text) end }
            """
        let loaded = try state.evaluateJob(Array(script.utf8), name: "jobs/x.lua")
        state.phase = .run
        return try state.call(try #require(loaded.functions["run"]), [])
    }

    @Test(
        "An answer decides what becomes of the task",
        arguments: [
            ("200", "done"), ("204", "done"), ("301", "retry"), ("400", "dead"), ("401", "dead"), ("404", "dead"),
            ("408", "retry"), ("410", "gone"), ("425", "retry"), ("429", "retry"), ("500", "retry"), ("503", "retry"),
            ("nil", "retry"),
        ])
    func statuses(_ status: String, _ fate: String) throws {
        #expect(try evaluate("return try(\(status))[1]").text == fate)
    }

    @Test("Retry-After is honoured, as seconds and as a date, up to a bound")
    func retryAfter() throws {
        #expect(try evaluate(#"return try(429, { ["retry-after"] = "120" })[3]"#) == 120)
        #expect(try evaluate(#"return try(503, { ["retry-after"] = "99999999" })[3]"#) == 86400)
        let date = #"return delivery.retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1445412400, 86400)"#
        #expect(try evaluate(date).double == 80)
        #expect(
            try evaluate(#"return delivery.retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1545412400, 9)"#).double == 0)
        #expect(try evaluate(#"return delivery.retry_after("soon", 0, 9)"#) == .null)
        // By the server's own clock, which may be another.
        let skewed =
            #"return delivery.retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1, 999, "Wed, 21 Oct 2015 07:27:00 GMT")"#
        #expect(try evaluate(skewed).double == 60)
        let header =
            #"return try(503, { ["retry-after"] = "Wed, 21 Oct 2015 07:28:30 GMT", date = "Wed, 21 Oct 2015 07:28:00 GMT" })[3]"#
        #expect(try evaluate(header).double == 30)
    }

    @Test(
        "HTTP dates are read in their three forms, and nothing else is",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Fri, 31 Dec 2049 23:59:60 GMT", 2_524_607_999),
            ("Friday, 31-Dec-49 23:59:59 GMT", 2_524_607_999), ("Sun, 32 Nov 1994 08:49:37 GMT", nil),
            ("Sun, 06 Foo 1994 08:49:37 GMT", nil), ("06 Nov 1994 08:49:37 GMT", nil), ("-5", nil), ("", nil),
            ("Sun, 06 Nov 1994 08:49:37 +0100", nil), ("Sun, 06 Nov 19940 08:49:37 GMT", nil),
        ] as [(String, Int64?)])
    func dates(_ text: String, _ expected: Int64?) throws {
        #expect(try evaluate("return delivery.date(\"\(text)\", 1700000000)").integer == expected)
    }

    @Test(
        "What no second try will change is dead at once; what may be different the next time is not",
        arguments: [
            (#"{ code = "EGRANT", message = "http.request may not connect to a:1" }"#, "dead"),
            (#"{ code = "EGRANT", message = "http.request: the host refused to connect to a:1" }"#, "retry"),
            (#"{ code = "EARGUMENT", message = "the header x holds a line break" }"#, "dead"),
            (#"{ code = "EURL", message = "the address holds spaces" }"#, "dead"),
            (#"{ code = "ETIMEDOUT", message = "no answer" }"#, "retry"),
            (#"{ code = "ERESOLVE", message = "no address" }"#, "retry"),
            (#""a mistake""#, "retry"),
        ])
    func failures(_ problem: String, _ fate: String) throws {
        #expect(try evaluate("return try(nil, \(problem))[1]").text == fate)
    }

    @Test("A command's exit decides: done, again, or never again") func commands() throws {
        let result = try evaluate(
            """
            local asked
            task.body = { command = { "work" }, json = { n = 1 } }
            local function exits(problem)
              process = { run = function(argv, options)
                asked = options
                if problem then error(problem) end
                return { code = 0 }
              end }
              return delivery.attempt(task, "q", settings)[1]
            end
            return { exits(), exits { code = "EEXIT", exit = 1, message = "" }, exits { code = "EEXIT", exit = 65, message = "" },
                     exits { code = "EGRANT", message = "may not run" }, exits { code = "ETIMEDOUT", message = "" },
                     asked.stdin, asked.stdout, asked.env.TASK_ATTEMPT, #asked.env.IDEMPOTENCY_KEY }
            """)
        #expect(result == ["done", "retry", "dead", "dead", "retry", #"{"n":1}"#, "log", "2", 32])
    }

    @Test("A task's own headers stay, its own key too; those that say which task it is are ours")
    func headers() throws {
        let result = try evaluate(
            """
            task.body.headers = { ["content-TYPE"] = "a/b", ["idempotency-key"] = "mine", ["Webhook-ID"] = "forged", Extra = 7 }
            try(200)
            local names = {}
            for name in pairs(seen.headers) do names[#names + 1] = name end
            table.sort(names)
            return { names, seen.headers["content-TYPE"], seen.headers["idempotency-key"], seen.headers.Extra,
                     seen.headers["webhook-id"] == delivery.identity(task, "q"), seen.headers["Retry-Attempt"], seen.cut }
            """)
        let names: Value = [
            "Extra", "Retry-Attempt", "content-TYPE", "idempotency-key", "webhook-id", "webhook-timestamp",
        ]
        #expect(result == [names, "a/b", "mine", "7", true, "2", true])
    }

    @Test("Hosts have their share; what is gone is dead untried; what is remembered has its bounds")
    func endpoints() throws {
        let result = try evaluate(
            """
            local policy = { failures = 2, pause = 30, longest = 3600, per_host = 3, per_host_time = 10 }
            local known = Endpoints.new({ hosts = "damaged" }, policy)
            local function ask(host, address) local why = known:obstacle(host, address, 1000) return why and why[1] or "sent" end
            local shares = {}
            for index = 1, 4 do shares[index] = ask("a", "a/x") end
            known:learn({ "done" }, "b", "b/x", 1000, 11)
            local slow = ask("b", "b/x")
            known:learn({ "gone", "410" }, "c", "c/x", 1000, 1)
            local gone, other = ask("c", "c/x"), ask("c", "c/y")
            known:learn({ "retry", "500" }, "d", "d/x", 1000, 1)
            known:learn({ "dead", "400" }, "d", "d/x", 1000, 1)
            known:learn({ "retry", "500" }, "d", "d/x", 1000, 1)
            local once = ask("d", "d/x")
            known:learn({ "retry", "500" }, "d", "d/x", 1000, 1)
            local twice = ask("d", "d/x")
            known:learn({ "retry", "429", 7 }, "e", "e/x", 1000, 1)
            local asked = known:obstacle("e", "e/x", 1000)[2]
            for index = 1, 2500 do known:learn({ "gone", "410" }, "f", "f/" .. index, 2000 + index, 0) end
            local kept = known:keep(2000)
            local count = 0
            for _ in pairs(kept.gone) do count = count + 1 end
            return { shares, slow, gone, other, once, twice, asked >= 7 and asked < 12, count, kept.gone["f/2500"] ~= nil,
                     known:enable("f/2500"), known:enable("f/2500"), known.changed }
            """)
        #expect(
            result == [
                ["sent", "sent", "sent", "postponed"], "postponed", "dead", "sent", "sent", "postponed", true, 1000,
                true,
                true, false, true,
            ])
    }

    @Test("Every try carries the same key, and a signature of its own time") func signature() throws {
        let result = try evaluate(
            """
            settings.secret, settings.previous_secret = "new", "old"
            try(200)
            local first = seen.headers
            task.attempt = 3
            try(500)
            local second = seen.headers
            local signed = second["webhook-id"] .. "." .. second["webhook-timestamp"] .. "." .. seen.body
            local expected = "v1," .. hash.hmac("new", signed, { encoding = "base64" })
              .. " v1," .. hash.hmac("old", signed, { encoding = "base64" })
            return { first["Idempotency-Key"] == second["Idempotency-Key"], #first["webhook-id"],
                     second["webhook-signature"] == expected, seen.method, second["Content-Type"], seen.body }
            """)
        #expect(result == [true, 32, true, "POST", "application/json", #"{"n":1}"#])
    }

    @Test(
        "What can never be tried is known before",
        arguments: [
            #"{ url = "https://a.example/" }"#, #"{ command = { "true" } }"#, #"{}"#, #""text""#,
            #"{ url = "ftp://a" }"#,
            #"{ url = "https://a.example/", command = { "true" } }"#, #"{ command = {} }"#, #"{ command = "true" }"#,
            #"{ url = "https://a.example/", body = { 1 } }"#, #"{ url = 7 }"#, #"{ url = "https:///x" }"#,
            #"{ url = "https://a.example/", headers = { "x" } }"#,
            #"{ url = "https://a.example/", headers = { x = {} } }"#,
            #"{ command = { "true" }, max_attempts = 0 }"#, #"{ command = { "true" }, max_attempts = "3" }"#,
        ].enumerated().map { ($0.offset, $0.element) })
    func problems(_ index: Int, _ body: String) throws {
        #expect(try evaluate("return delivery.problem(\(body)) == nil") == .bool(index < 2), "\(body)")
    }

    @Test("The wait grows to its cap, with full jitter, and never below what was asked for") func waits() throws {
        let result = try evaluate(
            """
            local policy = { base = 10, cap = 3600 }
            local most = {}
            for tries = 1, 30 do
              most[tries] = 0
              for _ = 1, 200 do most[tries] = math.max(most[tries], backoff.delay(tries, policy)) end
            end
            return { most[1] <= 10, most[1] > 5, most[4] <= 80, most[4] > 40, most[30] <= 3600, most[30] > 1800,
                     backoff.delay(1, policy, 500) == 500, backoff.delay(1e9, policy) <= 3600 }
            """)
        #expect(result == [true, true, true, true, true, true, true, true])
    }

    @Test("A breaker opens after failures in a row, longer each time, and closes by one success") func breakers() throws
    {
        let result = try evaluate(
            """
            local policy = { failures = 3, pause = 30, longest = 100 }
            local memory
            local blocked = {}
            for try = 1, 6 do
              memory = breaker.failed(memory, policy, 1000)
              blocked[try] = (breaker.blocked(memory, 1000, 100) or 1000) - 1000
            end
            local asked = breaker.failed(nil, policy, 1000, 7)
            -- What was noted under a clock that was years ahead holds nobody up.
            return { blocked, breaker.blocked(memory, 1100, 100) == nil, breaker.blocked(asked, 1000, 100) - 1000,
                     breaker.blocked(nil, 1000, 100) == nil, breaker.blocked({ until_time = 4e9 }, 1000, 100) == nil }
            """)
        let blocked = result.list?.first?.list?.compactMap(\.double)
        #expect(blocked == [0, 0, 30, 60, 100, 100])
        #expect(result.list?.dropFirst().map { $0 } == [true, 7, true, true])
    }
}
