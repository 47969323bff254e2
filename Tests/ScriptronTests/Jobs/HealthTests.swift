import Testing

@testable import Scriptron

@Suite("The health job", .timeLimit(.minutes(15))) struct HealthTests {
    private let fixture: HealthFixture
    private var machine: FakeMachine { fixture.machine }

    init() throws { fixture = try HealthFixture() }

    @Test("Of a machine that is well it returns the values, and says nothing") func well() async throws {
        let look = try await fixture.look()
        #expect(
            look.result == [
                "cpu_busy": 12.5, "cpu_iowait": 2.0, "load_per_core": 0.5, "memory_available": 60.0,
                "memory_available_bytes": .int(600 << 20), "swap_used": 10.0, "pressure_cpu": 1.5,
                "pressure_memory": 1.5, "pressure_io": 1.5,
                "disks": ["/": ["used": 50.0, "free_bytes": .int(500 << 20), "inodes_used": 10.0]],
                "store_bytes": .int(4 << 20), "store_free_bytes": .int(8 << 30), "breaches": [:],
            ])
        #expect(look.warnings.isEmpty && look.lines.isEmpty)
    }

    @Test("A first look at the processors, and a kernel without PSI, are unknown, not zero")
    func unknown() async throws {
        machine.set { figures in
            figures.busy = nil
            figures.pressure = nil
            figures.swapTotal = 0
            figures.disks = []
        }
        let look = try await fixture.look()
        #expect(look.result["cpu_busy"] == nil && look.result["pressure_cpu"] == nil)
        #expect(look.result["swap_used"] == nil && look.unknown("swap_used") == nil)
        #expect(look.unknown("cpu") == "there is no earlier look to compare with")
        #expect(look.unknown("pressure") == "this kernel does not say it (no /proc/pressure)")
        #expect(look.unknown("disks") == "no disk is visible here")
        #expect(look.warnings.isEmpty && look.breaches.isEmpty)
    }

    /// Shares of busy processors, run by run (nil: unknown), and the runs (from 1) in which a breach is told.
    struct Course: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var busy: [Double?]
        var breached: Set<Int>
    }

    @Test(
        "A breach begins after its runs in a row, lasts until its clear value, and is not touched by what is unknown",
        arguments: [
            Course(testDescription: "five in a row", busy: [0.99, 0.99, 0.99, 0.99, 0.99, 0.5], breached: [5]),
            Course(
                testDescription: "a good one starts the count again",
                busy: [0.99, 0.99, 0.99, 0.99, 0.94, 0.99, 0.99, 0.99, 0.99, 0.99], breached: [10]),
            Course(
                testDescription: "at the limit is not over it", busy: [0.95, 0.95, 0.95, 0.95, 0.95], breached: []),
            Course(
                testDescription: "between clear and limit it lasts, below clear it ends",
                busy: [0.99, 0.99, 0.99, 0.99, 0.99, 0.86, 0.93, 0.86, 0.84, 0.93], breached: [5, 6, 7, 8]),
            Course(
                testDescription: "unknown does not count and does not start again",
                busy: [0.99, 0.99, nil, 0.99, nil, 0.99, 0.99], breached: [7]),
            Course(
                testDescription: "unknown does not end a breach",
                busy: [0.99, 0.99, 0.99, 0.99, 0.99, nil, nil, 0.99, 0.1], breached: [5, 6, 7, 8]),
            Course(
                testDescription: "a value that swings around the limit is one breach",
                busy: [0.97, 0.97, 0.97, 0.97, 0.97, 0.94, 0.96, 0.94, 0.96, 0.2], breached: [5, 6, 7, 8, 9]),
        ]) func course(_ course: Course) async throws
    {
        var told: Set<Int> = []
        for (index, busy) in course.busy.enumerated() {
            machine.set { $0.busy = busy }
            let look = try await fixture.look()
            #expect(look.breaches.isEmpty == look.warnings.isEmpty)
            if look.breaches == ["cpu_busy"] { told.insert(index + 1) }
        }
        #expect(told == course.breached)
    }

    /// A figure that is beyond its limit, and the check that says so.
    struct Bad: Sendable, CustomTestStringConvertible {
        var check: String
        var runs: Int
        var text: String
        var severity = Severity.warning
        var change: @Sendable (inout FakeMachine.Figures) -> Void
        var testDescription: String { check }
    }

    @Test(
        "Each figure has its limit, its runs and its words",
        arguments: [
            Bad(check: "cpu_busy", runs: 5, text: "97.3 %, over 95 %") { $0.busy = 0.973 },
            Bad(check: "cpu_iowait", runs: 5, text: "60 %, over 50 %") { $0.iowait = 0.6 },
            Bad(check: "load_per_core", runs: 3, text: "4.50, over 4.00") { $0.loadFive = 9 },
            Bad(check: "memory_available", runs: 3, text: "4 %, under 5 %", severity: .critical) { $0.available = 40 },
            Bad(check: "swap_used", runs: 3, text: "90 %, over 80 %") { $0.swapFree = 10 },
            Bad(check: "disk_used /", runs: 2, text: "94.1 %, over 90 %") {
                $0.disks = [FakeMachine.disk("/", used: 94.1)]
            },
            Bad(check: "disk_inodes /", runs: 2, text: "99 %, over 90 %") {
                $0.disks = [FakeMachine.disk("/", inodesUsed: 990)]
            },
            Bad(check: "disk_full /", runs: 10, text: "5 h 33 min, under 1 d") {
                $0.filling = ["/": 20_000]
            },
            Bad(check: "disk_failing /mnt", runs: 2, text: "it did not answer", severity: .critical) {
                $0.disks = [FakeMachine.disk("/"), FakeMachine.silentDisk("/mnt", code: "ETIMEDOUT")]
            },
            Bad(check: "store_size", runs: 1, text: "3.0 GiB, over 2.0 GiB") { $0.storeBytes = 3 << 30 },
            Bad(check: "store_free", runs: 1, text: "100.0 MiB, under 256.0 MiB", severity: .critical) {
                $0.storeFree = 100 << 20
            },
        ]) func bad(_ bad: Bad) async throws
    {
        machine.set(bad.change)
        if bad.runs > 1 {
            let early = try await fixture.looks(bad.runs - 1)
            #expect(early.breaches.isEmpty && early.warnings.isEmpty)
        }
        let look = try await fixture.look()
        #expect(look.breaches == [bad.check])
        #expect(look.warnings == ["\(bad.check): \(bad.text)"])
        #expect(look.result["breaches"]?[bad.check]?["text"]?.text == look.warnings.first)
        let alert = try #require(machine.alerts[bad.check])
        #expect(alert.state == .firing && alert.runs == bad.runs && alert.severity == bad.severity)
        #expect(alert.summary == bad.text)
        // It is over when all is well again.
        machine.set { $0 = FakeMachine.Figures(alerts: $0) }
        // One that is not looked at any more ends with its second run.
        #expect(try await fixture.looks(2).breaches.isEmpty)
        #expect(machine.alerts.isEmpty)
    }

    @Test("Pressure of each resource has its own limit") func pressure() async throws {
        machine.set { $0.pressure = 70 }
        let look = try await fixture.looks(3)
        #expect(look.breaches == ["pressure_io", "pressure_memory"])
    }

    @Test("What lasts below its limit says so, until it is clear") func ending() async throws {
        let given: [String: Value] = ["disk_used": ["above": 80, "clear": 70, "for_runs": 1, "severity": "critical"]]
        machine.set { $0.disks = [FakeMachine.disk("/", used: 81)] }
        let begun = try await fixture.look(given)
        #expect(begun.result["breaches"]?["disk_used /"]?["limit"] == 80)
        #expect(machine.alerts["disk_used /"]?.severity == .critical)
        #expect(machine.alerts["disk_used /"]?.fields == ["value": 81.0, "limit": 80])
        machine.set { $0.disks = [FakeMachine.disk("/", used: 75)] }
        let lasting = try await fixture.look(given)
        #expect(lasting.warnings == ["disk_used /: 75 %, not yet back down to 70 % (over 80 % before)"])
        machine.set { $0.disks = [FakeMachine.disk("/", used: 70)] }
        let ended = try await fixture.look(given)
        #expect(ended.warnings.isEmpty && ended.breaches.isEmpty)
        #expect(machine.alerts.isEmpty)
        // Nothing is kept of what is well.
        #expect(machine.state["memory"]?["open"]?.map?.isEmpty ?? true)
    }

    @Test("With for_runs 0 a figure is shown, and never judged") func off() async throws {
        machine.set { $0.storeBytes = 3 << 30 }
        let look = try await fixture.look(["store_size": ["for_runs": 0]])
        #expect(look.breaches.isEmpty && look.result["store_bytes"] == .int(3 << 30))
    }

    @Test("A service of the host that fails stops no other check, and what was counted stays")
    func failing() async throws {
        machine.set { $0.disks = [FakeMachine.disk("/", used: 95)] }
        _ = try await fixture.looks(2)
        machine.set { $0.failing = [.sysDisks, .sysLoad] }
        let look = try await fixture.look()
        #expect(look.breaches == ["disk_used /"])
        #expect(look.warnings.first?.hasPrefix("disk_used /: not known now (") == true, "\(look.warnings)")
        #expect(look.unknown("disks")?.contains("sys.disks does not work") == true)
        #expect(look.unknown("load") != nil)
        #expect(look.result["cpu_busy"] == 12.5 && look.result["store_bytes"] != nil)
        // That it cannot look is told when it lasts.
        #expect(machine.alerts["look at disks (unknown)"]?.state == .pending)
        #expect(machine.alerts["disk_used / (unknown)"]?.state == .pending)
        for _ in 1...3 { #expect(try await fixture.look().breaches == ["disk_used /"]) }
        machine.set { $0.failing = [] }
        #expect(try await fixture.look().breaches == ["disk_used /"])
        #expect(Set(machine.alerts.keys) == ["disk_used /"])
        #expect(machine.alerts["disk_used /"]?.runs == 3)
    }

    @Test("A log that is set gets one line a run; one that cannot be written is a warning") func logFile() async throws
    {
        let directory = try TemporaryDirectory()
        let given: [String: Value] = ["log": .bytes(directory.at("health.log").bytes)]
        var grant = Grant()
        grant.write = [directory.path]
        _ = try await fixture.look(given, grant: grant)
        machine.set { $0.storeBytes = 3 << 30 }
        _ = try await fixture.look(given, grant: grant)
        let lines = try #require(directory.text("health.log")).split(separator: "\n")
        #expect(lines.count == 2)
        let figures =
            "cpu_busy=12.5% cpu_iowait=2% load_per_core=0.50 memory_available=60% swap_used=10% pressure_cpu=1.5% "
            + "pressure_memory=1.5% pressure_io=1.5% fullest_disk=50%:/"
        #expect(lines.first?.hasSuffix("+0000 ok " + figures) == true, "\(lines)")
        #expect(lines.last?.hasSuffix("+0000 breached=1 \(figures) [store_size]") == true, "\(lines)")
        let refused = try await fixture.look(given)
        #expect(refused.warnings.contains { $0.hasPrefix("log: ") })
        #expect(refused.breaches == ["store_size"])
    }

    @Test("A dry run looks and judges, and changes neither the state nor the log") func dryRun() async throws {
        let directory = try TemporaryDirectory()
        machine.set { $0.disks = [FakeMachine.disk("/", used: 95)] }
        _ = try await fixture.look()
        let before = machine.state
        var grant = Grant()
        grant.write = [directory.path]
        let look = try await fixture.look(
            ["log": .bytes(directory.at("health.log").bytes)], grant: grant, task: .dryRun)
        #expect(look.breaches == ["disk_used /"] && look.warnings.count == 1)
        #expect(look.plan["plan"]?.list?.compactMap { $0["effect"]?.text }.contains("append") == true)
        #expect(machine.state == before)
        #expect(try directory.names().isEmpty)
    }

    @Test("What it sees is measured, by disks and servers") func measured() async throws {
        machine.set { $0.units = ["nginx.service": true] }
        _ = try await fixture.look(
            ["units": ["nginx"]],
            grant: {
                var grant = Grant(); grant.service = ["nginx.service"]; return grant
            }())
        let metrics = machine.metrics
        #expect(metrics["cpu_busy"] == 12.5 && metrics["memory_available_bytes"] == Double(600 << 20))
        #expect(metrics["disk_used{disk=/}"] == 50 && metrics["disk_free_bytes{disk=/}"] == Double(500 << 20))
        #expect(metrics["unit_active{unit=nginx}"] == 1)
        #expect(metrics["store_free_bytes"] == Double(8 << 30))
    }

    @Test("It needs the services that it tries and the directory of its log, and nothing without them")
    func needs() async throws {
        let given: [String: Value] = [
            "services": ["db": "db.internal:5432", "six": "[::1]:80"], "log": "var/log/health.log",
            "pages": [
                "shop": "https://shop.example.org/x?y", "own": ["url": "http://127.0.0.1:8080", "ca": "/etc/ca.pem"],
            ], "certificates": ["mail": "mail.example.org:465"], "units": ["nginx"],
        ]
        let needs = try await fixture.job.needs(
            try fixture.job.settings(given, base: "/srv/app"), harness: fixture.harness)
        let targets = (needs["connect"]?.list ?? []).compactMap(\.text).sorted()
        #expect(
            targets == [
                "127.0.0.1:8080", "[::1]:80", "db.internal:5432", "mail.example.org:465", "shop.example.org:443",
            ])
        #expect(needs["read"] == ["/etc/ca.pem"] && needs["service"] == ["nginx"])
        #expect(needs["write"] == ["/srv/app/var/log"])
        let plain = try await fixture.job.needs(try fixture.job.settings(), harness: fixture.harness)
        #expect(plain["write"] == nil && plain["connect"]?.list?.isEmpty == true)
    }

    @Test(
        "Settings that cannot be meant are refused when the job is loaded",
        arguments: [
            (["disk_used": ["above": 80]], "settings.disk_used: clear (85) is beyond the limit (80): set clear, too"),
            (["store_free": ["clear": "1MiB"]], "settings.store_free: clear (1048576) is beyond the limit (268435456)"),
            (["cpu_busy": ["for_runs": 2.5]], "settings.cpu_busy: for_runs must be a whole number from 0 on"),
            (["services": ["db": "localhost"]], "settings.services.db: must be \"host:port\""),
            (["services": ["db": "db:70000"]], "settings.services.db: must be \"host:port\""),
            (["backup_ages": ["backup": "soon"]], "settings.backup_ages.backup: must be a duration such as \"26h\""),
            (["pages": ["x": "ftp://x"]], "settings.pages.x: must be an address such as"),
            (["pages": ["x": "https://user@x/"]], "settings.pages.x: must be an address such as"),
            (["pages": ["x": ["url": "http://x", "contain": "y"]]], "settings.pages.x: unknown key contain"),
            (["pages": ["x": ["url": "http://x", "status": "ok"]]], "settings.pages.x: status must be a number"),
            (["pages": ["x": ["url": "http://x", "contains": 5]]], "settings.pages.x: contains must be a text"),
            (["certificates": ["x": "x"]], "settings.certificates.x: must be \"host:port\""),
            (["units": [5]], "settings.units[1]: must be a unit's name"),
            (["disk_full": ["clear": "1h"]], "settings.disk_full: clear (3600) is beyond the limit (86400)"),
            (["job_ages": ["backup": "soon"]], "settings.job_ages.backup: must be a duration such as \"26h\""),
        ] as [([String: Value], String)]) func refused(_ given: [String: Value], _ message: String) async throws
    {
        let settings = try fixture.job.settings(given)
        await #expect {
            _ = try await fixture.job.needs(settings, harness: fixture.harness)
        } throws: { error in
            "\(error)".contains(message)
        }
    }
}
