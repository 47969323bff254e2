import Glibc
import Testing

@testable import Scriptron

/// Programs of jobs that connect, each connection judged by the host: real sockets of this machine's own network.
@Suite("Connections of programs", .enabled(if: getuid() == 0, "needs root"), .timeLimit(.minutes(15)))
struct ConnectBrokerTests {
    @Test("A granted server is reached, and no other address or port", arguments: ConnectingJob.Who.all)
    func servers(who: ConnectingJob.Who) async throws {
        let job = try ConnectingJob(who)
        let (server, other) = (try LocalServer(), try LocalServer())
        let elsewhere = try LocalServer("127.0.0.2", like: server.port)
        let six = try LocalServer("::1")
        let grant = try job.grant(["127.0.0.1:\(server.port)", "[::1]:\(six.port)"])
        let ended = try await job.run(
            "connect", "127.0.0.1:\(server.port)", "127.0.0.1:\(other.port)", "127.0.0.2:\(server.port)",
            "[::ffff:127.0.0.1]:\(server.port)", "[::ffff:127.0.0.2]:\(server.port)", "[::1]:\(six.port)",
            "[::1]:\(server.port)", "0.0.0.0:\(server.port)", "[::]:\(six.port)", grant: grant)
        #expect(
            ended.lines == ["ok", "EACCES", "EACCES", "ok", "EACCES", "ok", "EACCES", "EACCES", "EACCES"])
        #expect(ended.sandbox.contains("broker"))
        // One of the two forms of an address is enough.
        #expect(ended.refusals.count == 5, "\(ended.refusals)")
        let text = ended.refusals.first ?? ""
        #expect(text.contains("job test") && text.contains("connect-attack may not connect to 127.0.0.1:\(other.port)"))
        #expect(text.contains("connect = { \"127.0.0.1:\(other.port)\" }"))
        withExtendedLifetime((server, other, elsewhere, six)) {}
    }

    @Test("Without a need to connect no socket is made at all", arguments: ConnectingJob.Who.all)
    func none(who: ConnectingJob.Who) async throws {
        let job = try ConnectingJob(who)
        let (server, local) = (try LocalServer(), try LocalServer(job.directory.at("x")))
        let words = ["connect", "127.0.0.1:\(server.port)", job.directory.at("x").text]
        let ended = try await job.run(words, grant: try job.grant([]))
        #expect(ended.lines == ["socket EACCES", "socket EACCES"])
        withExtendedLifetime((server, local)) {}
    }

    @Test(
        "No other socket, call or option leads past the broker (attack 73)", arguments: ConnectingJob.Who.all,
        [false, true])
    func detours(who: ConnectingJob.Who, dns: Bool) async throws {
        let job = try ConnectingJob(who)
        let (server, other) = (try LocalServer(), try LocalServer())
        let grant = try job.grant(["127.0.0.1:\(server.port)"], dns: dns)
        let ended = try await job.run(
            "detours", "127.0.0.1:\(server.port)", "127.0.0.1:\(other.port)", grant: grant)
        let open = Set(["granted ok", "give up ok"] + (dns ? ["udp ok", "udp6 ok"] : []))
        #expect(Set(ended.lines.filter { $0.hasSuffix(" ok") }) == open)
        let codes = Dictionary(
            uniqueKeysWithValues: ended.lines.map { ($0.prefix { $0 != "E" }, $0.drop { $0 != "E" }) })
        for name in ["mptcp ", "ping ", "netlink ", "vsock ", "unix ", "other ", "other again ", "other at last "] {
            #expect(codes[name[...]] == "EACCES", "\(name)")
        }
        for name in ["fastopen by sendto ", "fastopen by sendmsg ", "fastopen by sendmmsg ", "source route "] {
            #expect(codes[name[...]] == "EPERM", "\(name)")
        }
        #expect(codes["short "] == "EINVAL" && codes["long "] == "EINVAL" && codes["nowhere "] == "EFAULT")
        #expect(codes["no socket "] == "ENOTSOCK" && codes["no descriptor "] == "EBADF")
        withExtendedLifetime((server, other)) {}
    }

    @Test("A granted network is reached, and no address beside it") func networks() async throws {
        let job = try ConnectingJob()
        let (first, second) = (try LocalServer("127.1.2.3"), try LocalServer("127.2.2.3"))
        let grant = try job.grant(["127.1.0.0/16:\(first.port)", "127.1.0.0/16:\(second.port)"])
        let ended = try await job.run(
            "connect", "127.1.2.3:\(first.port)", "127.2.2.3:\(second.port)", grant: grant)
        #expect(ended.lines == ["ok", "EACCES"])
        withExtendedLifetime((first, second)) {}
    }

    /// Names whose addresses a test changes.
    private final class FakeNames: Sendable {
        let answers = Shared<[String: NameDirectory.Answer]>([:])

        func set(_ name: String, _ addresses: String..., own: Bool = false) {
            let found = addresses.compactMap { IPAddress($0) }
            answers.value.withLock { $0[name] = NameDirectory.Answer(found, own: own ? Set(found) : []) }
        }

        func directory(life: Double = 0) -> NameDirectory {
            NameDirectory(
                life: life,
                lookUp: { [answers] (name) throws(Failure) -> NameDirectory.Answer in
                    guard let answer = answers.value.withLock({ $0[name] }) else {
                        throw Failure(code: "ERESOLVE", "no answer for \(name)")
                    }
                    return answer
                })
        }
    }

    @Test("A name is asked at every connection, and leads inside only where the machine itself says so")
    func names() async throws {
        let fake = FakeNames()
        let job = try ConnectingJob(names: fake.directory())
        let (first, second) = (try LocalServer(), try LocalServer("127.0.0.2"))
        let grant = try job.grant(["db.example.org:\(first.port)", "db.example.org:\(second.port)"])
        let words = ["connect", "127.0.0.1:\(first.port)", "127.0.0.2:\(second.port)"]
        fake.set("db.example.org", "127.0.0.1", own: true)
        #expect(try await job.run(words, grant: grant).lines == ["ok", "EACCES"])
        fake.set("db.example.org", "127.0.0.2", own: true)
        #expect(try await job.run(words, grant: grant).lines == ["EACCES", "ok"])
        // Rebinding: the name's own servers now say that it is this machine.
        fake.set("db.example.org", "127.0.0.1", "127.0.0.2")
        let rebound = try await job.run(words, grant: grant)
        #expect(rebound.lines == ["EACCES", "EACCES"])
        #expect(
            rebound.refusals.first?.contains("db.example.org leads to it, and it is an address of this machine") == true
        )
        let lost = try await job.run(words, grant: try job.grant(["x.example.org:\(first.port)"]))
        #expect(lost.lines == ["EACCES", "EACCES"])
        #expect(lost.refusals.contains { $0.contains("no answer for x.example.org") })
        withExtendedLifetime((first, second)) {}
    }

    @Test("An answer is believed for its short life") func nameLife() async throws {
        let fake = FakeNames()
        let job = try ConnectingJob(names: fake.directory(life: 600))
        let server = try LocalServer()
        let grant = try job.grant(["db.example.org:\(server.port)"])
        fake.set("db.example.org", "127.0.0.1", own: true)
        #expect(try await job.run("connect", "127.0.0.1:\(server.port)", grant: grant).lines == ["ok"])
        fake.set("db.example.org", "127.0.0.9")
        #expect(try await job.run("connect", "127.0.0.1:\(server.port)", grant: grant).lines == ["ok"])
        withExtendedLifetime(server) {}
    }

    @Test(
        "A Unix socket is reached by any path to it, and none that is put in its place (attack 73)",
        arguments: ConnectingJob.Who.all)
    func unixSockets(who: ConnectingJob.Who) async throws {
        let job = try ConnectingJob(who)
        try job.directory.directory("run")
        try job.directory.directory("else")
        let (granted, other) = (job.directory.path.appending("run/x"), job.directory.path.appending("else/y"))
        try job.directory.link("way", to: job.directory.path.appending("run"))
        let server = try LocalServer(granted, .namesUser)
        let foreign = try LocalServer(other)
        let grant = try job.grant(["unix:\(granted.text)", "unix:\(job.directory.path.text)/run/none"])
        let paths = [
            granted.text, "\(job.directory.path.text)/way/x", "run/x", "./way/../run/x", other.text, "else/y",
            "\(job.directory.path.text)/run/none", "@hidden", "/run/docker.sock", "/run/dbus/system_bus_socket",
            "/run/systemd/private", "/proc/self/cwd/run/x",
        ]
        let ended = try await job.run(["connect"] + paths, grant: grant)
        #expect(
            ended.lines.dropLast() == [
                "ok", "ok", "ok", "ok", "EACCES", "EACCES", "ENOENT", "EACCES", "EACCES", "EACCES", "EACCES",
            ])
        #expect(ended.refusals.contains { $0.contains("unix:\(other.text)") })
        // The server sees the job's user, not the host's.
        let seen = try await job.run("user", granted.text, grant: grant)
        #expect(seen.lines == ["connect ok", who.job == nil ? "0" : "65534"])
        // Another socket in the granted one's place, by a link, and by a link on the way.
        rename(granted.text, granted.text + "-moved")
        try job.directory.link("run/x", to: other)
        #expect(try await job.run("connect", granted.text, grant: grant).lines == ["EACCES"])
        rename("\(job.directory.path.text)/run", "\(job.directory.path.text)/gone")
        try job.directory.link("run", to: job.directory.path.appending("else"))
        rename(other.text, "\(job.directory.path.text)/else/x")
        #expect(try await job.run("connect", granted.text, grant: grant).lines == ["EACCES"])
        withExtendedLifetime((server, foreign)) {}
    }

    @Test(
        "The program's user, not the host, must be allowed to write to a Unix socket and to search its directories",
        arguments: ConnectingJob.Who.all.dropFirst())
    func socketMode(who: ConnectingJob.Who) async throws {
        let path: Path
        let job = try ConnectingJob(who)
        path = job.directory.path.appending("x")
        let server = try LocalServer(path)
        chmod(path.text, 0o700)
        let grant = try job.grant(["unix:\(path.text)"])
        let ended = try await job.run("connect", path.text, grant: grant)
        #expect(ended.lines == ["EACCES"])
        #expect(ended.refusals.isEmpty)
        // By its group.
        chown(path.text, 0, 65534)
        chmod(path.text, 0o720)
        #expect(try await job.run("connect", path.text, grant: grant).lines == ["ok"])
        chmod(path.text, 0o777)
        let closed = try job.directory.directory("closed")
        chmod(closed.text, 0o700)
        let inside = try LocalServer(closed.appending("x"))
        let other = try job.grant(["unix:\(closed.text)/x"])
        #expect(try await job.run("connect", "\(closed.text)/x", grant: other).lines == ["EACCES"])
        chmod(closed.text, 0o711)
        #expect(try await job.run("connect", "\(closed.text)/x", grant: other).lines == ["ok"])
        withExtendedLifetime((server, inside)) {}
    }

    @Test("No address is looked at in one place and used in another", arguments: ConnectingJob.Who.all)
    func race(who: ConnectingJob.Who) async throws {
        let job = try ConnectingJob(who)
        let (good, bad) = (try LocalServer(), try LocalServer())
        let grant = try job.grant(["127.0.0.1:\(good.port)"])
        let ended = try await job.run("race", "127.0.0.1:\(good.port)", "127.0.0.1:\(bad.port)", grant: grant)
        #expect(ended.lines == ["good some refused some bad 0"])
        #expect(ended.refusals.count <= 100)
        withExtendedLifetime((good, bad)) {}
    }

    @Test("Two hundred connections at once") func parallel() async throws {
        let job = try ConnectingJob()
        let server = try LocalServer()
        let grant = try job.grant(["127.0.0.1:\(server.port)"])
        #expect(try await job.run("parallel", "127.0.0.1:\(server.port)", grant: grant).lines == ["200"])
        withExtendedLifetime(server) {}
    }

    @Test("A socket that does not wait is not made to") func nonblocking() async throws {
        let job = try ConnectingJob()
        let server = try LocalServer()
        let closed = try { try LocalServer().port }()
        let full = try LocalServer("127.0.0.1", .full)
        let grant = try job.grant([server.port, closed, full.port].map { "127.0.0.1:\($0)" })
        let open = try await job.run("nonblocking", "127.0.0.1:\(server.port)", grant: grant).lines
        #expect(open == ["connect EINPROGRESS", "then ok", "flags nonblocking", "again ok"])
        let refused = try await job.run("nonblocking", "127.0.0.1:\(closed)", grant: grant).lines
        #expect(refused[0] == "connect EINPROGRESS" && refused[1] == "then ECONNREFUSED")
        withExtendedLifetime((server, full)) {}
    }

    @Test("A socket that waits does so without the host, and a signal, its patience or a kill ends that")
    func waiting() async throws {
        let job = try ConnectingJob()
        let (server, full) = (try LocalServer(), try LocalServer("127.0.0.1", .full))
        let grant = try job.grant([server.port, full.port].map { "127.0.0.1:\($0)" })
        let target = "127.0.0.1:\(full.port)"
        let alarm = try await job.run("alarm", target, grant: grant).lines
        #expect(alarm == ["connect EINTR", "soon", "flags blocking"])
        #expect(try await job.run("patience", target, grant: grant).lines == ["connect EINPROGRESS"])
        #expect(try await job.run("killed", target, grant: grant).lines == ["killed"])
        // A signal whose call is made again does not change what comes of it.
        let restart = try await job.run("restart", "127.0.0.1:\(server.port)", grant: grant).lines
        #expect(restart == ["connect ok", "soon", "flags blocking"])
        withExtendedLifetime((server, full)) {}
    }

    @Test("A pattern of names holds for names that the script had the host resolve") func patterns() async throws {
        let fake = FakeNames()
        let job = try ConnectingJob(names: fake.directory(life: 0))
        let server = try LocalServer("127.9.9.9")
        // A public address of this machine, for the time of the test: none is needed to be told apart.
        fake.set("a.example.org", "127.9.9.9", own: true)
        let grant = try job.grant(["*.example.org:\(server.port)"])
        let port = server.port
        let before = "local answer = net.tcp('a.example.org', \(port))"
        // An address of this machine is never granted by a pattern, whoever says so.
        await #expect(throws: Failure.self) {
            try await job.run("connect", "127.9.9.9:\(port)", grant: grant, before: before)
        }
        let alone = try await job.run("connect", "127.9.9.9:\(port)", grant: grant)
        #expect(alone.lines == ["EACCES"])
        withExtendedLifetime(server) {}
    }

    @Test("With dns datagrams go to the machine's name servers, however they are sent, and nowhere else")
    func datagrams() async throws {
        let names = NameDirectory(servers: { [IPAddress("127.0.53.1")].compactMap { $0 } })
        let (server, other) = (
            try LocalServer(echoing: "127.0.53.1", port: 53), try LocalServer(echoing: "127.0.53.2", port: 53)
        )
        for who in ConnectingJob.Who.all.dropFirst() {
            let job = try ConnectingJob(who, names: names)
            let ended = try await job.run(
                "datagrams", "127.0.53.1:53", "127.0.53.2:53", grant: try job.grant([], dns: true))
            #expect(
                ended.lines == [
                    "other EACCES", "sendto other EACCES", "sendmsg other EACCES", "unconnected EDESTADDRREQ",
                    "connect ok", "send ok", "sendmmsg 1 of 2, 5 bytes", "still sendto other EACCES", "sendmmsg 2 of 2",
                    "sendto server ok", "bind EACCES",
                ])
            #expect(ended.refusals.contains { $0.contains("127.0.53.2 port 53 by UDP") })
            let without = try await job.run(
                "datagrams", "127.0.53.1:53", "127.0.53.2:53", grant: try job.grant(["127.0.0.1:53"]))
            #expect(without.lines == ["socket EACCES"])
        }
        withExtendedLifetime((server, other)) {}
    }

    @Test("With dns a stream's bytes come whole, though the host sends them") func stream() async throws {
        let job = try ConnectingJob()
        #expect(try await job.run("stream", grant: try job.grant([], dns: true)).lines == ["3145728 bytes, 0 wrong"])
    }
}
