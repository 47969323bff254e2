import Glibc
import Testing

@testable import Scriptron

/// What `make run` starts in a clean working copy, as it is shipped, with the real binary.
@Suite("End to end: out of the box", .timeLimit(.minutes(15))) struct EndToEndShippedTests {
    private static let repository = Path(#filePath).parent.parent.parent.parent

    /// A working copy with what `scripts/run` needs.
    private func copy() async throws -> EndToEndHost {
        let host = try EndToEndHost()
        let from = Self.repository
        let copied = try await host.shell(
            "cd '\(host.at("."))' && rm -r jobs scriptron.lua && "
                + "cp -r '\(from)/jobs' '\(from)/scripts' '\(from)/scriptron.lua' . && chmod 755 .")
        #expect(copied.errors.isEmpty, "\(copied.errors)")
        return host
    }

    @Test func `health, sweep, backup and retry do their work, and the backup restores without the host`() async throws
    {
        let host = try await copy()
        try await host.start(with: "scripts/run \(TestBinary.path.text)")
        func result(of job: String) async throws -> Value {
            try await host.eventually("\(job) has run", within: 90) {
                try await host.history(job).last { $0["state"]?.text == "ended" }
            }
        }
        let health = try await result(of: "health")
        #expect(health["outcome"]?.text == "succeeded", "\(health)")
        let values = (health["result"]?.map ?? [:]).filter { $0.value.double != nil }
        #expect(values.count >= 5, "\(values)")
        let sweep = try await result(of: "sweep")
        #expect(sweep["result"]?["files"] == 1, "\(sweep)")
        let backup = try await result(of: "backup")
        #expect(backup["trigger"]?.text == "start" && backup["result"]?["proven"] == true, "\(backup)")
        // Its schedule is every minute; nobody waits for that here.
        _ = try await host.run("retry")
        let queue = try await host.command("queue", "--json").rows.first
        #expect(
            queue?["done"] == 1 && (queue?["failed"]?.integer ?? 0) >= 1
                // Its random wait may be over already.
                && (queue?["delayed"]?.integer ?? 0) + (queue?["ready"]?.integer ?? 0) == 1, "\(queue ?? .null)")
        let alerts = try await host.command("alerts", "--json").rows
        let standing = alerts.filter { $0["state"]?.text == "firing" }.compactMap { $0["key"]?.text }
        #expect(standing == ["backup.same-disk"], "\(alerts)")
        try await host.stop()

        // As docs/jobs.md says; nothing of what the host kept is there any more.
        let lost = try await host.shell(
            "cd '\(host.at("."))' && mv var/backups . && rm -rf var && mkdir -m 750 var restored && mv backups var")
        #expect(lost.code == 0, "\(lost.text)")
        let into = host.at("restored").text
        let restored = try await host.command(
            "run", "restore", "--set", "from=backup", "--set", "into=\(into)", "--grant", "write=\(into)")
        #expect(restored.code == 0, "\(restored.text)")
        let same = try await host.shell(
            "cd '\(host.at("."))' && diff -r jobs '\(into)/files\(host.at("jobs"))' && cmp scriptron.lua "
                + "'\(into)/files\(host.at("scriptron.lua"))'")
        #expect(same.code == 0, "\(same.text)")
        let store = try ScriptDatabase.open(Path(into).appending("databases/scriptron.db"), .read, timeout: 5)
        let rows = try store.rows("PRAGMA integrity_check", []).next(2)
        #expect(rows.first?["integrity_check"]?.text == "ok", "\(rows)")
        store.close()
    }
}
