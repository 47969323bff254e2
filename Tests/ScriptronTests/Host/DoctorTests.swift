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
            landlockABI: landlock, landlockErrata: 0, seccomp: true, mountNamespaces: mounts, pidNamespaces: mounts,
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

    @Test("Limits are told by what holds them") func limits() {
        var groups = OwnControlGroups()
        #expect(states(Doctor.limits(facts(), groups)) == ["processes": .warning, "program memory": .warning])
        var facts = facts()
        facts.pidLimits = true
        groups.controllers = ["memory"]
        #expect(Doctor.limits(facts, groups).allSatisfy { $0.state == .good })
        #expect(states(Doctor.limits(self.facts(mounts: false), groups))["kill"] == .warning)
        groups.unified = ControlGroup("/sys/fs/cgroup")
        #expect(states(Doctor.limits(self.facts(mounts: false), groups))["kill"] == .good)
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
        #expect(Doctor.jobs(jobs).state == .good)
        try #require(chmod(jobs.text, 0o777) == 0)
        #expect(Doctor.jobs(jobs).state == .bad)
        #expect(Doctor.jobs(jobs).cure == "chmod o-w \(jobs.text)")
        #expect(Doctor.jobs(directory.path.appending("none")).state == .bad)
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
