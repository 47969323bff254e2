import Synchronization
import Testing

@testable import Scriptron

@Suite("The outbox") struct OutboxTests {
    private static let start = Timestamp(seconds: 1_700_000_000)

    /// An outbox whose channels do what the test says, and whose timers ring at once.
    private final class Fixture: Sendable {
        let store = MemoryStore()
        let now = Shared(OutboxTests.start)
        let sent = Shared<[(channel: String, names: [String])]>([])
        let broken = Shared<Set<String>>([])
        let outbox: Outbox

        init(_ channels: String) throws {
            let configuration = try ConfigFixture.configuration("channels = { \(channels) }")
            let loop = try EventLoop()
            try PlainThread.start(name: "outbox-test") { loop.run() }
            outbox = Outbox(
                Outbox.Connections(
                    store: store, now: { [now] in now.value.withLock { $0 } },
                    later: { loop.after(min($0, 0.02), handler: $1) }, channels: { configuration.channels },
                    machine: "box",
                    send: { [sent, broken] (message, channel) throws(Failure) in
                        if broken.value.withLock({ $0.contains(channel.name) }) {
                            throw Failure(code: "EDOWN", "it is down")
                        }
                        let names = message.entries.compactMap { $0.alert["name"]?.text }
                        sent.value.withLock { $0.append((channel.name, names)) }
                    }, trouble: { _ in }))
        }

        func add(_ channel: String, _ name: String) throws {
            let alert: Value = ["name": .text(name), "severity": "warning"]
            try store.write { [now] session in
                _ = try session.addOutbox(
                    OutboxEntry(
                        channel: channel, event: .fired, alert: alert, created: now.value.withLock { $0 }))
            }
        }

        func counts(_ state: OutboxEntry.State) throws -> [String: Int] {
            try store.read { try $0.outboxCounts(state) }
        }
    }

    /// Waits until it is so.
    private static func eventually(_ what: String, _ body: () throws -> Bool) throws {
        let end = Monotonic.now + 60
        while try !body() {
            if Monotonic.now > end { throw Failure(code: "ETIMEOUT", "it did not come about: \(what)") }
            Monotonic.sleep(until: Monotonic.now + 0.01)
        }
    }

    @Test("What waits goes as one message; a dead channel holds up no other, and gets it when it is back")
    func channels() throws {
        let fixture = try Fixture("a = { type = 'command', run = 'x' }, b = { type = 'command', run = 'x' }")
        fixture.broken.value.withLock { $0 = ["a"] }
        for index in 0..<250 {
            try fixture.add("a", "k\(index)")
            try fixture.add("b", "k\(index)")
        }
        fixture.outbox.start()
        try Self.eventually("b got all") { try fixture.counts(.delivered)["b"] == 250 }
        let messages = fixture.sent.value.withLock { $0 }.filter { $0.channel == "b" }
        #expect(messages.map(\.names.count) == [250])
        try Self.eventually("a was tried again") {
            try fixture.store.read { try $0.outbox(channel: "a", state: .waiting, limit: 1).first?.attempts ?? 0 } > 2
        }
        #expect(try fixture.outbox.rows().first?["error"] == "it is down")
        fixture.broken.value.withLock { $0 = [] }
        try Self.eventually("a got all") { try fixture.counts(.delivered)["a"] == 250 }
        let names = fixture.sent.value.withLock { $0 }.filter { $0.channel == "a" }.flatMap(\.names)
        #expect(names == (0..<250).map { "k\($0)" })
        fixture.outbox.stop()
    }

    @Test("What is too old is given up, and that is found; so is a channel that fails for long") func expiry() throws {
        let fixture = try Fixture("a = { type = 'command', run = 'x', expire = '1d' }")
        fixture.broken.value.withLock { $0 = ["a"] }
        try fixture.add("a", "old")
        try fixture.add("gone", "lost")
        fixture.outbox.start()
        try Self.eventually("it failed, and the channel that is gone was noticed") {
            try fixture.outbox.rows().first?["error"]?.text != nil && fixture.counts(.expired)["gone"] == 1
        }
        #expect(!fixture.outbox.findings().contains { $0.key == "channel a" })
        fixture.now.value.withLock { $0 = $0 + 86400 }
        try Self.eventually("it is given up") { try fixture.counts(.expired)["a"] == 1 }
        let findings = fixture.outbox.findings()
        #expect(findings.map(\.key) == ["channel a", "channel gone"])
        #expect(findings.first?.summary.contains("1 alert was given up, the last old") == true)
        #expect(findings.first?.summary.contains("has taken nothing for") == true)
        fixture.now.value.withLock { $0 = $0 + 8 * 86400 }
        #expect(!fixture.outbox.findings().contains { $0.summary.contains("given up") })
        fixture.outbox.stop()
    }

    @Test(
        "Tries come later and later, never at the same time for all",
        arguments: [(1, 5.0), (2, 10), (8, 640), (30, 900)])
    func delays(failures: Int, most: Double) {
        #expect(Outbox.delay(failures, random: 0) == most / 2)
        #expect(Outbox.delay(failures, random: 1) == most)
    }

    @Test("A message is a text, JSON and a mail whose lines mean nothing to a server") func message() throws {
        var entry = OutboxEntry(
            channel: "a", event: .fired,
            alert: [
                "name": "health.disk /é", "severity": "critical", "summary": "95 %\u{2026}", "since": 1_700_000_000.0,
                "last_run": 7,
            ], created: Self.start)
        entry.id = 5
        let message = AlertMessage(machine: "böx", entries: [entry])
        #expect(message.subject == "critical, firing: health.disk /é on böx")
        #expect(message.text.contains("  95 %…\n") && message.text.contains("scriptron show 7"))
        #expect(message.value["alerts"]?.list?.first?["message"] == 5)
        let mail = String(decoding: message.mail(from: "a@b", to: ["c@d", "e@f"], now: Self.start), as: UTF8.self)
        let lines = mail.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.utf8.count <= 78 && !$0.contains("\n") && $0 != "." }, "\(mail)")
        #expect(mail.hasPrefix("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"))
        #expect(mail.contains("To: c@d,\r\n e@f\r\n") && mail.contains("Subject: =?utf-8?B?"))
        let many = AlertMessage(machine: "box", entries: [entry, entry])
        #expect(many.subject == "2 firing on box")
    }
}
