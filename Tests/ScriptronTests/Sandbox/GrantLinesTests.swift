import Testing

@testable import Scriptron

@Suite("Grants line by line") struct GrantLinesTests {
    private func grant(read: [Path] = [], write: [Path] = [], change: (inout Grant) -> Void = { _ in }) -> GrantLines {
        var grant = Grant()
        grant.read = read
        grant.write = write
        change(&grant)
        return GrantLines(grant, ownUser: "root")
    }

    private func added(_ lines: GrantLines, to approved: GrantLines) -> [String] {
        lines.widening(approved).map(\.text)
    }

    @Test("Only what goes beyond is wider") func wider() {
        let approved = grant(read: ["/etc"], write: ["/srv/a"])
        #expect(added(grant(read: ["/etc/ssl", "/srv/a/x"], write: ["/srv/a/in"]), to: approved) == [])
        #expect(
            added(grant(read: ["/"], write: ["/etc", "/srv"]), to: approved) == ["read /", "write /etc", "write /srv"])
        #expect(added(grant(read: ["/etcetera"]), to: approved) == ["read /etcetera"])
        let other = grant { grant in
            grant.connect = ["db:5432"]
            grant.setid = true
            grant.identity = Grant.Identity(name: "postgres", uid: 5, gid: 5, groups: [], home: "/")
            let user = grant.identity
            grant.programs = [
                Grant.Program(name: "id", path: "/bin/id", files: []),
                Grant.Program(name: "id", path: "/bin/id", files: [], user: user),
            ]
        }
        #expect(
            added(other, to: approved) == [
                "connect db:5432", "run /bin/id", "run /bin/id as postgres", "setid", "user postgres",
            ])
        #expect(added(other, to: other) == [])
        #expect(GrantLines(other.value) == other)
    }

    @Test("A link counts as where it leads") func links() {
        let there = grant(read: ["/srv/current"]) { $0.links = ["/srv/current": "/srv/1"] }
        let elsewhere = grant(read: ["/srv/current"]) { $0.links = ["/srv/current": "/etc"] }
        #expect(added(elsewhere, to: there) == ["read /etc"])
    }
}
