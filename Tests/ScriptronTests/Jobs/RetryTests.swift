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
            local settings = { timeout = 20, longest_wait = 86400, retry_statuses = { "408", "425", "429" } }
            local task = { id = 7, attempt = 2, pushed = 1700000000.25, body = { url = "https://a.example/x?y=1", json = { n = 1 } } }
            local seen
            -- What the server says: a status with headers, or nothing.
            local function try(status, headers)
              http = { request = function(url, options)
                seen = options
                if not status then error({ code = "ECONNECT", message = "refused" }) end
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
        #expect(try evaluate(#"return try(429, { ["Retry-After"] = "120" })[3]"#) == 120)
        #expect(try evaluate(#"return try(503, { ["retry-after"] = "99999999" })[3]"#) == 86400)
        let date = #"return delivery.retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1445412400, 86400)"#
        #expect(try evaluate(date).double == 80)
        #expect(
            try evaluate(#"return delivery.retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1545412400, 9)"#).double == 0)
        #expect(try evaluate(#"return delivery.retry_after("soon", 0, 9)"#) == .null)
    }

    @Test("Every try carries the same key, and a signature of its own time") func signature() throws {
        let result = try evaluate(
            """
            -- The key "new", as Standard Webhooks writes it.
            settings.secret, settings.previous_secret = "whsec_bmV3", "old"
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
              blocked[try] = (breaker.blocked(memory, 1000) or 1000) - 1000
            end
            local asked = breaker.failed(nil, policy, 1000, 7)
            return { blocked, breaker.blocked(memory, 1100) == nil, breaker.blocked(asked, 1000) - 1000,
                     breaker.blocked(breaker.succeeded(), 1000) == nil }
            """)
        let blocked = result.list?.first?.list?.compactMap(\.double)
        #expect(blocked == [0, 0, 30, 60, 100, 100])
        #expect(result.list?.dropFirst().map { $0 } == [true, 7, true])
    }
}
