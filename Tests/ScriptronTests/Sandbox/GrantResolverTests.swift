import Glibc
import Testing

@testable import Scriptron

/// What a machine like any has, seen by a host that is not root.
private let plainFacts = SandboxFacts(
    landlockABI: 7, seccomp: true, mountNamespaces: false, pidNamespaces: false, canSwitchUser: false,
    uid: getuid() == 0 ? 12345 : getuid())
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

    @Test("Links are noted by where they lead, and lead nowhere from where a job can put them") func links() throws {
        try directory.link("alias", to: "data/inner")
        try directory.link("data/planted", to: at("other"))
        var needs = Needs()
        needs.read = ["alias", "data/planted"]
        let grant = try GrantResolver(job: "j", terms: terms).resolve(needs)
        #expect(grant.links == [at("alias"): at("data/inner"), at("data/planted"): at("other")])
        // Where this job or another may write, the link may be the job's own.
        var among = terms
        among.otherJobsWrite = [at("data")]
        let failure = refusals(needs, among).first
        #expect(failure?.code == "EGRANT" && failure?.message.contains("others can write in \(at("data"))") == true)
        try directory.link("data/inner/own", to: at("other"))
        needs.read = ["alias/own"]
        needs.write = ["data"]
        #expect(refusals(needs).count == 1)
        // Inside of what may be written it opens nothing new, and is no matter.
        needs.read = ["data/planted"]
        #expect(try GrantResolver(job: "j", terms: terms).resolve(needs).links.isEmpty)
        #expect(Grant(grant.value) == grant)
    }

    @Test(
        "A link is followed only where root, the host's user or the job's own can have made it",
        .enabled(if: getuid() == 0, "needs root"),
        arguments: [
            // owner and mode of the directory, owner of the link, the job's user → followed
            (0, 0o755, 0, nil, true), (0, 0o777, 0, nil, false), (0, 0o1777, 0, nil, true), (0, 0o1777, 1, nil, false),
            (1, 0o755, 1, nil, false), (1, 0o755, 1, "daemon", true), (1, 0o755, 0, "nobody", false),
            (0, 0o775, 0, nil, true),
        ] as [(UInt32, UInt32, UInt32, String?, Bool)])
    func planted(owner: UInt32, mode: UInt32, linkOwner: UInt32, user: String?, followed: Bool) throws {
        try directory.directory("shared/below")
        try directory.link("shared/link", to: at("data"))
        try directory.link("shared/below/link", to: at("data"))
        chmod(directory.path.text, 0o755)
        chmod(at("shared").text, mode)
        chown(at("shared").text, owner, owner)
        lchown(at("shared/link").text, linkOwner, linkOwner)
        var terms = terms
        terms.facts = rootFacts
        terms.jobUser = user
        var needs = Needs()
        needs.read = ["shared/link"]
        #expect(refusals(needs, terms).isEmpty == followed)
        // Below, whose name others can put elsewhere, nothing is trusted either; in a sticky one it is root's own.
        needs.read = ["shared/below/link"]
        #expect(refusals(needs, terms).isEmpty == (followed || (owner == 0 && mode == 0o1777)))
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

    @Test(
        "An absent key in a given ceiling denies",
        arguments: ["run", "connect", "signal", "service", "secrets", "setid"])
    func absentKey(key: String) {
        var needs = Needs()
        switch key {
        case "run": needs.run = [Needs.Program(name: "sh")]
        case "connect": needs.connect = ["db:5432"]
        case "signal": needs.signal = ["nginx"]
        case "service": needs.service = ["nginx.service"]
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

    @Test("A program inside a write grant is refused, unless the operator allows it (attack 60)") func writableProgram()
        throws
    {
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
        "Whom a program may run as beside the job's user",
        arguments: [
            // user, ceiling, the operator's own needs, root host → the user, "" for the job's, or refused
            ("nobody", nil, false, true, nil), ("nobody", "nobody", false, true, "nobody"),
            ("nobody", "daemon", false, true, nil), ("nobody", nil, true, true, "nobody"),
            ("daemon", nil, false, true, ""), ("no-such-user", "no-such-user", true, true, nil),
            ("nobody", "nobody", true, false, nil),
        ] as [(String, String?, Bool, Bool, String?)])
    func userOfProgram(user: String, ceiling: String?, operators: Bool, root: Bool, expected: String?) {
        var terms = terms
        terms.facts = root ? rootFacts : plainFacts
        if root { terms.jobUser = "daemon" }
        terms.needsAreOperators = operators
        if let ceiling {
            var bound = Ceiling()
            bound.run = ["*"]
            bound.user = [ceiling]
            terms.ceiling = bound
        }
        var needs = Needs()
        needs.run = [Needs.Program(name: "sh", user: user)]
        let grant = try? GrantResolver(job: "j", terms: terms).resolve(needs)
        #expect(grant.map { $0.programs.first?.user?.name ?? "" } == expected)
        if let grant { #expect(Grant(grant.value) == grant) }
        var bare = terms
        bare.facts.pidNamespaces = false
        if expected != "" { #expect((try? GrantResolver(job: "j", terms: bare).resolve(needs)) == nil) }
    }

    @Test(
        "What the kernel cannot enforce is refused with the reason",
        arguments: [
            (7, "connect", 0), (4, "connect", 0), (1, "connect", 0), (5, "run", 1), (6, "run", 0), (2, "write", 0),
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
