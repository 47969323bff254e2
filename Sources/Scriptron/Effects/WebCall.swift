/// A request of HTTP (or a TLS handshake alone) that a script makes, with its secrets in place: it goes to the wire and
/// nowhere else.
package struct WebCall: Sendable {
    /// What is sent.
    package enum Body: Sendable {
        case bytes([UInt8])
        case file(CheckedPath)
        /// What is made meanwhile.
        case pipe(BodyPipe)
        /// So many bytes of a file from an offset.
        case part(CheckedPath, offset: Int64, length: Int64)
    }

    /// The function that was called (`http.get`), for messages.
    package var call: String
    package var url: TransferURL
    /// What messages and plans call the address: without its query, or the marker of a secret.
    package var shown: String
    package var method = "GET"
    package var headers: [TransferRequest.Header] = []
    package var body: Body?
    /// Where the body of a 2xx answer goes, whole or not at all; nil: to memory.
    package var target: CheckedPath?
    /// Takes the body of a 2xx answer piece by piece, on the thread that makes the transfer; what it throws ends that.
    package var sink: (@Sendable ([UInt8]) throws(SystemError) -> Void)?
    /// Told again and again how far it is, on that thread.
    package var progress: (@Sendable (TransferProgress) -> Void)?
    /// The granted server that the request goes by.
    package var proxy: TransferURL?
    /// The granted Unix socket to connect to.
    package var unix: Path?
    /// The SHA-256 that the target must have, in hexadecimal, or there is none.
    package var digest: String?
    /// Whether the body of a 2xx answer is only hashed (SHA-256), and kept nowhere.
    package var isHashed = false
    package var login: TransferRequest.Login?
    package var timeout = 30.0
    /// Seconds that it may go without a byte in either direction; nil: as long as `timeout`.
    package var stall: Double?
    package var most: Int64 = 16 << 20
    /// Whether an answer that is larger is cut there.
    package var cuts = false
    /// Only the handshake: who is there, by which certificate.
    package var isHandshake = false
    package var verifies = true
    /// A bundle of certificates that are trusted instead of the machine's own.
    package var trust: CheckedPath?
    /// What a dry run gives instead of asking.
    package var dry: Value?

    package init(_ url: TransferURL, call: String, shown: String? = nil) {
        self.url = url
        self.call = call
        self.shown = shown ?? url.server + url.path
    }
}

/// What came of a request.
package enum WebOutcome: Sendable {
    case answered(TransferResponse)
    /// Planned: what the script said to take instead (null where it said nothing).
    case assumed(Value)
}
