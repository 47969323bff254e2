import CMicroHTTPD
import Synchronization

/// HTTP/1.1 over a listening socket, by libmicrohttpd.
///
/// Each connection has a thread of its own, so that a request may wait (for a run's end, for the next line of a log)
/// without keeping the others; the number of connections is bounded. A server that is stopped waits for the requests
/// under way.
package final class HTTPServer: Sendable {
    /// What bounds a client.
    package struct Limits: Sendable {
        /// Connections at the same time; more are closed at once.
        package var connections = 64
        /// Seconds without a byte after which a connection is closed.
        package var idleSeconds = 30
        /// Bytes of the request line and headers.
        package var headerBytes = 32 << 10
        /// Bytes of the body.
        package var bodyBytes = 1 << 20

        package init() {}
    }

    private let context: ServerContext
    /// libmicrohttpd's own; nil once stopped.
    private let daemon: Mutex<OpaquePointer?>

    /// Serves `listener` until `stop`. `mayUse` decides by the kernel's word about the peer, before its request is
    /// looked at; `handler` is called on the connection's thread, and may block.
    package init(
        listener: Descriptor, limits: Limits = Limits(),
        mayUse: @escaping @Sendable (PeerCredentials) -> Bool,
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(Failure) {
        let context = ServerContext(bodyBytes: limits.bodyBytes, mayUse: mayUse, handler: handler)
        self.context = context
        let socket: Int32
        do {
            // libmicrohttpd closes the socket it is given: it gets one of its own.
            socket = try listener.duplicatedNumber()
        } catch {
            throw error.failure()
        }
        let started = SignalMask.blockingAll {
            // The pointer is unretained: this object owns the context, and outlives the daemon (`stop` in deinit).
            scriptron_http_start(
                socket, UInt32(limits.connections), UInt32(limits.idleSeconds), limits.headerBytes,
                { answer($0, $1, $2, $3, $5, $6, $7) }, { _, _, connectionContext, _ in release(connectionContext) },
                Unmanaged.passUnretained(context).toOpaque())
        }
        guard let started else {
            throw Failure(code: "EHTTP", "the HTTP server does not start", cure: "install libmicrohttpd12")
        }
        daemon = Mutex(started)
    }

    deinit { stop() }

    /// Takes no new connections, waits for the requests under way, and ends. Idempotent.
    package func stop() {
        let stopped = daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        if let stopped { scriptron_http_stop(stopped) }
    }
}

/// What every connection of a server needs to know.
private final class ServerContext: Sendable {
    let bodyBytes: Int
    let mayUse: @Sendable (PeerCredentials) -> Bool
    let handler: @Sendable (HTTPRequest) -> HTTPResponse

    init(
        bodyBytes: Int, mayUse: @escaping @Sendable (PeerCredentials) -> Bool,
        handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) {
        self.bodyBytes = bodyBytes
        self.mayUse = mayUse
        self.handler = handler
    }
}

/// A request that is still coming in; it belongs to its connection's thread.
private final class IncomingRequest {
    let peer: PeerCredentials
    var body: [UInt8] = []
    var isTooLarge = false

    init(peer: PeerCredentials) { self.peer = peer }
}

/// libmicrohttpd calls this once for a request's headers, once for each piece of its body, once at its end
/// (MHD_AccessHandlerCallback).
private func answer(
    _ server: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ piece: UnsafePointer<CChar>?, _ pieceLength: UnsafeMutablePointer<Int>?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let server, let connection, let url, let method, let pieceLength, let slot else { return .NO }
    let context = Unmanaged<ServerContext>.fromOpaque(server).takeUnretainedValue()

    guard let known = slot.pointee else {
        guard let peer = try? PeerCredentials(ofSocket: scriptron_http_socket(connection)) else { return .NO }
        guard context.mayUse(peer) else {
            return send(
                HTTPResponse(
                    failure: Failure(
                        code: ControlCode.denied, "user \(peer.uid) may not talk to this host",
                        cure: "only root and the owner of its state directory may")), to: connection)
        }
        // Released by `release`, when libmicrohttpd says that the request is over.
        slot.pointee = Unmanaged.passRetained(IncomingRequest(peer: peer)).toOpaque()
        return .YES
    }

    let request = Unmanaged<IncomingRequest>.fromOpaque(known).takeUnretainedValue()
    if pieceLength.pointee > 0 {
        if request.body.count + pieceLength.pointee > context.bodyBytes {
            request.isTooLarge = true
            request.body = []
        } else if !request.isTooLarge, let piece {
            request.body += UnsafeRawBufferPointer(start: piece, count: pieceLength.pointee)
        }
        pieceLength.pointee = 0
        return .YES
    }
    if request.isTooLarge {
        let failure = Failure(
            code: ControlCode.tooLarge, "the request's body is larger than \(context.bodyBytes) bytes")
        return send(HTTPResponse(failure: failure), to: connection)
    }
    let complete = HTTPRequest(
        method: String(cString: method), path: String(cString: url), query: query(of: connection),
        body: request.body, peer: request.peer)
    return send(context.handler(complete), to: connection)
}

/// The arguments of the request's address.
private func query(of connection: OpaquePointer) -> [String: String] {
    var query: [String: String] = [:]
    withUnsafeMutablePointer(to: &query) { pointer in
        scriptron_http_arguments(
            connection,
            { context, _, name, value in
                guard let context, let name else { return .NO }
                let query = context.assumingMemoryBound(to: [String: String].self)
                query.pointee[String(cString: name)] = value.map { String(cString: $0) } ?? ""
                return .YES
            }, pointer)
    }
    return query
}

private func send(_ response: HTTPResponse, to connection: OpaquePointer) -> MHD_Result {
    response.body.withUnsafeBytes { bytes in
        scriptron_http_answer(
            connection, UInt32(response.status), "application/json", bytes.baseAddress, bytes.count)
    }
}

/// The request is over, in whatever way: balances the retain in `answer`.
private func release(_ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) {
    guard let known = slot?.pointee else { return }
    Unmanaged<IncomingRequest>.fromOpaque(known).release()
    slot?.pointee = nil
}
