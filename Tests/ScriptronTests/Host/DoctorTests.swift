import Glibc
import Testing

@testable import Scriptron
@testable import scriptron

@Suite("The doctor") struct DoctorTests {
    private func states(_ facts: [Doctor.Fact]) -> [String: Doctor.Fact.State] {
        Dictionary(facts.map { ($0.name, $0.state) }, uniquingKeysWith: { first, _ in first })
    }

    private func facts(landlock: Int = 7, mounts: Bool = true, uid: UInt32 = 0) -> SandboxFacts {
        SandboxFacts(
            landlockABI: landlock, landlockErrata: 7, seccomp: true, mountNamespaces: mounts, pidNamespaces: mounts,
            canSwitchUser: mounts, uid: uid)
    }

    @Test("A machine with every layer is well") func everything() {
        #expect(Doctor.sandbox(facts()).allSatisfy { $0.state == .good })
    }

    @Test("Landlock is judged by its ABI, and what that lacks is named") func landlock() throws {
        #expect(states(Doctor.sandbox(facts(landlock: 0)))["Landlock"] == .bad)
        let old = try #require(Doctor.sandbox(facts(landlock: 2)).first { $0.name == "Landlock" })
        #expect(old.state == .warning)
        #expect(old.text.hasPrefix("ABI 2, without rules for truncating, TCP ports, ioctl on devices, signals"))
    }

    @Test("Without namespaces a root host is unwell, another one is as it must be") func namespaces() {
        #expect(states(Doctor.sandbox(facts(mounts: false)))["mounts"] == .bad)
        #expect(states(Doctor.sandbox(facts(mounts: false, uid: 1)))["mounts"] == .fact)
    }

    @Test("Limits are told by what holds them") func limits() throws {
        var groups = OwnControlGroups()
        func states(_ facts: SandboxFacts) -> [String: Doctor.Fact.State] { self.states(Doctor.limits(facts, groups)) }
        #expect(states(facts())["processes"] == .warning)
        #expect(states(facts())["program memory"] == .warning)
        #expect(states(facts())["control groups"] == .fact)
        #expect(states(facts(mounts: false))["kill"] == .warning)
        groups.hierarchy = .version2
        #expect(states(facts())["control groups"] == .fact)
        groups.unified = ControlGroup("/sys/fs/cgroup")
        groups.controllers = ["memory", "hugetlb"]
        var facts = facts()
        facts.holders = LimitHolders(limitsPIDs: true, groups)
        #expect(Doctor.limits(facts, groups).allSatisfy { $0.state == .good })
        #expect(states(self.facts(mounts: false))["kill"] == .good)
        let text = try #require(Doctor.limits(facts, groups).first { $0.name == "control groups" }).text
        #expect(text == "version 2, may be divided: version 2 (memory)")
    }

    @Test("What holds a limit is what can: a namespace, control groups of either version, or nothing of the kernel")
    func holders() {
        var groups = OwnControlGroups()
        #expect(LimitHolders(limitsPIDs: false, groups) == LimitHolders(processes: .count, memory: .addressSpace))
        groups.controllers = ["memory", "pids"]
        #expect(LimitHolders(limitsPIDs: false, groups) == LimitHolders(processes: .group2, memory: .group2))
        groups.legacy = ["memory": ControlGroup("/m"), "pids": ControlGroup("/p")]
        #expect(LimitHolders(limitsPIDs: false, groups) == LimitHolders(processes: .group1, memory: .group1))
        #expect(LimitHolders(limitsPIDs: true, groups) == LimitHolders(processes: .namespace, memory: .group1))
    }

    @Test("Each need is told by what holds it, or why a job with it is refused") func needs() throws {
        #expect(Doctor.needs(facts()).allSatisfy { $0.state == .good && !$0.text.contains("in place of") })
        var old = facts(landlock: 2, mounts: false, uid: 1000)
        old.broker = .none
        let rows = Doctor.needs(old)
        func text(_ who: String) -> String { rows.first { $0.name == who }.map { "\($0.state): \($0.text)" } ?? "" }
        #expect(
            text("run")
                == "warning: signals to processes outside: refused, for that takes Landlock ABI 6 (Linux 6.12), or the "
                + "PID namespace")
        #expect(text("without run").hasSuffix("by seccomp: none at all, in place of Landlock ABI 6 (Linux 6.12)"))
        #expect(
            text("connect").hasSuffix("with sandbox = \"best-effort\" the port alone, by Landlock ABI 4 (Linux 6.7)"))
        // No job of a plain user's host runs as root.
        #expect(text("as root").isEmpty && text("user").isEmpty)
    }

    @Test("Errata of Landlock that are open are told with what they do") func errata() throws {
        var facts = facts()
        facts.landlockErrata = 0b101
        let fact = try #require(Doctor.sandbox(facts).first { $0.name == "Landlock errata" })
        #expect(fact.state == .fact)
        #expect(fact.text.contains("1 mended") && fact.text.contains("2 open (signals between threads: a program"))
        #expect(facts.text.hasPrefix("landlock-7 errata=1,3 seccomp "))
        facts.landlockABI = 3
        #expect(!Doctor.sandbox(facts).contains { $0.text.contains("signals between threads") })
    }

    @Test("What a filter cannot do is told") func actions() throws {
        var facts = facts()
        facts.actions = [.fail, .killProcess]
        let text = try #require(Doctor.sandbox(facts).first { $0.name == "seccomp" }).text
        #expect(text == "filters, by which calls can fail, kill; they cannot wait for the host, be logged")
    }

    @Test("Lua is judged by the names that a script sees") func lua() {
        #expect(Doctor.lua().state == .good)
        #expect(Doctor.lua().text.contains("nothing but the \(GoldenList.names.count) names"))
    }

    @Test("The machine's time zones can be read") func machine() {
        #expect(states(Doctor.machine())["time zone"] == .good)
    }

    @Test("A state directory is judged by its owner's mode and its store") func state() throws {
        let directory = try TemporaryDirectory()
        #expect(states(Doctor.state(directory.path.appending("none"))) == ["directory": .fact])
        let state = try directory.directory("var", mode: 0o750)
        #expect(states(Doctor.state(state))["store"] == .fact)
        let places = StatePlaces(state)
        try directory.directory("var/store")
        try SQLiteStore(directory: places.store).close()
        #expect(states(Doctor.state(state))["store"] == .good)
        try directory.file("var/store/\(SQLiteStore.fileName)", String(repeating: "no database", count: 100))
        #expect(states(Doctor.state(state))["store"] == .bad)
    }

    @Test("A state directory that others may write to is bad, with the chmod that cures it") func mode() throws {
        let directory = try TemporaryDirectory()
        let state = try directory.directory("var")
        try #require(chmod(state.text, 0o777) == 0)
        let fact = try #require(Doctor.state(state).first)
        #expect(fact.state == .bad)
        #expect(fact.cure == "chmod go-w \(state.text)")
    }

    @Test("A jobs directory that others may write to, or that is not there, is bad") func jobs() throws {
        let directory = try TemporaryDirectory()
        let jobs = try directory.directory("jobs")
        func fact(_ directory: Path) -> Doctor.Fact? {
            Doctor.jobs(directory, isRoot: false) { CheckReport(findings: [], jobs: []) }.first
        }
        #expect(fact(jobs)?.state == .good)
        try #require(chmod(jobs.text, 0o777) == 0)
        #expect(fact(jobs)?.state == .bad)
        #expect(fact(jobs)?.cure == "chmod o-w \(jobs.text)")
        #expect(fact(directory.path.appending("none"))?.state == .bad)
    }

    @Test("Broken jobs, a root host without a ceiling, jobs that run as root and weak sandboxes are told")
    func checked() throws {
        let directory = try TemporaryDirectory()
        let jobs = try directory.directory("jobs")
        let rows: [Value] = [
            ["job": "a", "state": "scheduled", "user": "root", "sandbox": "off"],
            ["job": "b", "state": "broken", "user": nil, "sandbox": nil],
            ["job": "c", "state": "held", "user": "nobody", "sandbox": "enforced"],
        ]
        let findings: [Value] = [
            ["level": "error", "code": "EKEY", "place": "jobs/b.lua:1", "message": "unknown key", "cure": nil],
            ["level": "error", "code": .text(Doctor.noCeiling), "message": "there is no ceiling", "cure": "add one"],
            ["level": "warning", "code": "EWARNING", "message": "w"],
        ]
        let facts = Doctor.jobs(jobs, isRoot: true) { CheckReport(findings: findings, jobs: rows) }
        #expect(
            facts.map(\.text) == [
                "\(jobs.text), 3 jobs, 1 held, 1 error: jobs/b.lua:1: unknown key", "there is no ceiling",
                "no channel is set: alerts are kept, and sent to nobody", "1 of 3 jobs runs as root: a",
                "not whole, as scriptron.lua says, for a (off)",
            ])
        #expect(facts.map(\.state) == [.bad, .bad, .warning, .warning, .warning])
        let well = Doctor.jobs(jobs, isRoot: true) {
            CheckReport(
                findings: [], jobs: [rows[2]], hasCeiling: true, channels: ["mail", "ops"], heard: ["mail", "ops"])
        }
        #expect(well.map(\.state) == [.good, .good, .good, .good])
        #expect(well[2].text == "go to mail, ops")
        let plain = Doctor.jobs(jobs, isRoot: false) { CheckReport(findings: [], jobs: rows) }
        #expect(plain.map(\.name) == ["jobs", "ceiling", "alerts", "sandboxes"])
        #expect(plain[1].state == .fact)
    }

    @Test(
        "Alerts that nobody would hear of are told",
        arguments: [
            ([], [], "no channel is set: alerts are kept, and sent to nobody"),
            (["ops"], [], "no route leads to a channel: alerts are kept, and sent to nobody"),
            (["mail", "ops"], ["ops"], "go to ops; no route leads to mail"),
        ] as [([String], Set<String>, String)])
    func unheard(channels: [String], heard: Set<String>, text: String) throws {
        let directory = try TemporaryDirectory()
        let facts = Doctor.jobs(directory.path, isRoot: false) {
            CheckReport(findings: [], jobs: [], channels: channels, heard: heard)
        }
        let fact = try #require(facts.first { $0.name == "alerts" })
        #expect(fact.state == .warning && fact.text == text && fact.cure != nil)
    }

    @Test("Its facts are grouped, marked, and fit the width") func text() {
        let facts = [
            Doctor.Fact("Machine", "kernel", .fact, "Linux"), Doctor.Fact("Machine", "time zone", .good, "UTC"),
            Doctor.Fact("State", "store", .bad, "the file is damaged in a way that takes a long text", cure: "mend it"),
        ]
        #expect(
            DoctorCommand.lines(facts.map(\.value), TextStyle(width: 60)).joined(separator: "\n") == """
                Machine
                       kernel          Linux
                  ok   time zone       UTC

                State
                  BAD  store           the file is damaged in a way that
                                       takes a long text; mend it
                """)
    }
}
