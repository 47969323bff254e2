import Glibc
import Testing

@testable import Scriptron

/// What a machine like any has, seen by a host that is not root.
private let plainFacts = SandboxFacts(
    landlockABI: 7, seccomp: true, mountNamespaces: false, pidNamespaces: false, canSwitchUser: false, uid: 12345)
private let rootFacts = SandboxFacts(
    landlockABI: 7, seccomp: true, mountNamespaces: true, pidNamespaces: true, canSwitchUser: true, uid: 0)

@Suite("Grants") struct GrantResolverTests {
    private let directory: TemporaryDirectory
    private var terms: GrantTerms

    init() throws {
        directory = try TemporaryDirectory()
        try directory.directory("var/tmp")
        try directory.directory("jobs")
        try directory.directory("data/inner")
        try directory.directory("other")
        try directory.file("var/scriptron.db")
        terms = GrantTerms(base: directory.path, stateDirectory: directory.path.appending("var"), facts: plainFacts)
        terms.protected = [
            ProtectedPath(directory.path.appending("jobs"), "the jobs directory"),
            ProtectedPath(directory.path.appending("var/scriptron.db"), "the store", secret: true),
        ]
    }

    private func at(_ name: String) -> Path { directory.path.appending(name) }

    private func refusals(_ needs: Needs, _ terms: GrantTerms? = nil) -> [Failure] {
        let resolver = GrantResolver(job: "j", terms: terms ?? self.terms)
        do throws(GrantRefusals) {
            _ = try resolver.resolve(needs)
            return []
        } catch {
            return error.failures
        }
    }

    @Test("Paths become absolute, sorted, without those inside others") func paths() throws {
        var needs = Needs()
        needs.read = ["other", "data/inner", "data", "./data/", "var/tmp"]
        needs.write = ["var/tmp"]
        let grant = try GrantResolver(job: "j", terms: terms).resolve(needs)
        #expect(grant.read == [at("data"), at("other")])
        #expect(grant.write == [at("var/tmp")])
        #expect(grant.identity == nil)
    }

    @Test("A path that does not exist is named; a missing write path in the state directory is made") func missing()
        throws
    {
        var needs = Needs()
        needs.read = ["nowhere", "var/none"]
        needs.write = ["elsewhere"]
        let failures = refusals(needs)
        #expect(failures.map(\.code) == ["ENOENT", "ENOENT", "ENOENT"])
        #expect(
            failures.allSatisfy { $0.message.hasSuffix("does not exist") && $0.place?.hasPrefix("job j: ") == true })
        needs = Needs()
        needs.write = ["var/a/b"]
        #expect(refusals(needs).isEmpty)
        let made = try #require(try FileStatus.of(at("var/a/b"), follow: false))
        #expect(made.kind == .directory && made.mode == 0o750)
        var looking = terms
        looking.makesMissing = false
        needs.write = ["var/c"]
        #expect(refusals(needs, looking).isEmpty)
        #expect(try FileStatus.of(at("var/c"), follow: false) == nil)
    }

    @Test("A missing path is never made through a link") func linkOnTheWay() throws {
        try directory.link("var/way", to: at("other"))
        var needs = Needs()
        needs.write = ["var/way/new"]
        #expect(!refusals(needs).isEmpty)
        #expect(try FileStatus.of(at("other/new"), follow: false) == nil)
    }

    @Test("A pattern among paths points to discover") func pattern() {
        var needs = Needs()
        needs.write = ["var/*.log"]
        let failure = refusals(needs).first
        #expect(failure?.code == "EINVAL")
        #expect(failure?.cure?.contains("discover") == true)
    }

    @Test(
        "Protected paths win over every need",
        arguments: [
            ("write", "jobs", true), ("write", "jobs/x", true), ("write", ".", true), ("write", "var", true),
            ("write", "link", true), ("write", "var/tmp", false),
            ("read", "jobs", false), ("read", "var", true), ("read", "var/scriptron.db", true), ("read", "data", false),
            ("read", "store-link", true), ("read", "/", true),
        ])
    func protected(key: String, path: String, refused: Bool) throws {
        try directory.link("link", to: "jobs")
        try directory.link("store-link", to: "var/scriptron.db")
        var needs = Needs()
        if key == "write" { needs.write = [Path(path)] } else { needs.read = [Path(path)] }
        let failures = refusals(needs)
        #expect(failures.isEmpty == !refused)
        #expect(failures.allSatisfy { $0.code == "EGRANT" && $0.cure != nil })
    }

    @Test("The refusal of a directory that holds a protected path names narrower ones") func narrower() {
        var needs = Needs()
        needs.write = ["var"]
        let cure = refusals(needs).first?.cure ?? ""
        #expect(cure == "name narrower directories, such as write = { \"\(at("var/tmp"))\" }")
    }

    @Test(
        "A ceiling bounds paths, also by where links lead",
        arguments: [
            ("data", true), ("data/inner", true), ("other", false), ("data/way-out", false),
        ])
    func ceiling(path: String, allowed: Bool) throws {
        try directory.link("data/way-out", to: at("other"))
        var bounded = terms
        var ceiling = Ceiling()
        ceiling.read = ["data"]
        bounded.ceiling = ceiling
        var needs = Needs()
        needs.read = [Path(path)]
        let failures = refusals(needs, bounded)
        #expect(failures.isEmpty == allowed)
        #expect(failures.allSatisfy { $0.cure?.contains("ceiling = { read = { \"\(path)\" } }") == true })
        needs = Needs()
        needs.write = ["data"]
        #expect(refusals(needs, bounded).first?.message.contains("the ceiling forbids") == true)
    }

    @Test("An absent key in a given ceiling denies", arguments: ["run", "connect", "signal", "secrets", "setid"])
    func absentKey(key: String) {
        var needs = Needs()
        switch key {
        case "run": needs.run = [Needs.Program(name: "sh")]
        case "connect": needs.connect = ["db:5432"]
        case "signal": needs.signal = ["nginx"]
        case "secrets": needs.secrets = ["TOKEN"]
        default: needs.setid = true
        }
        #expect(refusals(needs).isEmpty)
        var bounded = terms
        bounded.ceiling = Ceiling()
        let failures = refusals(needs, bounded)
        #expect(failures.count == 1)
        #expect(failures.first?.cure?.contains("ceiling = {") == true)
    }

    @Test("What a later layer brings is refused as not supported yet") func notYet() {
        var needs = Needs()
        needs.connect = ["unix:/run/x", "10.0.0.0/8:5432", "*.example.org:443"]
        needs.dns = true
        needs.service = ["nginx"]
        needs.run = [Needs.Program(name: "sh", user: "postgres")]
        let failures = refusals(needs)
        #expect(failures.count == 6)
        #expect(failures.allSatisfy { $0.code == "ENOTSUP" && $0.message.contains("not supported yet") })
    }

    @Test("A program inside a write grant is refused, unless the operator allows it") func writableProgram() throws {
        try directory.file("data/tool", "#!/bin/sh\n", mode: 0o755)
        var needs = Needs()
        needs.write = ["data"]
        needs.run = [Needs.Program(name: "data/tool")]
        let failure = refusals(needs).first
        #expect(failure?.message == "the job could replace a program that it may run: \(at("data/tool"))")
        #expect(failure?.cure?.contains("write_exec = true") == true)
        var allowing = terms
        allowing.writeExec = true
        #expect(refusals(needs, allowing).isEmpty)
    }

    @Test(
        "Users: who may be named by whom",
        arguments: [
            // wanted by the script, named by the operator, default, in the ceiling, root host → the user or nil
            (nil, nil, nil, nil, true, ""), (nil, nil, "nobody", nil, true, "nobody"),
            ("nobody", nil, nil, nil, true, nil), ("nobody", nil, "nobody", nil, true, "nobody"),
            ("nobody", nil, nil, "nobody", true, "nobody"), ("root", nil, "nobody", nil, true, nil),
            ("root", nil, "nobody", "root", true, "root"), ("nobody", "daemon", nil, nil, true, "daemon"),
            ("no-such-user", nil, nil, nil, true, nil), ("nobody", nil, nil, nil, false, nil),
        ] as [(String?, String?, String?, String?, Bool, String?)])
    func users(
        wanted: String?, operator named: String?, usual: String?, ceiling: String?, root: Bool, expected: String?
    ) {
        var terms = terms
        terms.facts = root ? rootFacts : plainFacts
        terms.defaultUser = usual
        terms.jobUser = named
        if let ceiling {
            var bound = Ceiling()
            bound.user = [ceiling]
            terms.ceiling = bound
        }
        var needs = Needs()
        needs.user = wanted
        let grant = try? GrantResolver(job: "j", terms: terms).resolve(needs)
        #expect(grant.map { $0.identity?.name ?? "" } == expected)
    }

    @Test(
        "What the kernel cannot enforce is refused with the reason",
        arguments: [
            (7, "connect", 0), (4, "connect", 0), (3, "connect", 1), (5, "run", 1), (6, "run", 0), (2, "write", 0),
            (0, "write", 1),
        ])
    func floor(abi: Int, need: String, count: Int) {
        var terms = terms
        terms.facts.landlockABI = abi
        var needs = Needs()
        switch need {
        case "connect": needs.connect = ["db:5432"]
        case "run": needs.run = [Needs.Program(name: "sh")]
        default: needs.write = ["data"]
        }
        let failures = refusals(needs, terms)
        #expect(failures.count == count)
        #expect(failures.allSatisfy { $0.code == "ESANDBOX" })
        terms.mode = .bestEffort
        #expect(refusals(needs, terms).isEmpty)
    }

    @Test("Signals of programs stay inside by a PID namespace where Landlock cannot") func signals() {
        var terms = terms
        terms.facts = rootFacts
        terms.facts.landlockABI = 2
        var needs = Needs()
        needs.run = [Needs.Program(name: "sh")]
        #expect(refusals(needs, terms).isEmpty)
        terms.facts.mountNamespaces = false
        #expect(refusals(needs, terms).count == 1)
    }

    @Test("Discovery reads the ceiling without what is secret, and may do nothing else") func discovery() throws {
        var terms = terms
        var ceiling = Ceiling()
        ceiling.read = ["."]
        terms.ceiling = ceiling
        try directory.link("data/store", to: "../var/scriptron.db")
        let grant = try GrantResolver(job: "j", terms: terms).discovery()
        #expect(grant.write.isEmpty && grant.programs.isEmpty && grant.ports.isEmpty)
        #expect(grant.read == ["data", "jobs", "other", "var/tmp"].map(at))
    }
}
