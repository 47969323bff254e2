import Synchronization
import Testing

@testable import Scriptron

/// The job `retry` and real servers of this machine, with the real binary.
@Suite("End to end: retry by HTTP") struct EndToEndRetryHTTPTests {
    private func push(_ host: EndToEndHost, _ urls: String...) async throws {
        for url in urls {
            let pushed = try await host.command("queue", "push", "default", #"{"url": "\#(url)", "json": {"n": 1}}"#)
            #expect(pushed.code == 0, "\(pushed.text)")
        }
    }

    private func tasks(_ host: EndToEndHost) async throws -> [Value] {
        try await host.command("queue", "list", "default", "--json").rows
    }

    /// A run's figures, only those that are not 0.
    private func figures(_ row: Value) throws -> [String: Int64] {
        let result = try #require(row["result"]?.map, "\(row)")
        return result.compactMapValues(\.integer).filter { $0.value != 0 }
    }

    @Test("Each answer has its meaning, and each server its own", .timeLimit(.minutes(15))) func answers() async throws
    {
        let good = try HTTPTestServer { _ in .answer(200, [:], [UInt8](repeating: 0x61, count: 300_000)) }
        let wrong = try HTTPTestServer { _ in .text("no such order", status: 400) }
        let isThere = Mutex(false)
        let gone = try HTTPTestServer { _ in .text("", status: isThere.withLock { $0 } ? 204 : 410) }
        let busy = try HTTPTestServer { _ in .text("", status: 429, ["Retry-After": "3600"]) }
        let moved = try HTTPTestServer { [port = good.port] _ in
            .text("", status: 302, ["Location": "http://127.0.0.1:\(port)/elsewhere"])
        }
        let servers = [good, wrong, gone, busy, moved]
        let host = try RetryPlace.make("base = \"1h\"", connect: servers.map { "127.0.0.1:\($0.port)" })
        try await push(host, good.url("/1"), good.url("/2"), wrong.url(), gone.url("/a?x=1"), gone.url("/a?x=2"))
        try await push(host, gone.url("/b"), busy.url("/1"), busy.url("/2"), busy.url("/3"), moved.url())
        try await push(host, "http://127.0.0.1:9/not-granted", "http://a b/")
        try await host.start()
        let row = try await host.run("retry")
        #expect(row["outcome"] == "succeeded", "\(row)")
        #expect(
            try figures(row) == ["done": 2, "failed": 2, "dead": 6, "postponed": 2, "waiting": 4, "buried": 6], "\(row)"
        )
        #expect(good.requests.map(\.target) == ["/1", "/2"], "no redirect is followed")
        #expect(gone.requests.map(\.target) == ["/a?x=1", "/b"], "what is gone is not asked again")
        #expect(busy.requests.count == 1)
        let all = try await tasks(host)
        let waiting = all.filter { $0["state"] == "waiting" }
        #expect(
            waiting.compactMap { $0["attempts"]?.integer } == [1, 0, 0, 1], "no try was counted where there was none")
        let now = SystemClock().now().epoch
        #expect(waiting.prefix(3).allSatisfy { ($0["due"]?.double ?? 0) > now + 3000 }, "\(waiting)")
        let errors = all.compactMap { $0["error"]?.text }
        #expect(errors.contains { $0.contains("may not connect to 127.0.0.1:9") }, "\(errors)")
        #expect(errors.contains { $0.contains("is disabled: see the setting enable") }, "\(errors)")
        let alerts = try await host.command("alerts", "--json")
        #expect(alerts.text.contains("retry.dead.default"), "\(alerts.text)")
        // The operator has the address tried again.
        isThere.withLock { $0 = true }
        #expect(try await host.command("queue", "requeue", "default", "4").code == 0)
        let again = try await host.run("retry", "--set", "enable=\(gone.url("/a"))")
        #expect(try figures(again)["done"] == 1, "\(again)")
        #expect(gone.requests.map(\.target).last == "/a?x=1")
        try await host.stop()
    }

    @Test("A server that fails is left alone, and holds up nobody else", .timeLimit(.minutes(15)))
    func breaker() async throws {
        let down = try HTTPTestServer { _ in .text("", status: 500) }
        let good = try HTTPTestServer { _ in .text("") }
        let host = try RetryPlace.make(
            "base = \"1h\", breaker_failures = 3, breaker_pause = \"1h\", per_host = 5",
            connect: [down, good].map { "127.0.0.1:\($0.port)" })
        for _ in 0..<8 { try await push(host, down.url()) }
        for _ in 0..<7 { try await push(host, good.url()) }
        try await host.start()
        let row = try await host.run("retry")
        #expect(try figures(row) == ["done": 5, "failed": 3, "postponed": 7, "waiting": 10], "\(row)")
        #expect(down.requests.count == 3 && good.requests.count == 5)
        // What is known of servers outlives the run, and the host.
        try await host.stop()
        host.remove("serve.log")
        try await host.start()
        let more = try await host.command("queue", "push", "default", #"{"url": "\#(down.url())"}"#)
        #expect(more.code == 0)
        #expect(try figures(try await host.run("retry")) == ["postponed": 1, "waiting": 11])
        #expect(down.requests.count == 3)
        try await host.stop()
    }

    @Test("A task has one key for all of its tries, and a new life when it is requeued", .timeLimit(.minutes(15)))
    func lives() async throws {
        let down = try HTTPTestServer { _ in .text("", status: 503) }
        let host = try RetryPlace.make(
            "base = \"0s\", max_attempts = 3, breaker_failures = 0", connect: ["127.0.0.1:\(down.port)"])
        try await push(host, down.url())
        try await host.start()
        _ = try await host.run("retry")
        #expect(try await tasks(host).first?["error"] == "the server answered 503; it was the last of 3 tries")
        #expect(try await host.command("queue", "requeue", "default", "1").code == 0)
        _ = try await host.run("retry", "--set", "max_attempts=1")
        #expect(Set(down.requests.map { $0.headers["idempotency-key"] }).count == 1)
        #expect(Set(down.requests.map { $0.headers["webhook-id"] }).count == 1)
        #expect(down.requests.map { $0.headers["retry-attempt"] } == ["1", "2", "3", "1"])
        // One that died of its age is not too old when it is requeued.
        #expect(try await host.command("queue", "requeue", "default", "1").code == 0)
        #expect(try figures(try await host.run("retry", "--set", "max_age=0s"))["dead"] == 1)
        #expect(try await host.command("queue", "requeue", "default", "1").code == 0)
        #expect(try figures(try await host.run("retry", "--set", "max_age=1h"))["buried"] == 1)
        #expect(down.requests.count == 7)
        // Settings that mean nothing decide over no task.
        for wrong in ["retry_statuses=4o8", "retry_statuses=500", "batch=0", "max_attempts=1.5", "timeout=10m"] {
            let row = try await host.run("retry", "--set", wrong)
            #expect(row["outcome"] == "failed" && row["reason"]?.text?.hasPrefix("setting ") == true, "\(row)")
        }
        try await host.stop()
    }
}
