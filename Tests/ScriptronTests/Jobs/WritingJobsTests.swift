import Glibc
import Synchronization
import Testing

@testable import Scriptron
@testable import scriptron

/// The jobs of docs/writing-jobs.md and docs/coming-from.md, taken out of the pages and run.
@Suite("The jobs that the documents show") struct WritingJobsTests {
    private let api: APIFixture

    init() throws { api = try APIFixture() }

    private static let root = Path(#filePath).parent.parent.parent.parent

    /// The scripts that stand in the documents, by their jobs' names.
    private static let scripts: [String: String] = {
        var scripts: [String: String] = [:]
        for file in ["docs/writing-jobs.md", "docs/coming-from.md"] {
            let bytes = (try? Files.readSmall(root.appending(file))) ?? []
            let text = String(decoding: bytes, as: UTF8.self)
            for block in text.split(separator: "```lua\n").dropFirst() {
                let script = String(block.split(separator: "\n```").first ?? "")
                guard let name = script.firstMatch(of: #/^--- jobs/([a-z]+)\.lua/#)?.1 else { continue }
                scripts[String(name)] = script
            }
        }
        return scripts
    }()

    /// What a job's `run` returns, with its own defaults and these settings, as the host resolves them. Its needs must
    /// be what needs may be.
    @discardableResult
    private func run(_ name: String, _ given: [String: Value] = [:]) throws -> Value {
        let text = Array(try #require(Self.scripts[name], "no document shows \(name)").utf8)
        let file = SourceFile("jobs/\(name).lua", text: text)
        let state = try LuaState()
        let script = try state.evaluateJob(text, name: "jobs/\(name).lua")
        let header = JobDefinition.header(plain: script.header, functions: script.functions.keys)
        let definition = try JobDefinition(header: header, file: file)
        _ = try JobSchedule(definition.header.schedules, zone: .utc, job: name)
        let layer = Settings.Layer(given, file: SourceFile("scriptron.lua"), path: ["settings"])
        let settings = try Settings(definition.settings, layers: [layer], base: api.directory.at("box"))
        #expect(settings.missing.isEmpty)
        let function = try #require(script.functions["needs"])
        _ = try Needs(try state.call(function, [.value(settings.values)], name: "needs", mixesKeys: true), of: file)
        return try api.run(text, name: "jobs/\(name).lua", settings: settings.values.map ?? [:])
    }

    /// A program of this name that does what a shell's text says.
    private func grant(_ name: String, _ text: String) throws {
        try api.directory.directory("programs")
        let path = try api.directory.file("programs/\(name)", "#!/bin/sh\n\(text)\n")
        chmod(path.text, 0o755)
        api.grant.programs.append(Grant.Program(name: name, path: path, files: [path]))
    }

    /// The reports to `alert`, the newest last.
    private var alerts: [[String: Value]] {
        api.services.requests.filter { $0.service == .alertReport }.map(\.arguments)
    }

    @Test("A certificate that ends soon is renewed, and what the server then shows is what counts")
    func renew() async throws {
        let old = try await TLSTestServer(days: 10)
        let new = try await TLSTestServer(days: 90, address: "127.0.0.2", port: old.port)
        try grant("certbot", "echo \"$@\" >>\(api.at("ran").text)")
        api.grant.connect = ["localhost:\(old.port)"]
        api.grant.service = ["nginx"]
        var reloads = false
        var isReloaded = false
        api.services.answer = { service, _ in
            switch service {
            case .unitReload:
                isReloaded = reloads
                return .null
            case .resolve: return isReloaded ? ["127.0.0.2"] : ["127.0.0.1"]
            default: return nil
            }
        }
        let settings: [String: Value] = ["host": "localhost", "port": .int(Int64(old.port))]
        #expect(throws: LuaError.self) { try run("renew", settings) }
        #expect(api.context.verdict == .fail(message: "nginx still shows the old certificate", retry: true))
        reloads = true
        let renewed = try run("renew", settings)
        #expect(renewed["days_left"]?.double.map { (88...90).contains($0) } == true, "\(renewed)")
        #expect(try Files.readSmall(api.at("ran")) == Array("renew --quiet\nrenew --quiet\n".utf8))
        // What is good stays as it is.
        #expect(throws: LuaError.self) { try run("renew", settings) }
        #expect(try Files.readSmall(api.at("ran")).count == "renew --quiet\n".utf8.count * 2)
        withExtendedLifetime(new) {}
    }

    @Test("Docker's images are pruned over its socket") func images() throws {
        let path = api.directory.at("docker.sock")
        let server = try HTTPTestServer(at: path) { _ in
            .text(#"{"ImagesDeleted":[{"Deleted":"sha256:1"},{"Untagged":"a:b"}],"SpaceReclaimed":1048576}"#)
        }
        api.grant.sockets = [Grant.UnixSocket(path: path, real: path)]
        let pruned = try run("images", ["socket": .text(path.text)])
        #expect(pruned == ["images": 2, "bytes": 1_048_576])
        #expect(server.requests.map(\.method) == ["POST"])
        let target = server.requests[0].target
        #expect(target.hasPrefix("/v1.41/images/prune?filters="))
        #expect(target.contains("dangling") && target.contains("720h"))
        api.isDry = true
        #expect(try run("images", ["socket": .text(path.text)]) == ["images": 0, "bytes": 0])
        #expect(server.requests.count == 1)
    }

    @Test("A table is exported to a server of S3", .enabled(if: RcloneServer.isThere)) func export() async throws {
        let server = try await RcloneServer()
        try api.run(
            """
            local db <close> = sql.open("shop.db", { create = true })
            db:exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)")
            db:exec("INSERT INTO orders (what) VALUES (?), (?)", { "tea", 'a "cup"' })
            """)
        api.grant.connect = ["127.0.0.1:\(server.port)"]
        api.grant.ports = [server.port]
        api.grant.secrets = ["KEY", "SECRET"]
        api.services.answer = { service, arguments in
            guard service == .secret else { return nil }
            return arguments["name"]?.text == "KEY" ? "the-key" : "the secret"
        }
        let exported = try run(
            "export",
            [
                "database": "shop.db", "endpoint": .text("http://127.0.0.1:\(server.port)"), "bucket": "bucket",
                "server": .text("127.0.0.1:\(server.port)"), "key": .secret("KEY"), "secret": .secret("SECRET"),
            ])
        #expect(exported["rows"] == 2)
        let key = try #require(exported["key"]?.text)
        let stored = server.bucket.appending(Path(key))
        api.grant.read = [server.bucket]
        let text = try api.run(
            "archive.decompress(settings.from, 'back.csv') return fs.read('back.csv')",
            settings: ["from": .text(stored.text)])
        #expect(text == "id,what\r\n1,tea\r\n2,\"a \"\"cup\"\"\"\r\n")
    }

    @Test("Replicas that are missing or late alert; not to know is told too") func lag() throws {
        api.services.answers[.alertReport] = ["state": "ok"]
        try grant("psql", "cat \(api.at("answer").text)")
        try api.directory.file("box/answer", "2|0.25\n")
        #expect(try run("lag") == ["replicas": 2, "lag": 0.25])
        #expect(alerts.last?["bad"] == false)
        #expect(alerts.last?["clear"] == true)
        try api.directory.file("box/answer", "2|61.5\n")
        try run("lag")
        #expect(alerts.last?["bad"] == true)
        #expect(alerts.last?["summary"]?.text?.hasPrefix("replicas are 6") == true)
        try api.directory.file("box/answer", "0|0\n")
        try run("lag")
        #expect(alerts.last?["summary"] == "there is no replica")
        unlink(api.at("answer").text)
        #expect(throws: LuaError.self) { try run("lag") }
        #expect(alerts.last?["bad"] == .null)
    }

    @Test("Pages are fetched side by side; one that is not there is a warning") func warm() throws {
        let server = try HTTPTestServer { request in .text("page", status: request.target == "/gone" ? 404 : 200) }
        api.grant.connect = ["127.0.0.1:\(server.port)"]
        api.grant.ports = [server.port]
        let warmed = try run(
            "warm", ["site": .text("http://127.0.0.1:\(server.port)"), "paths": ["/", "/gone", "/shop"]])
        #expect(warmed["pages"] == 3)
        #expect(Set(server.requests.map(\.target)) == ["/", "/gone", "/shop"])
        #expect(api.services.warnings == ["/gone: status 404"])
    }

    @Test(
        "The question that is asked of PostgreSQL is one that it answers", .enabled(if: PostgresCluster.programs != nil)
    )
    func lagQuery() throws {
        let script = try #require(Self.scripts["lag"])
        let query = try #require(script.firstMatch(of: #/local query = "([^"]+)"/#)?.1)
        #expect(try PostgresCluster().query(String(query)).split(separator: "\n") == ["0|0"])
    }

    @Test("What people bring from cron, bash and Ansible runs") func coming() throws {
        try run("reindex")
        try api.directory.directory("box/var/tmp")
        try api.directory.file("box/var/tmp/old.tmp", "x")
        try api.directory.file("box/var/tmp/new.tmp", "x")
        try api.run("fs.touch('var/tmp/old.tmp', { mtime = time.now() - 8 * 86400 })")
        #expect(try run("tidy") == ["removed": 1])
        #expect(try run("motd") == ["changed": true])
        #expect(throws: LuaError.self) { try run("motd") }
        #expect(api.context.verdict == .skip(reason: "it is as it should be"))
        #expect(try Files.readSmall(api.at("var/motd")) == Array("Be kind.\n".utf8))
    }
}
