@testable import Scriptron

extension APIFixture {
    /// A server of HTTP to which the script may connect.
    func server(
        _ handler: @escaping @Sendable (HTTPTestServer.Request) -> HTTPTestServer.Reply
    ) throws -> HTTPTestServer {
        let server = try HTTPTestServer(handler)
        grant.connect.append("127.0.0.1:\(server.port)")
        grant.ports.append(server.port)
        return server
    }
}
