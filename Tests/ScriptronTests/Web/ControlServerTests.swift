import Glibc
import Synchronization
import Testing

@testable import Scriptron
@testable import scriptron

@Suite("The control socket") struct ControlServerTests {
    let directory: TemporaryDirectory
    var socket: Path { directory.path.appending("scriptron.sock") }
    var client: HostClient { HostClient(socket: socket) }

    init() throws { directory = try TemporaryDirectory() }

    private func serve(_ host: FakeHost, limits: HTTPServer.Limits = HTTPServer.Limits()) throws -> ControlServer {
        try ControlServer(socket: socket, owner: getuid(), host: host, limits: limits)
    }

    @Test(
        "Every address reaches its call, with its arguments",
        arguments: [
            ("/v1/status", "status"), ("/v1/jobs", "jobs"), ("/v1/jobs/sweep/settings", "settings sweep"),
            ("/v1/next", "next - 20"), ("/v1/next?job=sweep&limit=3", "next sweep 3"),
            ("/v1/runs", "history - - 0 100"),
            ("/v1/runs?job=a%2Db&outcome=timed_out&before=9&limit=2", "history a-b timed_out 9 2"),
            ("/v1/missed?job=sweep&limit=5", "missed sweep 5"), ("/v1/runs/7", "run 7 0.0"),
            ("/v1/runs/7?wait=2.5", "run 7 2.5"), ("/v1/runs/7?wait=3600", "run 7 10.0"),
            ("/v1/runs/7/details", "show 7"), ("/v1/runs/7/log?from=12&wait=1", "logs 7 12 1.0"),
        ])
    func reads(address: String, call: String) throws {
        let host = FakeHost()
        let server = try serve(host)
        _ = try client.get(address)
        server.stop()
        #expect(host.asked == [call])
    }

    @Test("A run that is started gets what was asked, and who asked by the kernel's word") func start() throws {
        let host = FakeHost(rows: [1, 2, 3])
        let server = try serve(host)
        let body: Value = ["job": "sweep", "sets": ["older_than=1h", "paths=/é"], "grants": ["write=/srv"]]
        let answer = try client.post("/v1/runs", body)
        server.stop()
        #expect(answer["id"] == 3)
        let started = host.state.withLock(\.started)
        #expect(
            started.first?.request
                == StartRequest(job: "sweep", sets: ["older_than=1h", "paths=/é"], grants: ["write=/srv"]))
        #expect(started.first?.peer == PeerCredentials(pid: getpid(), uid: getuid(), gid: getgid()))
    }

    @Test("A run is cancelled by POST") func cancel() throws {
        let host = FakeHost()
        let server = try serve(host)
        _ = try client.post("/v1/runs/4/cancel", [:])
        server.stop()
        #expect(host.asked == ["cancel 4 \(getuid())"])
    }

    @Test("A run is repeated, jobs are paused, resumed and drained by POST") func pauses() throws {
        let host = FakeHost(rows: [["running": 0]])
        let server = try serve(host)
        #expect(try client.post("/v1/runs/4/rerun", [:])["id"] == 1)
        #expect(try client.post("/v1/pauses", ["jobs": ["a", "b"], "seconds": 60])["running"] == 0)
        _ = try client.post("/v1/pauses", ["drain": true])
        _ = try client.post("/v1/pauses/end", ["jobs": ["a"]])
        _ = try client.get("/v1/pauses", wait: 1)
        server.stop()
        let user = getuid()
        #expect(
            host.asked == [
                "rerun 4 \(user)", "pause a,b false 60.0 \(user)", "pause  true 0.0 \(user)", "resume a \(user)",
                "pauses 1.0",
            ])
    }

    @Test("A failure of the host arrives as it was thrown") func failures() throws {
        let failure = Failure(code: "ENOJOB", "there is no job \"swep\"", place: "jobs", cure: "did you mean sweep")
        let server = try serve(FakeHost(failure: failure))
        #expect(throws: failure) { try client.get("/v1/jobs") }
        server.stop()
    }

    @Test(
        "A wrong request is refused with a word about it",
        arguments: [
            ("GET", "/", "ENOROUTE"), ("GET", "/v2/jobs", "ENOROUTE"), ("GET", "/v1/nothing", "ENOROUTE"),
            ("GET", "/v1/runs/7/nothing", "ENOROUTE"), ("GET", "/v1/runs/x", "ENORUN"),
            ("GET", "/v1/runs/0", "ENORUN"), ("GET", "/v1/runs?limit=0", "EUSAGE"),
            ("GET", "/v1/runs?limit=many", "EUSAGE"), ("GET", "/v1/runs?outcome=good", "EUSAGE"),
            ("GET", "/v1/runs/7?wait=-1", "EUSAGE"), ("GET", "/v1/runs/7/log?from=-1", "EUSAGE"),
            ("GET", "/v1/runs/7/rerun", "EMETHOD"),
            ("POST", "/v1/pauses/begin", "ENOROUTE"), ("GET", "/v1/pauses/end", "EMETHOD"),
            ("GET", "/v1/pauses?wait=x", "EUSAGE"),
            ("GET", "/v1/runs/7/cancel", "EMETHOD"), ("POST", "/v1/jobs", "EMETHOD"), ("POST", "/v1/runs", "EUSAGE"),
        ])
    func wrongRequests(method: String, address: String, code: String) throws {
        let server = try serve(FakeHost())
        defer { server.stop() }
        let failure = try #require(throws: Failure.self) {
            method == "GET" ? try client.get(address) : try client.post(address, [])
        }
        #expect(failure.code == code)
    }

    @Test(
        "A start that is not what it should be is refused",
        arguments: [
            (#"{"job":1}"#, "EUSAGE"), (#"{"job":"a","sets":"b=c"}"#, "EUSAGE"),
            (#"{"job":"a","grants":[1]}"#, "EUSAGE"), (#"{"job":"a","settings":{}}"#, "EUSAGE"),
        ])
    func wrongStarts(body: String, code: String) throws {
        let server = try serve(FakeHost())
        defer { server.stop() }
        let failure = try #require(throws: Failure.self) { try client.post("/v1/runs", try JSON.decode(body)) }
        #expect(failure.code == code)
    }

    @Test("A body beyond the limit is refused, and the next request answered") func largeBody() throws {
        var limits = HTTPServer.Limits()
        limits.bodyBytes = 1000
        let host = FakeHost()
        let server = try serve(host, limits: limits)
        defer { server.stop() }
        let large = Value.text(String(repeating: "a", count: 100_000))
        let failure = try #require(throws: Failure.self) { try client.post("/v1/runs", ["job": large]) }
        #expect(failure.code == "ETOOLARGE")
        #expect(try client.get("/v1/status") == [:])
        #expect(host.state.withLock(\.started).isEmpty)
    }

    @Test("Bytes that are no HTTP are answered by an end, and the next request is answered") func garbage() throws {
        let server = try serve(FakeHost())
        defer { server.stop() }
        let raw = try RawConnection(to: socket)
        try raw.write([0, 1, 2, 13, 10, 13, 10] + Array("GET".utf8) + [UInt8](repeating: 255, count: 100_000))
        raw.readToEnd()
        #expect(try client.get("/v1/status") == [:])
    }

    @Test("Somebody else is refused before the request is looked at") func otherUsers() throws {
        let listener = try UnixListener(path: socket)
        let server = try HTTPServer(listener: listener.descriptor, mayUse: { _ in false }) { _ in
            Issue.record("a refused request was handled")
            return HTTPResponse([:])
        }
        defer { server.stop() }
        let failure = try #require(throws: Failure.self) { try client.get("/v1/status") }
        #expect(failure.code == "EDENIED")
    }

    @Test("A request that waits keeps nobody else, and is answered when what it waits for is there") func waiting()
        throws
    {
        let answered = Mutex(false)
        let socket = socket
        // While the first request waits, a second one is made and answered.
        let host = FakeHost(rows: [["id": 7, "outcome": "succeeded"]]) {
            let other = try? HostClient(socket: socket).get("/v1/runs/7")
            answered.withLock { $0 = other?["outcome"] == "succeeded" }
        }
        let server = try serve(host)
        defer { server.stop() }
        #expect(try client.get("/v1/runs/7", wait: 5)["outcome"] == "succeeded")
        #expect(answered.withLock { $0 })
    }

    @Test("The socket is for its owner only, replaces a dead host's and goes when the host goes") func socketFile()
        throws
    {
        let dead = try UnixListener(path: socket, mode: 0o666)
        let server = try serve(FakeHost())
        _ = dead
        #expect(try mode(socket) == S_IFSOCK | 0o600)
        #expect(try client.get("/v1/status") == [:])
        server.stop()
        #expect(throws: SystemError.self) { try mode(socket) }
        let failure = try #require(throws: Failure.self) { try client.get("/v1/status") }
        #expect(failure.code == "ENOHOST")
    }

    @Test("A file that is no socket is left alone") func noSocket() throws {
        try directory.file("scriptron.sock", mode: 0o600)
        let failure = try #require(throws: Failure.self) { _ = try serve(FakeHost()) }
        #expect(failure.code == "EEXIST")
        #expect(try mode(socket) == S_IFREG | 0o600)
    }

    @Test("A state directory of any depth will do") func longPath() throws {
        let names = repeatElement(String(repeating: "d", count: 60), count: 4)
        let deep = try directory.directory(names.joined(separator: "/"))
        let socket = deep.appending("scriptron.sock")
        let server = try ControlServer(socket: socket, owner: getuid(), host: FakeHost())
        defer { server.stop() }
        #expect(try HostClient(socket: socket).get("/v1/status") == [:])
    }

    private func mode(_ path: Path) throws -> mode_t {
        var status = stat()
        if lstat(path.text, &status) != 0 { throw SystemError.current("lstat", path.text) }
        return status.st_mode
    }
}

/// A connection on which a test may say anything.
private struct RawConnection {
    let descriptor: Descriptor

    init(to path: Path) throws {
        descriptor = Descriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        let number = descriptor.number
        try UnixAddress(path).withSocketAddress { pointer, length throws(SystemError) in
            try retrying("connect") { connect(number, pointer, length) }
        }
    }

    /// Sends what the server takes; it may end the connection at any byte.
    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    func readToEnd() {
        while let bytes = try? descriptor.read(4096), !bytes.isEmpty {}
    }
}
