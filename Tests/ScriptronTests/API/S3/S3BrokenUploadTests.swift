import Testing

@testable import Scriptron

/// Uploads in parts to a real server, by a line that breaks.
@Suite(.enabled(if: RcloneServer.isThere, "needs rclone: make rclone")) struct S3BrokenUploadTests {
    private static let size = 12_000_000
    private let fixture: APIFixture

    init() throws { fixture = try APIFixture() }

    /// A script with `big`, a file of three parts; `direct`, the bucket; `broken`, the bucket by the proxy.
    private func script(_ server: RcloneServer, _ proxy: BreakingProxy, _ body: String) -> String {
        fixture.timeout = 120
        fixture.grant.connect = ["127.0.0.1:\(server.port)", "127.0.0.1:\(proxy.port)"]
        fixture.grant.ports = [server.port, proxy.port]
        func open(_ port: UInt16) -> String {
            #"s3.open { endpoint = "http://127.0.0.1:\#(port)", bucket = "bucket", key = "the-key", secret = "the secret" }"#
        }
        return """
            fs.write("big", ("0123456789"):rep(\(Self.size / 10)))
            local direct <close> = \(open(server.port))
            local broken <close> = \(open(proxy.port))
            \(body)
            """
    }

    @Test func `a part whose connection is reset is sent again`() async throws {
        let server = try await RcloneServer()
        let proxy = try BreakingProxy(to: server.port, limit: .max)
        proxy.limit(next: [8_000_000], then: .max)
        let result = try fixture.run(
            script(
                server, proxy,
                """
                local put = broken:put("big", "big", { part_size = "5MiB" })
                return { put.size, direct:verify("big").size, direct:abort("big") }
                """))
        #expect(result == [.int(Int64(Self.size)), .int(Int64(Self.size)), 0])
        #expect(proxy.take() > Self.size + 2_000_000)
    }

    @Test func `an upload that breaks off leaves nothing behind`() async throws {
        let server = try await RcloneServer()
        let proxy = try BreakingProxy(to: server.port, limit: 3_000_000)
        proxy.limit(next: [8_000_000], then: 3_000_000)
        let result = try fixture.run(
            script(
                server, proxy,
                """
                local _, problem = pcall(broken.put, broken, "big", "big", { part_size = "5MiB" })
                return { problem.code, problem.upload == nil, direct:abort("big"), direct:head("big") == nil, #direct:list() }
                """))
        #expect(result == ["ECONNRESET", true, 0, true, 0])
        #expect(fixture.services.warnings.isEmpty)
        #expect(try Directory(server.bucket).names().isEmpty)
    }

    @Test func `an upload that is to be resumed goes on where it broke off, unless the file is another`() async throws {
        let server = try await RcloneServer()
        let proxy = try BreakingProxy(to: server.port, limit: 3_000_000)
        proxy.limit(next: [8_000_000], then: 3_000_000)
        let broken = try fixture.run(
            script(
                server, proxy,
                """
                local _, problem = pcall(broken.put, broken, "big", "big", { part_size = "5MiB", resume = true })
                return { problem.code, problem.upload, direct:head("big") == nil }
                """))
        #expect(broken.list?[0] == "ECONNRESET")
        #expect(broken.list?[2] == true)
        let upload = try #require(broken.list?[1].text)
        _ = proxy.take()
        proxy.limit(then: .max)
        let resumed = try fixture.run(
            script(
                server, proxy,
                """
                local put = broken:put("big", "big", { part_size = "5MiB", resume = "\(upload)" })
                return { put.size, direct:verify("big").sha256 == hash.file("big"), direct:abort("big") }
                """))
        #expect(resumed == [.int(Int64(Self.size)), true, 0])
        // The first part was there.
        let sent = proxy.take()
        #expect(sent > 6_000_000 && sent < 8_000_000, "\(sent)")
    }

    @Test func `of an upload of another content nothing is kept`() async throws {
        let server = try await RcloneServer()
        let proxy = try BreakingProxy(to: server.port, limit: 3_000_000)
        proxy.limit(next: [8_000_000], then: 3_000_000)
        let result = try fixture.run(
            script(
                server, proxy,
                """
                local _, problem = pcall(broken.put, broken, "big", "big", { part_size = "5MiB", resume = true })
                fs.write("big", ("abcdefghij"):rep(1100000))
                local put = direct:put("big", "big", { part_size = "5MiB", resume = problem.upload })
                local _, wrong = pcall(direct.put, direct, "big", "big", { resume = "yes" })
                return { put.size, direct:verify("big").sha256 == hash.file("big"), direct:abort("big"), wrong.code }
                """))
        #expect(result == [11_000_000, true, 0, "EARGUMENT"])
    }

    @Test func `an archive is put while it is made, in parts or at once`() async throws {
        let server = try await RcloneServer()
        let proxy = try BreakingProxy(to: server.port, limit: .max)
        let result = try fixture.run(
            script(
                server, proxy,
                Self.noise + """
                    fs.mkdir("tree")
                    for number = 1, 12 do fs.write("tree/" .. number, noise(number)) end
                    local put = broken:put("a.tar.zst", { archive = "tree" }, { part_size = "5MiB" })
                    assert(direct:verify("a.tar.zst", { checksum = put.sha256 }).size == put.size)
                    direct:get("a.tar.zst", "a.tar.zst")
                    local small = direct:put("b.tar.gz", { archive = { { path = "tree/1", as = "one" } }, format = "gzip" })
                    assert(direct:verify("b.tar.gz").sha256 == small.sha256)
                    return { put.archive.files, archive.verify("a.tar.zst").files, put.size > 10000000, #fs.list(".") }
                    """))
        #expect(result == [12, 12, true, 3])
    }

    @Test func `an archive that breaks off on its way leaves nothing behind`() async throws {
        let server = try await RcloneServer()
        let proxy = try BreakingProxy(to: server.port, limit: 3_000_000)
        proxy.limit(next: [8_000_000], then: 3_000_000)
        let result = try fixture.run(
            script(
                server, proxy,
                Self.noise + """
                    fs.mkdir("tree")
                    for number = 1, 12 do fs.write("tree/" .. number, noise(number)) end
                    local _, problem = pcall(broken.put, broken, "a", { archive = "tree" }, { part_size = "5MiB" })
                    local _, wrong = pcall(direct.put, direct, "a", { archive = "tree", fromat = "gzip" })
                    local _, none = pcall(direct.put, direct, "a", { archive = { "tree", "gone" } }, { part_size = "5MiB" })
                    return { problem.code, wrong.code, none.code, direct:abort("a"), direct:head("a") == nil }
                    """))
        #expect(result == ["ECONNRESET", "EARGUMENT", "ENOENT", 0, true])
        #expect(try Directory(server.bucket).names().isEmpty)
    }

    /// Lua for a MiB that does not become smaller.
    private static let noise = """
        local state = 88172645463325252
        local function noise()
          local parts = {}
          for index = 1, 131072 do
            state = state ~ (state << 13)
            state = state ~ (state >> 7)
            state = state ~ (state << 17)
            parts[index] = string.pack("i8", state)
          end
          return table.concat(parts)
        end

        """
}
