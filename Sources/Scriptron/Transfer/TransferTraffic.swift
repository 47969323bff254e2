import CCurl

/// What goes over the wire in one transfer, as curl asks for it and hands it over.
///
/// A failure here ends the transfer, and is kept: it says more than curl's own error.
final class TransferTraffic {
    /// The most bytes of an answer's headers.
    private static let mostHeaders = 256 << 10
    /// The most of a body that goes to memory although it was to go to a file: an error's text.
    private static let mostErrorText: Int64 = 1 << 20

    private let body: TransferRequest.Body?
    private let sink: TransferRequest.Sink?
    private let most: Int64
    private let cuts: Bool
    private let isCancelled: (@Sendable () -> Bool)?
    private let tell: (@Sendable (TransferProgress) -> Void)?
    private var sent: Int64 = 0
    private var headerBytes = 0

    private(set) var headers: [TransferRequest.Header] = []
    private(set) var received: [UInt8] = []
    private(set) var bytes: Int64 = 0
    private(set) var failure: Failure?
    /// Whether the body was larger than `most`, and cut there: the transfer was ended for that.
    private(set) var isCut = false
    /// The status as it is known now.
    var status: () -> Int = { 0 }

    init(_ request: TransferRequest) {
        body = request.body
        sink = request.sink
        most = request.most
        cuts = request.cuts
        isCancelled = request.isCancelled
        tell = request.progress
    }

    // What comes.

    /// One line of the headers.
    func header(_ line: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let bytes = UnsafeRawBufferPointer(start: line, count: count)
        headerBytes += count
        if headerBytes > Self.mostHeaders {
            return fail(
                Failure(code: "EFBIG", "the answer's headers are larger than \(Self.mostHeaders >> 10) KiB"), 0)
        }
        // A status line: of an interim answer's headers nothing is kept.
        if bytes.starts(with: "HTTP/".utf8) {
            headers = []
            return count
        }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return count }
        let name = String(decoding: bytes[..<colon], as: UTF8.self)
        let blank: Set<UInt8> = [0x20, 0x09, 0x0D, 0x0A]
        let value = bytes[(colon + 1)...].drop { blank.contains($0) }
        let end = value.lastIndex { !blank.contains($0) }.map { $0 + 1 } ?? value.startIndex
        headers.append(TransferRequest.Header(name, Array(value[value.startIndex..<end])))
        return count
    }

    /// A piece of the body.
    func take(_ piece: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let data = UnsafeRawBufferPointer(start: piece, count: count)
        bytes += Int64(count)
        let toSink = sink.flatMap { $0.statuses.contains(status()) ? $0.take : nil }
        let most = sink != nil && toSink == nil ? min(most, Self.mostErrorText) : most
        if bytes > most {
            guard cuts, toSink == nil else { return fail(Self.tooLarge(most, isKept: sink == nil), 0) }
            received += data.prefix(max(0, Int(most) - received.count))
            isCut = true
            return 0
        }
        guard let toSink else {
            received += data
            return count
        }
        do throws(SystemError) {
            try toSink(Array(data))
            return count
        } catch {
            return fail(error.failure(), 0)
        }
    }

    /// - Parameter isKept: Whether it was to be held in memory.
    static func tooLarge(_ most: Int64, isKept: Bool) -> Failure {
        Failure(
            code: "EFBIG", "the answer is larger than \(Quantity.describe(bytes: most))",
            cure: isKept ? "raise max, or download it to a file" : "raise max")
    }

    // What goes.

    /// The next piece of the body that is sent; 0 at its end.
    func give(_ buffer: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        let buffer = UnsafeMutableRawBufferPointer(start: buffer, count: room)
        switch body {
        case nil: return 0
        case .bytes(let all):
            let piece = all[Int(sent)...].prefix(room)
            buffer.copyBytes(from: piece)
            sent += Int64(piece.count)
            return piece.count
        case .pipe(let pipe):
            do throws(SystemError) {
                let piece = try pipe.read(room) { isCancelled?() == true }
                buffer.copyBytes(from: piece)
                sent += Int64(piece.count)
                return piece.count
            } catch {
                return fail(
                    Failure(code: "ECANCELED", "what was to be sent came to no end"), Int(CURL_READFUNC_ABORT))
            }
        case .file(let descriptor, let offset, let length):
            let wanted = Int(min(Int64(room), length - sent))
            if wanted == 0 { return 0 }
            do throws(SystemError) {
                let piece = try descriptor.read(wanted, at: offset + sent)
                // Never padded: what was promised and is not there any more ends the transfer.
                if piece.isEmpty {
                    return fail(
                        Failure(code: "ESHRUNK", "the file became shorter while it was sent", cure: "send it again"),
                        Int(CURL_READFUNC_ABORT))
                }
                buffer.copyBytes(from: piece)
                sent += Int64(piece.count)
                return piece.count
            } catch {
                return fail(error.failure(), Int(CURL_READFUNC_ABORT))
            }
        }
    }

    /// Begins again from an offset: a connection that was kept turned out to be dead.
    func seek(_ offset: Int64, origin: Int32) -> Int32 {
        if case .pipe(let pipe) = body { return offset == 0 && !pipe.hasBegun ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL }
        guard origin == 0, offset >= 0, offset <= length else { return CURL_SEEKFUNC_FAIL }
        sent = offset
        return CURL_SEEKFUNC_OK
    }

    /// The bytes of the body that is sent; -1: not known, as curl writes it.
    var length: Int64 {
        switch body {
        case nil: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, _, let length): length
        case .pipe: -1
        }
    }

    /// Asked while it goes on, with what is to come and to go in all (0: not known); other than 0 ends it.
    func progress(receiving: Int64, sending: Int64) -> Int32 {
        tell?(
            TransferProgress(
                received: bytes, receivedTotal: receiving > 0 ? receiving : nil, sent: sent,
                sentTotal: sending > 0 ? sending : nil))
        guard isCancelled?() == true else { return 0 }
        return Int32(fail(Failure(code: "ECANCELED", "given up, for another call of parallel failed"), 1))
    }

    private func fail(_ failure: Failure, _ result: Int) -> Int {
        if self.failure == nil { self.failure = failure }
        return result
    }
}
