import CCurl

/// One handle of libcurl: it keeps connections and certificates from one transfer to the next. One thread at a time.
final class CurlHandle {
    private let handle: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private var failed: CURLcode?
    // curl writes the words of an error here; it lives as long as the handle.
    private let words = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// Fails where libcurl is not there.
    init() throws(Failure) {
        guard let handle = scriptron_curl_open() else {
            words.deallocate()
            throw Failure(code: "ECURL", "libcurl does not start", cure: "install libcurl4")
        }
        self.handle = handle
    }

    deinit {
        scriptron_curl_close(handle)
        freeLists()
        words.deallocate()
    }

    /// Forgets all options; connections, sessions and pinned names stay.
    func reset() {
        scriptron_curl_reset(handle)
        freeLists()
        failed = nil
    }

    private func freeLists() {
        for list in lists { scriptron_curl_free_list(list) }
        lists = []
    }

    // Options. What the library refuses `perform` tells.

    func set(_ option: CURLoption, _ text: String?) { note(scriptron_curl_set_text(handle, option, text)) }

    /// A text of any bytes but NUL.
    func set(_ option: CURLoption, bytes: [UInt8]) {
        note(
            (bytes.map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer {
                scriptron_curl_set_text(handle, option, $0.baseAddress)
            })
    }

    func set(_ option: CURLoption, _ number: Int) { note(scriptron_curl_set_long(handle, option, number)) }

    func set(_ option: CURLoption, size: Int64) {
        note(scriptron_curl_set_offset(handle, option, curl_off_t(size)))
    }

    func set(_ option: CURLoption, _ texts: [[UInt8]]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for text in texts {
            let longer = (text.map(CChar.init(bitPattern:)) + [0]).withUnsafeBufferPointer {
                scriptron_curl_append(list, $0.baseAddress)
            }
            guard let longer else {
                failed = CURLE_OUT_OF_MEMORY
                break
            }
            list = longer
        }
        guard let list else { return }
        lists.append(list)
        note(scriptron_curl_set_list(handle, option, list))
    }

    private func note(_ code: CURLcode) { if code != CURLE_OK, failed == nil { failed = code } }

    // The transfer.

    /// Does it, with `traffic` on both ends of the wire.
    func perform(_ traffic: TransferTraffic) -> CURLcode {
        words.initialize(repeating: 0)
        note(scriptron_curl_set_error_text(handle, words.baseAddress))
        // `traffic` outlives the call, which alone makes these calls.
        note(
            scriptron_curl_set_functions(
                handle, { heard($3)?.header($0, $1 * $2) ?? 0 }, { heard($3)?.take($0, $1 * $2) ?? 0 },
                { heard($3)?.give($0, $1 * $2) ?? Int(CURL_READFUNC_ABORT) },
                { heard($0)?.seek(Int64($1), origin: $2) ?? CURL_SEEKFUNC_FAIL },
                { context, receiving, _, sending, _ in
                    heard(context)?.progress(receiving: Int64(receiving), sending: Int64(sending)) ?? 1
                },
                Unmanaged.passUnretained(traffic).toOpaque()))
        traffic.status = { [unowned self] in number(CURLINFO_RESPONSE_CODE) }
        defer { traffic.status = { 0 } }
        if let failed { return failed }
        return scriptron_curl_perform(handle)
    }

    /// What is known of the last transfer.
    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return scriptron_curl_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// A time of the last transfer, in seconds from its start.
    func seconds(_ info: CURLINFO) -> Double {
        var value: curl_off_t = 0
        return scriptron_curl_get_offset(handle, info, &value) == CURLE_OK ? Double(value) / 1e6 : 0
    }

    func text(_ info: CURLINFO) -> String? { scriptron_curl_get_text(handle, info).map { String(cString: $0) } }

    /// The certificates that the server showed in the last transfer, its own first.
    var certificates: [TransferResponse.Certificate] {
        (0..<scriptron_curl_certificates(handle)).compactMap { number in
            func line(_ name: String) -> String? {
                scriptron_curl_certificate(handle, number, name).map { String(cString: $0) }
            }
            guard let subject = line("Subject") else { return nil }
            let end = line("Expire date").map { scriptron_curl_date($0) }
            return TransferResponse.Certificate(
                subject: subject, issuer: line("Issuer") ?? "", notAfter: end.flatMap { $0 < 0 ? nil : Double($0) })
        }
    }

    /// The words for an error of the last transfer: curl's own for the case, or else those for the code.
    func words(for code: CURLcode) -> String {
        let own = String(decoding: words.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return own.isEmpty ? String(cString: scriptron_curl_error(code)) : own
    }
}

/// The traffic that a callback's context is.
private func heard(_ context: UnsafeMutableRawPointer?) -> TransferTraffic? {
    context.map { Unmanaged<TransferTraffic>.fromOpaque($0).takeUnretainedValue() }
}
