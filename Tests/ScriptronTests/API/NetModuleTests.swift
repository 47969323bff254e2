import Glibc
import Testing

@testable import Scriptron

struct NetModuleTests {
    @Test func `a name's addresses, or that it has none`() throws {
        let fixture = try APIFixture()
        fixture.grant.connect = ["service.test:443"]
        fixture.services.answers[.resolve] = ["192.0.2.1", "2001:db8::1"]
        let found = try fixture.run("return net.dns('service.test')")
        #expect(found["found"] == true)
        #expect(found["addresses"] == ["192.0.2.1", "2001:db8::1"])
        fixture.services.answers[.resolve] = []
        #expect(try fixture.run("return net.dns('service.test').found") == false)
        #expect(try fixture.failure("return net.dns('other.test')").failure.code == "EGRANT")
    }

    @Test func `a certificate's end, and why it is not trusted`() async throws {
        let server = try await TLSTestServer()
        let fixture = try APIFixture()
        fixture.grant.connect = ["127.0.0.1:\(server.port)", "localhost:\(server.port)"]
        fixture.grant.read = [server.directory.path]
        fixture.services.answers[.resolve] = ["127.0.0.1"]
        let ca = server.directory.path.appending("cert.pem").text
        let good = try fixture.run("return net.tls('localhost', \(server.port), { ca = '\(ca)' })")
        #expect(good["verified"] == true, "\(good)")
        #expect(good["days_left"]?.double.map { (28...30).contains($0) } == true, "\(good)")
        #expect(good["subject"]?.text?.contains("localhost") == true)
        // It is its own authority, so that it comes alone.
        let chain = try #require(good["chain"]?.list)
        #expect(chain.count == 1 && chain[0]["subject"] == good["subject"] && chain[0]["issuer"] == good["issuer"])
        #expect(good["chain_days_left"] == good["days_left"])
        let unknown = try fixture.run("return net.tls('localhost', \(server.port))")
        #expect(unknown["reachable"] == true)
        #expect(unknown["verified"] == false)
        #expect(unknown["days_left"]?.double.map { (28...30).contains($0) } == true)
        #expect(unknown["error"]?.text?.isEmpty == false)
        // Trusted, but for another name.
        let other = try fixture.run("return net.tls('127.0.0.1', \(server.port), { ca = '\(ca)' })")
        #expect(other["verified"] == false)
        let page = try fixture.run("return http.get('https://localhost:\(server.port)/', { ca = '\(ca)' }).status")
        #expect(page == 200)
        let refused = try fixture.failure("return http.get('https://localhost:\(server.port)/')")
        #expect(refused.failure.code == "ETLS")
    }

    @Test func `a chain is told whole, and the first end in it`() async throws {
        let server = try await TLSTestServer(authorityDays: 5)
        let fixture = try APIFixture()
        fixture.grant.connect = ["localhost:\(server.port)"]
        fixture.grant.read = [server.directory.path]
        fixture.services.answers[.resolve] = ["127.0.0.1"]
        let ca = server.directory.path.appending("ca.pem").text
        let look = try fixture.run("return net.tls('localhost', \(server.port), { ca = '\(ca)' })")
        #expect(look["verified"] == true, "\(look)")
        let chain = try #require(look["chain"]?.list)
        #expect(chain.map { $0["subject"]?.text?.suffix(9) } == ["localhost", "authority"])
        #expect(chain.map { $0["issuer"]?.text?.suffix(9) } == ["authority", "authority"])
        #expect(look["days_left"]?.double.map { (28...30).contains($0) } == true)
        #expect(look["chain_days_left"]?.double.map { (4...5).contains($0) } == true)
    }
}
