import Testing

@testable import Scriptron

@Suite("Where a grant lets connections go")
struct ConnectRulesTests {
    private func rules(_ connect: String...) -> ConnectRules {
        var grant = Grant()
        grant.connect = connect
        return ConnectRules(grant)
    }

    @Test(
        "A ceiling covers what lies in it",
        arguments: [
            ("*:*", "db:5432", true), ("*:443", "x.org:443", true), ("*:443", "x.org:80", false),
            ("*:443", "10.0.0.0/8:443", true), ("*:*", "unix:/run/x", false), ("db:5432", "db:5432", true),
            ("db:5432", "db2:5432", false), ("*.x.org:443", "a.x.org:443", true), ("*.x.org:443", "x.org:443", false),
            ("*.x.org:443", "*.a.x.org:443", true), ("*.a.x.org:443", "*.x.org:443", false),
            ("*.x.org:443", "*.x.org:443", true), ("*.x.org:*", "evilx.org:443", false),
            ("10.0.0.0/8:*", "10.1.0.0/16:5432", true), ("10.1.0.0/16:*", "10.0.0.0/8:5432", false),
            ("10.0.0.0/8:*", "10.1.2.3:5432", true), ("10.0.0.0/8:*", "11.1.2.3:5432", false),
            ("10.0.0.0/8:*", "db:5432", false), ("10.1.2.3:5432", "10.1.2.3:5432", true),
            ("[fd00::/8]:*", "[fd00::1]:80", true), ("[::1]:80", "[0:0:0:0:0:0:0:1]:80", true),
            ("unix:/run/postgresql", "unix:/run/postgresql/.s.PGSQL.5432", true),
            ("unix:/run/a", "unix:/run/ab", false), ("unix:/run", "10.0.0.1:80", false),
        ])
    func ceilings(ceiling: String, need: String, covers: Bool) throws {
        let ceiling = try #require(ConnectTarget(ceiling: ceiling))
        #expect(ceiling.covers(try #require(ConnectTarget(need: need))) == covers)
    }

    @Test(
        "Where a name may lead",
        arguments: [
            // the need's name, the name that was resolved, its address, whether /etc/hosts says so, allowed
            ("db.example.org", "db.example.org", "8.8.8.8", false, true),
            ("db.example.org", "db.example.org", "127.0.0.1", false, false),
            ("db.example.org", "db.example.org", "127.0.0.1", true, true),
            ("db.example.org", "db.example.org", "10.0.0.1", false, false),
            ("db.example.org", "db.example.org", "10.0.0.1", true, true),
            ("db.example.org", "db.example.org", "169.254.169.254", false, false),
            ("db", "db", "10.0.0.1", false, true), ("db.internal", "db.internal", "10.0.0.1", false, true),
            ("db.internal", "db.internal", "127.0.0.1", false, false),
            ("db.internal", "db.internal", "169.254.169.254", false, false),
            ("localhost", "localhost", "127.0.0.1", true, true), ("localhost", "localhost", "127.0.0.1", false, false),
            ("*.example.org", "a.example.org", "8.8.8.8", false, true),
            ("*.example.org", "a.example.org", "10.0.0.1", false, false),
            ("*.internal", "a.internal", "10.0.0.1", false, false),
            ("*.example.org", "a.example.org", "127.0.0.1", true, false),
        ])
    func leads(need: String, name: String, address: String, own: Bool, allowed: Bool) throws {
        let address = try #require(IPAddress(address))
        let answer = NameDirectory.Answer([address], own: own ? [address] : [])
        #expect(rules("\(need):443").mayLead(name, to: address, answer) == allowed)
        let other = NameDirectory.Answer([])
        #expect(!rules("\(need):443").mayLead(name, to: address, other))
    }

    @Test("Patterns are about names that the run had resolved, at their port") func candidates() {
        let rules = rules("*.example.org:443", "db:5432", "x.example.org:80")
        #expect(rules.candidates(port: 443, seen: []).isEmpty)
        #expect(
            rules.candidates(port: 443, seen: ["a.example.org", "example.org", "evilexample.org"]) == ["a.example.org"])
        #expect(rules.candidates(port: 80, seen: ["a.example.org"]) == ["x.example.org"])
        #expect(rules.candidates(port: 5432, seen: []) == ["db"])
        #expect(rules.isPattern("a.example.org") && !rules.isPattern("db") && !rules.isPattern(".example.org"))
    }

    @Test("What a script may name") func script() {
        var grant = Grant()
        grant.connect = ["*.example.org:443", "10.0.0.0/8:5432", "db:5432"]
        grant.ports = [443, 5432]
        #expect(grant.allowsConnect(host: "A.example.org", port: 443) && grant.allowsConnect(host: "a.example.org"))
        #expect(!grant.allowsConnect(host: "a.example.org", port: 80) && !grant.allowsConnect(host: "example.org"))
        #expect(grant.allowsConnect(host: "10.1.1.1", port: 5432) && !grant.allowsConnect(host: "10.1.1.1", port: 443))
        #expect(grant.allowsConnect(host: "DB", port: 5432) && !grant.allowsConnect(host: "8.8.8.8"))
    }

    @Test("The machine's own tables") func tables() {
        let table = "127.0.0.1 localhost # here\n10.0.0.5\tdb DB2 \n::1 ip6-localhost\nnonsense db\n#10.0.0.6 db\n"
        #expect(HostsFile.addresses(of: "db2", in: table) == [IPAddress("10.0.0.5")!])
        #expect(HostsFile.addresses(of: "DB", in: table) == [IPAddress("10.0.0.5")!])
        #expect(HostsFile.addresses(of: "here", in: table).isEmpty)
        #expect(HostsFile.addresses(of: "a.localhost", in: "").contains(IPAddress("127.0.0.1")!))
        #expect(
            NameServers.listed(in: "# x\nnameserver 10.0.0.1\n nameserver fe80::1%eth0\nsearch x") == [
                IPAddress("10.0.0.1")!, IPAddress("fe80::1")!,
            ])
        #expect(NameServers.listed(in: "") == [IPAddress("127.0.0.1")!])
    }
}
