import Testing

@testable import Scriptron

@Suite("The health job's pages, certificates, units and backups", .timeLimit(.minutes(15))) struct HealthServersTests {
    private let fixture: HealthFixture
    private var machine: FakeMachine { fixture.machine }

    init() throws { fixture = try HealthFixture() }

    private func grant(_ ports: UInt16...) -> Grant {
        var grant = Grant()
        grant.connect = ports.map { "127.0.0.1:\($0)" } + ports.map { "localhost:\($0)" }
        grant.ports = ports.sorted()
        return grant
    }

    // Pages.

    /// What a page answers, what is asked of it, and what is wrong with that; nil: nothing.
    struct Page: Sendable, CustomTestStringConvertible {
        var reply: HTTPTestServer.Reply
        var asked: [String: Value]
        var problem: String?
        var testDescription: String { "\(asked): \(problem ?? "well")" }

        init(_ reply: HTTPTestServer.Reply, _ asked: [String: Value] = [:], _ problem: String? = nil) {
            self.reply = reply
            self.asked = asked
            self.problem = problem
        }
    }

    @Test(
        "A page is well when its status and text are as they should be",
        arguments: [
            Page(.text("welcome")), Page(.text("made", status: 201)),
            Page(.text("no", status: 500), [:], "it answered 500"),
            Page(.text("welcome"), ["contains": "come"]),
            Page(.text("welcome"), ["contains": "go.*"], "its answer does not have the text go.*"),
            Page(
                .text("", status: 301, ["Location": "http://elsewhere/"]), [:],
                "it answered 301, and leads to http://elsewhere/"),
            Page(.text("", status: 301, ["Location": "/x"]), ["status": 301]),
            Page(.text("", status: 404), ["status": "4xx"]), Page(.text("x"), ["status": "3xx"], "it answered 200"),
            Page(.raw(Array("nonsense".utf8)), [:], "http.get"), Page(.silence, [:], "http.get"),
            Page(
                .stream(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), endlessly: Array("x".utf8), pause: 100_000), [:],
                "http.get"),
        ])
    func pages(page: Page) async throws {
        let server = try HTTPTestServer { _ in page.reply }
        let given: [String: Value] = [
            "pages": ["shop": .map(page.asked.merging(["url": .text(server.url("/health"))]) { $1 })],
            "page_timeout": 1,
        ]
        let look = try await fixture.looks(2, given, grant: grant(server.port))
        let answer = try #require(look.result["pages"]?["shop"])
        #expect(answer["well"] == .bool(page.problem == nil), "\(answer)")
        #expect(look.breaches == (page.problem == nil ? [] : ["page_down shop"]))
        #expect(machine.metrics["page_well{page=shop}"] == (page.problem == nil ? 1 : 0))
        if let problem = page.problem {
            #expect(answer["error"]?.text?.contains(problem) == true, "\(answer)")
            #expect(machine.alerts["page_down shop"]?.severity == .critical)
        } else {
            #expect(answer["seconds"]?.double != nil && answer["error"] == nil)
        }
        #expect(server.requests.allSatisfy { $0.method == "GET" && $0.target == "/health" })
    }

    @Test("A page that may not be asked is unknown, one that nobody serves is down") func unreachable() async throws {
        let closed = try { try TCPListener().port }()
        let given: [String: Value] = ["pages": ["shop": .text("http://127.0.0.1:\(closed)/")]]
        _ = try await fixture.looks(2, given)
        let refused = try await fixture.look(given)
        #expect(refused.breaches.isEmpty)
        #expect(refused.unknown("page_down shop")?.contains("may not connect") == true, "\(refused.result)")
        #expect(try await fixture.looks(2, given, grant: grant(closed)).breaches == ["page_down shop"])
    }

    @Test("A page that takes long is told, when it does so again and again") func slow() async throws {
        let server = try HTTPTestServer { _ in
            Monotonic.sleep(until: Monotonic.now + 0.3)
            return .text("late")
        }
        let given: [String: Value] = [
            "pages": ["shop": .text(server.url())], "page_slow": ["above": 0.2, "clear": 0.1, "for_runs": 2],
        ]
        #expect(try await fixture.look(given, grant: grant(server.port)).breaches.isEmpty)
        #expect(try await fixture.look(given, grant: grant(server.port)).breaches == ["page_slow shop"])
    }

    @Test("A dry run asks no page") func dry() async throws {
        let server = try HTTPTestServer { _ in .text("x") }
        let given: [String: Value] = ["pages": ["shop": ["url": .text(server.url()), "contains": "y"]]]
        let look = try await fixture.look(given, grant: grant(server.port), task: .dryRun)
        #expect(look.breaches.isEmpty && server.requests.isEmpty)
    }

    // Certificates.

    @Test("The days that a certificate has left are told, of pages and of other servers, before it ends")
    func certificates() async throws {
        let server = try await TLSTestServer(days: 10)
        var grant = grant(server.port)
        grant.read = [server.directory.path]
        let given: [String: Value] = [
            "pages": [
                "shop": [
                    "url": .text("https://localhost:\(server.port)/"),
                    "ca": .text(server.directory.path.appending("cert.pem").text),
                ]
            ], "certificates": ["mail": .text("localhost:\(server.port)")],
        ]
        let look = try await fixture.looks(2, given, grant: grant)
        // Nobody trusts the other one: it is the same server, without its authority.
        #expect(
            look.breaches == ["certificate_bad mail", "certificate_days mail", "certificate_days shop"],
            "\(look.result)")
        #expect(look.result["certificates"]?["shop"]?["verified"] == true)
        #expect(
            look.warnings.contains {
                $0.hasPrefix("certificate_days shop: ") && $0.hasSuffix(" days left, under 14 days left")
            })
        #expect(machine.metrics["certificate_days{certificate=shop}"].map { (9...10).contains($0) } == true)
        // One that is well is not asked again and again.
        let calm: [String: Value] = given.merging(["certificate_days": ["below": 2, "clear": 3]]) { $1 }
        #expect(try await fixture.look(calm, grant: grant).breaches == ["certificate_bad mail"])
        #expect(machine.state["memory"]?["certificates"]?["known"]?.map?.keys.sorted() == ["shop"])
        let looked = machine.state["memory"]?["certificates"]?["known"]?["shop"]?["looked"]
        #expect(try await fixture.look(calm, grant: grant).result["certificates"]?["shop"]?["verified"] == true)
        #expect(machine.state["memory"]?["certificates"]?["known"]?["shop"]?["looked"] == looked)
    }

    @Test("A certificate that has ended says since when") func ended() async throws {
        let server = try await TLSTestServer(days: -2)
        let given: [String: Value] = ["pages": ["shop": .text("https://localhost:\(server.port)/")]]
        let look = try await fixture.looks(2, given, grant: grant(server.port))
        #expect(look.breaches == ["certificate_bad shop", "certificate_days shop", "page_down shop"])
        #expect(look.warnings.contains { $0.hasPrefix("certificate_days shop: ended 2 d ago") }, "\(look.warnings)")
    }

    // Units.

    @Test("A unit that is not active is told; where no systemd runs it is unknown") func units() async throws {
        machine.set { $0.units = ["nginx.service": true, "app.service": false] }
        let given: [String: Value] = ["units": ["nginx", "app", "gone"]]
        var grant = Grant()
        grant.service = ["nginx.service", "app.service", "gone.service"]
        let look = try await fixture.looks(2, given, grant: grant)
        #expect(look.breaches == ["unit_down app"])
        #expect(look.warnings == ["unit_down app: systemd says that it is not active"])
        #expect(look.unknown("unit_down gone") == "no systemd runs this machine")
        #expect(look.result["units"]?["nginx"]?["active"] == true)
    }

    // Backups.

    @Test("A backup is late when its last proof is too old, whatever later runs say") func backups() async throws {
        let now = SystemClock().now().epoch
        func job(_ result: Value) -> [Value] { [["name": "backup", "last_success": .number(now), "result": result]] }
        let given: [String: Value] = ["backup_ages": ["backup": "9d"]]
        machine.set { $0.jobs = job(["last_proven": .number(now - 10 * 86400)]) }
        #expect(try await fixture.look(given).breaches == ["backup_late backup"])
        // A success that says nothing of proofs does not make it younger.
        machine.set { $0.jobs = job(.null) }
        let look = try await fixture.look(given)
        #expect(look.breaches == ["backup_late backup"])
        #expect(look.warnings == ["backup_late backup: 10 d, over 9 d"])
        #expect(machine.alerts["backup_late backup"]?.severity == .critical)
        machine.set { $0.jobs = job(["last_proven": .number(now - 8 * 86400)]) }
        #expect(try await fixture.look(given).breaches.isEmpty)
        #expect(machine.metrics["backup_age{backup=backup}"].map { abs($0 - 8 * 86400) < 60 } == true)
    }

    @Test("A backup that was never proven counts from when it was first watched") func neverProven() async throws {
        machine.set { $0.jobs = [["name": "backup", "last_success": .number(SystemClock().now().epoch)]] }
        let given: [String: Value] = ["backup_ages": ["backup": "9d"]]
        let first = try await fixture.look(given)
        #expect(first.breaches.isEmpty && first.result["backups"]?["backup"] == ["age": 0, "never_proven": true])
        machine.set {
            $0.state["memory"] = ["backups": ["waiting": ["backup": .number(SystemClock().now().epoch - 10 * 86400)]]]
        }
        #expect(try await fixture.look(given).breaches == ["backup_late backup"])
    }
}
