import Testing

@testable import Scriptron

@Suite("The health job's disks, services and jobs", .timeLimit(.minutes(15))) struct HealthChecksTests {
    private let fixture: HealthFixture
    private var machine: FakeMachine { fixture.machine }

    init() throws { fixture = try HealthFixture() }

    // Disks.

    @Test("A full disk that is read-only from the start is shown, and is no breach") func readOnly() async throws {
        machine.set { $0.disks = [FakeMachine.disk("/usr", used: 100, readOnly: true)] }
        let look = try await fixture.looks(3)
        #expect(look.result["disks"]?["/usr"]?["read_only"] == true && look.result["disks"]?["/usr"]?["used"] == 100.0)
        #expect(look.breaches.isEmpty)
    }

    @Test("A disk that was writable and is not now is a breach until it is again") func remounted() async throws {
        _ = try await fixture.look()
        machine.set { $0.disks = [FakeMachine.disk("/", readOnly: true)] }
        for _ in 1...2 {
            let look = try await fixture.look()
            #expect(look.breaches == ["disk_read_only /"])
            #expect(look.warnings.first?.contains("it was writable, and is read-only now") == true)
        }
        machine.set { $0.disks = [FakeMachine.disk("/")] }
        #expect(try await fixture.look().breaches.isEmpty)
    }

    @Test("A disk that came later is watched like those of the first look") func cameLater() async throws {
        _ = try await fixture.look()
        machine.set { $0.disks = [FakeMachine.disk("/"), FakeMachine.disk("/mnt")] }
        _ = try await fixture.look()
        machine.set { $0.disks = [FakeMachine.disk("/"), FakeMachine.disk("/mnt", readOnly: true)] }
        #expect(try await fixture.look().breaches == ["disk_read_only /mnt"])
    }

    @Test("A disk that does not answer is told, and leaves the others and what was counted of it alone")
    func silent() async throws {
        machine.set { $0.disks = [FakeMachine.disk("/"), FakeMachine.disk("/mnt", used: 95)] }
        _ = try await fixture.looks(2)
        machine.set { $0.disks = [FakeMachine.disk("/"), FakeMachine.silentDisk("/mnt", code: "ETIMEDOUT")] }
        let look = try await fixture.looks(2)
        #expect(look.breaches == ["disk_failing /mnt", "disk_used /mnt"])
        #expect(look.unknown("disk_used /mnt") == "it did not answer")
        #expect(look.result["disks"]?["/mnt"] == ["error": "it did not answer"])
        #expect(look.result["disks"]?["/"]?["used"] == 50.0)
    }

    @Test("A disk that this user may not look at is unknown, not failing") func forbidden() async throws {
        machine.set { $0.disks = [FakeMachine.silentDisk("/run/user/1", code: "EACCES")] }
        let look = try await fixture.looks(3)
        #expect(look.breaches.isEmpty)
        #expect(look.unknown("disk_failing /run/user/1") == "it did not answer")
    }

    @Test("A breach of a disk that is gone ends after two runs, unless the disk is expected") func gone() async throws {
        let given: [String: Value] = ["disks_expected": ["/data"]]
        machine.set { $0.disks = [FakeMachine.disk("/data", used: 99), FakeMachine.disk("/mnt", used: 99)] }
        #expect(try await fixture.looks(2, given).breaches == ["disk_used /data", "disk_used /mnt"])
        machine.set { $0.disks = [] }
        let look = try await fixture.looks(2, given)
        #expect(look.breaches == ["disk_missing /data"])
        #expect(machine.alerts.keys.sorted() == ["disk_missing /data"])
        #expect(look.warnings == ["disk_missing /data: no disk of its own is mounted there"])
    }

    @Test("Disks that do not matter are left out, and file systems without a count of inodes have none")
    func ignored() async throws {
        machine.set { figures in
            figures.disks = [
                FakeMachine.disk("/", inodes: 0, inodesUsed: 0), FakeMachine.disk("/mnt/image", used: 100),
            ]
        }
        let look = try await fixture.looks(3, ["disks_ignored": ["/mnt/image"]])
        #expect(look.breaches.isEmpty)
        #expect(look.result["disks"] == ["/": ["used": 50.0, "free_bytes": .int(500 << 20)]])
    }

    @Test("A mount point of any bytes is one line of valid text") func names() async throws {
        let path = Value.bytes(Array("/mnt/a\nb".utf8) + [0xFF])
        machine.set { $0.disks = [FakeMachine.disk(path, used: 99)] }
        #expect(try await fixture.looks(2).breaches == ["disk_used /mnt/a\\x0ab\\xff"])
    }

    @Test("Of very many disks the worst are judged, and the rest is counted") func many() async throws {
        machine.set { figures in
            figures.disks = (1...250).map { FakeMachine.disk(.text("/mnt/\($0)"), used: $0 <= 150 ? 95 : 10) }
        }
        let look = try await fixture.looks(2)
        #expect(look.result["disks"]?.map?.count == 100 && look.result["disks_left_out"] == 150)
        #expect(look.warnings.count == 100)
        #expect(look.breaches.count == 50 && look.result["breaches_left_out"] == 50)
    }

    // Services.

    @Test("A service that takes no connection is a breach, others are not touched by it") func services() async throws {
        let listener = try TCPListener()
        let closed = try { try TCPListener().port }()
        var grant = Grant()
        grant.connect = ["127.0.0.1:\(listener.port)", "127.0.0.1:\(closed)"]
        grant.ports = [listener.port, closed].sorted()
        let given: [String: Value] = [
            "services": ["up": .text("127.0.0.1:\(listener.port)"), "down": .text("127.0.0.1:\(closed)")]
        ]
        #expect(try await fixture.look(given, grant: grant).breaches.isEmpty)
        let look = try await fixture.look(given, grant: grant)
        #expect(look.breaches == ["service_down down"])
        #expect(look.warnings.first?.contains("127.0.0.1:\(closed): ") == true, "\(look.warnings)")
        #expect(look.result["services"]?["up"]?["reachable"] == true)
        #expect((look.result["services"]?["up"]?["seconds"]?.double ?? -1) >= 0)
        #expect(look.result["services"]?["down"]?["reachable"] == false)
    }

    @Test("A service that cannot be asked about is unknown, not down") func forbiddenService() async throws {
        let given: [String: Value] = ["services": ["db": "127.0.0.1:5432"]]
        _ = try await fixture.look(given)
        let look = try await fixture.looks(2, given)
        #expect(look.breaches.isEmpty)
        #expect(look.unknown("service_down db")?.contains("may not connect to 127.0.0.1:5432") == true)
    }

    // Jobs.

    /// A job's last success, in seconds before now, and whether it is too old.
    struct Age: Sendable {
        var ago: Double
        var isLate: Bool
        init(_ ago: Double, late: Bool) {
            self.ago = ago
            isLate = late
        }
    }

    @Test(
        "A job is late when its last success is older than its setting",
        arguments: [
            Age(3600, late: false), Age(25 * 3600, late: false), Age(27 * 3600 + 300, late: true),
            Age(-30, late: false), Age(-1e8, late: false),
        ]) func lateness(_ age: Age) async throws
    {
        let now = SystemClock().now().epoch
        machine.set { $0.jobs = [["name": "backup", "last_success": .number(now - age.ago)], ["name": "other"]] }
        let look = try await fixture.look(["job_ages": ["backup": "26h"]])
        #expect(look.breaches == (age.isLate ? ["job_late backup"] : []))
        if age.isLate { #expect(look.warnings.first?.hasPrefix("job_late backup: 1 d 3 h, over 1 d 2 h") == true) }
        let shown = try #require(look.result["jobs"]?["backup"]?["age"]?.double)
        // The script's clock has whole seconds, and the run came a little later.
        #expect((max(0, age.ago - 1)...max(0, age.ago) + 60).contains(shown))
    }

    @Test("A job that never succeeded is late when it has been watched for too long") func neverSucceeded() async throws
    {
        machine.set { $0.jobs = [["name": "backup"]] }
        let given: [String: Value] = ["job_ages": ["backup": "1h"]]
        let first = try await fixture.look(given)
        #expect(first.breaches.isEmpty && first.result["jobs"]?["backup"] == ["age": 0, "never_succeeded": true])
        let now = SystemClock().now().epoch
        machine.set { $0.state["memory"] = ["jobs": ["waiting": ["backup": .number(now - 7200)]]] }
        #expect(try await fixture.look(given).breaches == ["job_late backup"])
        machine.set { $0.jobs = [["name": "backup", "last_success": .number(now)]] }
        #expect(try await fixture.look(given).breaches.isEmpty)
        #expect(machine.state["memory"]?["jobs"]?["waiting"] == [:])
    }

    @Test("A job that is not there is told, for a name may be misspelt") func noSuchJob() async throws {
        let look = try await fixture.look(["job_ages": ["bakcup": "1h"]])
        #expect(look.breaches == ["job_late bakcup"])
        #expect(look.warnings.first?.contains("there is no such job") == true)
    }

    @Test(
        "When the clock is set, successes from before count as from then: nothing is suddenly old",
        arguments: [315_360_000.0, -315_360_000.0]) func clock(step: Double) async throws
    {
        let given: [String: Value] = ["job_ages": ["backup": "26h"]]
        let now = SystemClock().now().epoch
        machine.set { figures in
            // The last look was a minute of uptime ago, when the wall clock stood elsewhere.
            figures.state["memory"] = [
                "jobs": ["clock": ["wall": .number(now - step - 60), "uptime": .number(figures.uptime - 60)]]
            ]
            figures.jobs = [["name": "backup", "last_success": .number(now - step - 3600)]]
        }
        #expect(try await fixture.look(given).breaches.isEmpty)
        let next = try await fixture.look(given)
        #expect(next.breaches.isEmpty && (next.result["jobs"]?["backup"]?["age"]?.integer ?? -1) < 60)
    }

    @Test("Time that has passed is no step: after a day without looks an old success is old") func noStep() async throws
    {
        let now = SystemClock().now().epoch
        machine.set { figures in
            figures.state["memory"] = [
                "jobs": ["clock": ["wall": .number(now - 86400), "uptime": .number(figures.uptime)]]
            ]
            figures.uptime += 86400
            figures.jobs = [["name": "backup", "last_success": .number(now - 90000)]]
        }
        #expect(try await fixture.look(["job_ages": ["backup": "24h"]]).breaches == ["job_late backup"])
    }
}
