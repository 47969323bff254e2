import CZlib
import CZstd

/// The content of a compressed stream, piece by piece. What ends too early, or does not fit its own checksums, is a
/// failure; several streams one behind the other are one.
final class Decompressor {
    private enum Stream {
        case zstd(OpaquePointer)
        // On the heap: zlib keeps the address of what it was given first.
        case gzip(UnsafeMutablePointer<z_stream>)
        case plain
    }

    private let source: (Int) throws -> [UInt8]
    private let allowsPlain: Bool
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private var stream: Stream?
    private var input: [UInt8] = []
    private var position = 0
    /// Whether a stream began and did not end.
    private var isOpen = false
    /// Whether the last piece filled the buffer: then there may be more without more input.
    private var mayHaveMore = false

    /// - Parameters:
    ///   - allowsPlain: Whether what is not compressed is passed on as it is, or a failure.
    ///   - source: The next bytes, at most so many; none at the end.
    init(allowsPlain: Bool = false, _ source: @escaping (Int) throws -> [UInt8]) {
        self.source = source
        self.allowsPlain = allowsPlain
    }

    deinit {
        switch stream {
        case .zstd(let context): ZSTD_freeDCtx(context)
        case .gzip(let state):
            inflateEnd(state)
            state.deallocate()
        case .plain, nil: break
        }
        buffer.deallocate()
    }

    /// The next bytes; none at the end.
    func next() throws -> [UInt8] {
        while true {
            if position == input.count, !mayHaveMore {
                input = try source(256 << 10)
                position = 0
                if input.isEmpty {
                    if stream == nil, !allowsPlain { throw Self.damaged("it is empty") }
                    if isOpen { throw Self.damaged("it ends too early") }
                    return []
                }
            }
            if stream == nil { stream = try begin() }
            let piece: [UInt8]
            switch stream {
            case .zstd(let context): piece = try zstd(context)
            case .gzip(let state): piece = try gzip(state)
            case .plain, nil:
                defer { position = input.count }
                return position == 0 ? input : Array(input[position...])
            }
            if !piece.isEmpty { return piece }
        }
    }

    static func damaged(_ why: String) -> Failure { Failure(code: "EDAMAGED", why) }

    private func begin() throws(Failure) -> Stream {
        switch CompressionFormat(beginningWith: input) {
        case .zstd:
            guard let context = ZSTD_createDCtx() else { throw Failure(code: "ENOMEM", "no memory to decompress in") }
            return .zstd(context)
        case .gzip:
            let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            state.initialize(to: z_stream())
            if inflateInit2_(state, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) != Z_OK {
                state.deallocate()
                throw Failure(code: "ENOMEM", "no memory to decompress in")
            }
            return .gzip(state)
        case nil:
            guard allowsPlain else { throw Self.damaged("it is neither zstd nor gzip") }
            return .plain
        }
    }

    private func zstd(_ context: OpaquePointer) throws(Failure) -> [UInt8] {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        let (left, used) = input.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
            return (ZSTD_decompressStream(context, &output, &input), input.pos)
        }
        if ZSTD_isError(left) != 0 { throw Self.damaged("zstd: " + String(cString: ZSTD_getErrorName(left))) }
        position = used
        isOpen = left != 0
        mayHaveMore = isOpen && output.pos == buffer.count
        return Array(buffer[..<output.pos])
    }

    private func gzip(_ state: UnsafeMutablePointer<z_stream>) throws(Failure) -> [UInt8] {
        if !isOpen { inflateReset(state) }
        isOpen = true
        let code = input.withUnsafeBytes { source in
            let rest = UnsafeRawBufferPointer(rebasing: source[position...])
            // zlib reads what is behind `next_in` and never writes it.
            state.pointee.next_in = UnsafeMutablePointer(mutating: rest.bindMemory(to: UInt8.self).baseAddress)
            state.pointee.avail_in = UInt32(rest.count)
            state.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
            state.pointee.avail_out = UInt32(buffer.count)
            return inflate(state, Z_NO_FLUSH)
        }
        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
            throw Self.damaged("gzip: " + (state.pointee.msg.map { String(cString: $0) } ?? "it cannot be read on"))
        }
        position = input.count - Int(state.pointee.avail_in)
        isOpen = code != Z_STREAM_END
        mayHaveMore = isOpen && state.pointee.avail_out == 0
        return Array(buffer[..<(buffer.count - Int(state.pointee.avail_out))])
    }
}
