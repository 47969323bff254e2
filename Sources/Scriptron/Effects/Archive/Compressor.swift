import CZlib
import CZstd

/// Compresses a stream piece by piece: zstd with several threads (facebook.github.io/zstd), or gzip (zlib.net).
final class Compressor {
    private enum Stream {
        case zstd(OpaquePointer)
        // On the heap: zlib keeps the address of what it was given first.
        case gzip(UnsafeMutablePointer<z_stream>)
    }

    private let stream: Stream
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// - Parameter threads: How many threads compress, beside the one that feeds; 0: none. For zstd alone.
    init(_ format: CompressionFormat, level: Int?, threads: Int) throws(Failure) {
        let level = Int32(level ?? format.usualLevel)
        switch format {
        case .zstd:
            guard let context = ZSTD_createCCtx() else { throw Self.noMemory }
            stream = .zstd(context)
            ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
            ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
            // A library that was built without threads refuses this, and does the work alone.
            ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, Int32(threads))
        case .gzip:
            let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            state.initialize(to: z_stream())
            stream = .gzip(state)
            // 16 and the window's 15 bits: gzip's header and end, with its checksum.
            let code = deflateInit2_(
                state, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size))
            if code != Z_OK { throw Self.noMemory }
        }
    }

    deinit {
        switch stream {
        case .zstd(let context): ZSTD_freeCCtx(context)
        case .gzip(let state):
            deflateEnd(state)
            state.deallocate()
        }
        buffer.deallocate()
    }

    /// Begins anew, with another content.
    func reset() {
        switch stream {
        case .zstd(let context): ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
        case .gzip(let state): deflateReset(state)
        }
    }

    private static let noMemory = Failure(code: "ENOMEM", "no memory to compress in")

    /// Takes the next bytes, the `last` or not, and gives what is ready to `sink`.
    func feed(_ bytes: [UInt8], last: Bool = false, _ sink: ([UInt8]) throws -> Void) throws {
        switch stream {
        case .zstd(let context): try zstd(context, bytes, last, sink)
        case .gzip(let state): try gzip(state, bytes, last, sink)
        }
    }

    private func zstd(
        _ context: OpaquePointer, _ bytes: [UInt8], _ last: Bool, _ sink: ([UInt8]) throws -> Void
    ) throws {
        try bytes.withUnsafeBytes { source in
            var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
            while true {
                var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
                let left = ZSTD_compressStream2(context, &output, &input, last ? ZSTD_e_end : ZSTD_e_continue)
                if ZSTD_isError(left) != 0 {
                    throw Failure(code: "ECOMPRESS", "zstd: " + String(cString: ZSTD_getErrorName(left)))
                }
                if output.pos > 0 { try sink(Array(buffer[..<output.pos])) }
                if last ? left == 0 : input.pos == input.size { return }
            }
        }
    }

    private func gzip(
        _ state: UnsafeMutablePointer<z_stream>, _ bytes: [UInt8], _ last: Bool, _ sink: ([UInt8]) throws -> Void
    ) throws {
        try bytes.withUnsafeBytes { source in
            // zlib reads what is behind `next_in` and never writes it.
            state.pointee.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
            state.pointee.avail_in = UInt32(source.count)
            while true {
                state.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
                state.pointee.avail_out = UInt32(buffer.count)
                let code = deflate(state, last ? Z_FINISH : Z_NO_FLUSH)
                if code == Z_STREAM_ERROR { throw Failure(code: "ECOMPRESS", "zlib could not go on") }
                let count = buffer.count - Int(state.pointee.avail_out)
                if count > 0 { try sink(Array(buffer[..<count])) }
                if last ? code == Z_STREAM_END : state.pointee.avail_out > 0 { return }
            }
        }
    }
}
