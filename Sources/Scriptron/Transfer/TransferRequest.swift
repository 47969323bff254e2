/// One transfer: an HTTP request, or a mail handed to a server. What is to be sent, where, and within which bounds.
package struct TransferRequest: Sendable {
    /// What a transfer speaks; no other protocol of libcurl is ever allowed.
    package enum Kind: Sendable {
        /// `http` and `https`.
        case http
        /// `smtp` and `smtps`: the body is the message, with its headers.
        case mail(Mail)
        /// `https`, no further than the handshake: who is there, by which certificate.
        case handshake
    }

    /// Who sends a mail to whom; addresses without names and brackets.
    package struct Mail: Sendable {
        package var from: String
        package var recipients: [String]
        /// Whether the connection must become a TLS one before anything is said (STARTTLS).
        package var startsTLS = true

        package init(from: String, recipients: [String]) {
            self.from = from
            self.recipients = recipients
        }
    }

    /// What is sent.
    package enum Body: Sendable {
        case bytes([UInt8])
        /// So many bytes of an open file from an offset; its position stays.
        case file(Descriptor, offset: Int64, length: Int64)
        /// Nobody knows yet how much.
        case pipe(BodyPipe)
    }

    /// Where the body of an answer with one of these statuses goes, piece by piece, instead of memory.
    package struct Sink: Sendable {
        package var take: @Sendable ([UInt8]) throws(SystemError) -> Void
        package var statuses: ClosedRange<Int>

        package init(
            statuses: ClosedRange<Int> = 200...299, _ take: @escaping @Sendable ([UInt8]) throws(SystemError) -> Void
        ) {
            self.take = take
            self.statuses = statuses
        }

        /// To a descriptor's position.
        package init(_ descriptor: Descriptor, statuses: ClosedRange<Int> = 200...299) {
            self.init(statuses: statuses) { (piece) throws(SystemError) in try descriptor.write(piece) }
        }
    }

    /// A header of a request or an answer.
    package struct Header: Sendable, Hashable {
        package var name: String
        package var value: [UInt8]

        package init(_ name: String, _ value: [UInt8]) {
            self.name = name
            self.value = value
        }

        package init(_ name: String, _ value: String) { self.init(name, Array(value.utf8)) }
    }

    /// A name's addresses, found and judged before: no other is asked.
    package struct Pin: Sendable, Hashable {
        package var host: String
        package var port: UInt16
        package var addresses: [IPAddress]

        package init(host: String, port: UInt16, addresses: [IPAddress]) {
            self.host = host
            self.port = port
            self.addresses = addresses
        }
    }

    /// Who logs in (HTTP basic, SMTP AUTH).
    package struct Login: Sendable {
        package var user: [UInt8]
        package var password: [UInt8]

        package init(user: [UInt8], password: [UInt8]) {
            self.user = user
            self.password = password
        }
    }

    package var kind: Kind
    package var url: TransferURL
    package var method = "GET"
    package var headers: [Header] = []
    /// Nil: none. Files are sent piece by piece.
    package var body: Body?
    package var sink: Sink?
    /// Told again and again how far it is, on the thread that makes the transfer.
    package var progress: (@Sendable (TransferProgress) -> Void)?
    /// The Unix socket to connect to, whatever the address's host.
    package var unixSocket: Path?
    /// Through which it goes.
    package var proxy: TransferURL?
    package var pins: [Pin] = []
    package var login: Login?
    /// A bundle of certificates that are trusted instead of the machine's own.
    package var trust: Path?
    /// Whether the server's certificate and name are verified.
    package var verifies = true
    /// Seconds until the connection (with TLS) stands.
    package var connectTimeout = 10.0
    /// Seconds for all of it.
    package var timeout = 30.0
    /// Seconds that it may go without a byte in either direction; nil: as long as `timeout`.
    package var stall: Double?
    /// The most bytes of an answer's body; more is a failure (`EFBIG`), never cut.
    package var most: Int64 = 16 << 20
    /// Whether a body that is larger is cut there instead: the status is what counts.
    package var cuts = false
    /// Whether it is given up; looked at about once a second.
    package var isCancelled: (@Sendable () -> Bool)?

    package init(_ url: TransferURL, kind: Kind = .http) {
        self.url = url
        self.kind = kind
    }
}

/// What came back.
package struct TransferResponse: Sendable {
    /// A certificate that a server showed.
    package struct Certificate: Sendable, Hashable {
        package var subject: String
        package var issuer: String
        /// Its end, in epoch seconds.
        package var notAfter: Double?
    }

    /// HTTP's or SMTP's status; 0 where no answer came.
    package var status = 0
    /// In the order of their arrival.
    package var headers: [TransferRequest.Header] = []
    package var body: [UInt8] = []
    /// The bytes of the body, wherever they went.
    package var bytes: Int64 = 0
    /// The SHA-256 of a body that was hashed and not kept, in hexadecimal.
    package var sha256: String?
    /// Seconds, from the start: until connected (with TLS), until the first byte, all.
    package var connectSeconds = 0.0
    package var firstByteSeconds = 0.0
    package var seconds = 0.0
    /// The address that was connected to; nil for a Unix socket.
    package var address: String?
    /// Of HTTP: 1 or 2.
    package var version = 1
    /// Of a handshake: the server's own certificate, and those that lead from it to an authority.
    package var certificates: [Certificate] = []
    /// Where a 3xx answer leads to.
    package var redirect: TransferURL?

    /// The first header of a name, whatever its case.
    package func header(_ name: String) -> [UInt8]? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }
}
