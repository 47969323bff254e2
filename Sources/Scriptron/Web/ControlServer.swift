/// The host's control socket: HTTP over a Unix socket that only root and the state directory's owner may use.
package final class ControlServer: Sendable {
    private let listener: UnixListener
    private let server: HTTPServer

    /// Listens at `socket` (mode 0600) and answers from `host`. `owner` is the uid of the state directory's owner.
    /// The caller holds the state directory's lock, so that a socket left there is a dead host's.
    package init(
        socket: Path, owner: UInt32, host: any HostControl, limits: HTTPServer.Limits = HTTPServer.Limits()
    ) throws(Failure) {
        do {
            listener = try UnixListener(path: socket)
        } catch {
            throw error.failure(cure: "the state directory must be writable by the host")
        }
        let routes = ControlRoutes(host)
        server = try HTTPServer(
            listener: listener.descriptor, limits: limits, mayUse: { $0.uid == 0 || $0.uid == owner },
            handler: { routes.respond(to: $0) })
    }

    /// Removes the socket's name, waits for the requests under way, and ends. A request that waits for a run's end is
    /// given up by its client or at `ControlRoutes.longestWait`, so a host wakes its waiters before. Idempotent.
    package func stop() {
        listener.removeName()
        server.stop()
    }
}
