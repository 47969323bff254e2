import Testing

@testable import Scriptron

@Suite("Grants of connections") struct GrantConnectTests {
    private let directory: TemporaryDirectory
    private var terms: GrantTerms

    init() throws {
        directory = try TemporaryDirectory()
        try directory.directory("data")
        let facts = SandboxFacts(
            landlockABI: 7, seccomp: true, mountNamespaces: false, pidNamespaces: false, canSwitchUser: false,
            uid: 12345)
        terms = GrantTerms(base: directory.path, stateDirectory: directory.path.appending("var"), facts: facts)
    }

    private func at(_ name: String) -> String { directory.path.appending(name).text }

    private func refusals(_ needs: Needs, _ terms: GrantTerms? = nil) -> [Failure] {
        do throws(GrantRefusals) {
            _ = try GrantResolver(job: "j", terms: terms ?? self.terms).resolve(needs)
            return []
        } catch {
            return error.failures
        }
    }

    private func connecting(_ connect: String..., dns: Bool = false) -> Needs {
        var needs = Needs()
        needs.connect = connect
        needs.dns = dns
        return needs
    }

    @Test("Connections: sockets are resolved, and who judges is fixed") func connections() throws {
        try directory.directory("run")
        try directory.link("way", to: directory.path.appending("run"))
        let needs = connecting("unix:\(at("way/x"))", "10.0.0.0/8:5432", "*.example.org:443", dns: true)
        let grant = try GrantResolver(job: "j", terms: terms).resolve(needs)
        let real = try directory.path.resolvingLinks().appending("run/x")
        #expect(grant.sockets == [Grant.UnixSocket(path: Path(at("way/x")), real: real)])
        #expect(grant.ports == [443, 5432] && grant.dns && grant.broker == .any)
        #expect(Grant(grant.value) == grant)
        var bounded = terms
        bounded.ceiling = Ceiling()
        #expect(refusals(needs, bounded).count == 4)
        bounded.ceiling?.connect = ["unix:\(at("run"))", "10.0.0.0/8:*", "*:443"]
        bounded.ceiling?.dns = true
        #expect(refusals(needs, bounded).isEmpty)
    }

    @Test("A Unix socket that is protected, or that the job could replace, is refused") func foreignSockets() {
        var needs = connecting("unix:\(at("data/x"))")
        needs.write = ["data"]
        #expect(refusals(needs).first?.message.contains("the job could put another socket in the place") == true)
        var guarded = terms
        guarded.protected = [ProtectedPath(Path(at("s.sock")), "the host's socket", secret: true)]
        #expect(
            refusals(connecting("unix:\(at("s.sock"))"), guarded).first?.message.contains("the host's socket") == true)
    }

    @Test("Where nobody can judge connections, needs that take it are refused") func noBroker() {
        var terms = terms
        terms.facts.broker = .none
        #expect(refusals(connecting("db:5432"), terms).map(\.code) == ["ESANDBOX"])
        terms.mode = .bestEffort
        #expect(refusals(connecting("db:5432"), terms).isEmpty)
        #expect(refusals(connecting("unix:/run/x"), terms).map(\.code) == ["ESANDBOX"])
        #expect(refusals(connecting(dns: true), terms).map(\.code) == ["ESANDBOX"])
        terms.mode = .off
        #expect(refusals(connecting("unix:/run/x", dns: true), terms).isEmpty)
        // A plain host answers for its own user alone.
        terms.mode = .enforced
        terms.facts = SandboxFacts(
            landlockABI: 7, seccomp: true, mountNamespaces: true, pidNamespaces: true, canSwitchUser: true, uid: 0)
        terms.facts.broker = .ownUser
        terms.defaultUser = "nobody"
        #expect(refusals(connecting("db:5432"), terms).map(\.code) == ["ESANDBOX"])
        terms.defaultUser = nil
        #expect(refusals(connecting("db:5432"), terms).isEmpty)
    }
}
