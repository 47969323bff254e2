import Testing

@testable import Scriptron

@Suite("Needs") struct NeedsTests {
    @Test("Every key is read") func keys() throws {
        let needs = try ConfigFixture.needs(
            """
            { read = { "/etc", "var/log" }, write = "var/tmp", run = { "tar", { "pg_dump", user = "postgres" }, "/opt/*/bin/x" },
              connect = { "db:5432", "unix:/run/x.sock" }, dns = true, secrets = { "A_B" }, signal = "nginx",
              service = { "nginx", "docker.socket" }, setid = true, user = "app" }
            """)
        var expected = Needs()
        expected.read = ["/etc", "var/log"]
        expected.write = ["var/tmp"]
        expected.run = [.init(name: "tar"), .init(name: "pg_dump", user: "postgres"), .init(name: "/opt/*/bin/x")]
        expected.connect = ["db:5432", "unix:/run/x.sock"]
        expected.dns = true
        expected.secrets = ["A_B"]
        expected.signal = ["nginx"]
        expected.service = ["nginx.service", "docker.socket"]
        expected.setid = true
        expected.user = "app"
        #expect(needs == expected)
    }

    @Test("No needs, and one program with a user for a list") func short() throws {
        #expect(try ConfigFixture.needs("nil") == Needs())
        #expect(try ConfigFixture.needs("{}") == Needs())
        #expect(
            try ConfigFixture.needs("{ run = { 'pg_dump', user = 'postgres' } }").run
                == [.init(name: "pg_dump", user: "postgres")])
        #expect(try ConfigFixture.needs("{ run = 'tar' }").run == [.init(name: "tar")])
    }

    @Test(
        "What is wrong is named",
        arguments: [
            ("5", "jobs/x.lua: needs: must be a table of names and values, not 5"),
            ("{ 'read' }", "jobs/x.lua: needs: must be a table of names and values, not a list"),
            ("{ raed = '/' }", "needs.raed: unknown key; did you mean read?"),
            ("{ read = true }", "needs.read: must be a path or a list of paths, not true"),
            ("{ read = { '/', 5 } }", "needs.read[2]: must be a path"),
            ("{ read = '' }", "needs.read: must be a path"),
            ("{ read = 'a\\0b' }", "needs.read: must be a path"),
            ("{ write = { x = 1 } }", "needs.write: must be a path or a list of paths, not a table"),
            ("{ run = 5 }", "needs.run: must be a program's name"),
            ("{ run = { 'tar', {} } }", "needs.run[2]: must be a program's name"),
            ("{ run = { { user = 'x' } } }", "needs.run[1]: must be a program's name"),
            ("{ run = { { 'a\\0b', user = 'x' } } }", "needs.run[1].1: must be a text"),
            ("{ run = { { 'a', user = 'x\\0b' } } }", "needs.run[1].user: must be a text"),
            ("{ signal = 'a\\0b' }", "needs.signal: must be a process's name"),
            ("{ user = 'root\\0x' }", "needs.user: must be a text"),
            ("{ run = { { 'a', usr = 'x' } } }", "needs.run[1].usr: unknown key; did you mean user?"),
            ("{ run = { { 'a', 'b', user = 'x' } } }", "needs.run[1].2: unknown key"),
            ("{ connect = 'db' }", "needs.connect[1]: must be \"host:port\""),
            ("{ connect = '127.0.0.1:*' }", "a job names its hosts and ports; * for any is for a ceiling"),
            ("{ dns = 'yes' }", "needs.dns: must be true or false"),
            ("{ secrets = { 'a/b' } }", "needs.secrets: must be names of letters"),
            ("{ service = '../x' }", "needs.service: must be names of units"),
            ("{ service = { 'nginx', 'reboot.target' } }", "needs.service: must be names of units"),
            ("{ service = 'ngin*' }", "needs.service: must be names of units"),
            ("{ signal = { false } }", "needs.signal[1]: must be a process's name"),
            ("{ setid = 1 }", "needs.setid: must be true or false"),
            ("{ user = {} }", "needs.user: must be a text"),
        ])
    func errors(text: String, message: String) throws {
        let error = #expect(throws: Failure.self) { try ConfigFixture.needs(text) }
        #expect(error?.code == "ECONFIG")
        #expect(error?.description.contains(message) == true, "\(error as Any)")
    }

    @Test(
        "Targets of connections",
        arguments: [
            ("db:5432", .host("db", port: 5432)), ("DB.Example.com:1", .host("db.example.com", port: 1)),
            ("*.amazonaws.com:443", .host("*.amazonaws.com", port: 443)), ("10.0.0.1:80", .host("10.0.0.1", port: 80)),
            ("10.0.0.0/8:5432", .network("10.0.0.0", bits: 8, port: 5432)), ("[::1]:80", .host("::1", port: 80)),
            ("[fd00::/8]:443", .network("fd00::", bits: 8, port: 443)),
            ("unix:/run/postgresql/.s.PGSQL.5432", .unix("/run/postgresql/.s.PGSQL.5432")),
            ("db", nil), ("db:", nil), (":80", nil), ("db:0", nil), ("db:65536", nil), ("db:080", nil),
            ("db:http", nil),
            ("*:80", nil), ("*.:80", nil), ("a.*.com:80", nil), ("-a:80", nil), ("a b:80", nil),
            ("10.0.0.0/33:80", nil),
            ("10.0.0.0/:80", nil), ("10.0.0:80", nil), ("10.0.0.256:80", nil), ("db/8:80", nil), ("[db]:80", nil),
            ("[1:2]:80", nil), ("[1::2::3]:80", nil), ("::1:80", nil), ("[::1/129]:80", nil), ("unix:run/x", nil),
            ("unix:", nil), ("", nil), ("é:80", nil), ("http://db:80", nil),
        ] as [(String, ConnectTarget?)])
    func targets(text: String, target: ConnectTarget?) {
        #expect(ConnectTarget(need: text) == target)
    }

    @Test(
        "Targets of a ceiling may leave host and port open",
        arguments: [
            ("*:443", .host("*", port: 443)), ("127.0.0.1:*", .host("127.0.0.1", port: .any)),
            ("*:*", .host("*", port: .any)), ("*.x.org:*", .host("*.x.org", port: .any)),
            ("10.0.0.0/8:*", .network("10.0.0.0", bits: 8, port: .any)), ("db:5432", .host("db", port: 5432)),
            ("**:1", nil), ("db:**", nil), ("*", nil),
        ] as [(String, ConnectTarget?)])
    func ceilings(text: String, target: ConnectTarget?) {
        #expect(ConnectTarget(ceiling: text) == target)
    }
}
