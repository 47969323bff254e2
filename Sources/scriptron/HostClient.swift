import CCurl
import Scriptron

/// Talks to the host: HTTP over its Unix socket, one request at a time, on the calling thread.
struct HostClient {
    /// The socket's path.
    let socket: Path
    /// Seconds for a whole answer, beyond what the request itself asks to wait.
    var patience = 30.0

    /// A value by GET. Throws the host's own failure, or one with the code ENOHOST where it cannot be reached.
    func get(_ path: String, _ query: [(String, String?)] = [], wait: Double = 0) throws(Failure) -> Value {
        try request(path, query + [("wait", wait > 0 ? "\(wait)" : nil)], post: nil, wait: wait)
    }

    /// A value by POST of another.
    func post(_ path: String, _ body: Value) throws(Failure) -> Value {
        try request(path, [], post: try JSON.encode(body), wait: 0)
    }

    private func request(
        _ path: String, _ query: [(String, String?)], post body: [UInt8]?, wait: Double
    ) throws(Failure) -> Value {
        guard let handle = scriptron_curl_open() else {
            throw Failure(code: "EHTTP", "libcurl does not start", cure: "install libcurl4")
        }
        defer { scriptron_curl_close(handle) }
        let address: UnixAddress
        do {
            address = try UnixAddress(socket)
        } catch {
            throw unreachable(error.description)
        }
        let arguments = query.compactMap { name, value in value.map { name + "=" + Self.escaped($0) } }
        let url = "http://scriptron" + path + (arguments.isEmpty ? "" : "?" + arguments.joined(separator: "&"))

        let answer = Answer()
        _ = scriptron_curl_set_text(
            handle, CURLOPT_UNIX_SOCKET_PATH, String(decoding: address.name.bytes, as: UTF8.self))
        _ = scriptron_curl_set_text(handle, CURLOPT_URL, url)
        // A proxy of the environment is for the network, not for this socket.
        _ = scriptron_curl_set_text(handle, CURLOPT_PROXY, "")
        _ = scriptron_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        _ = scriptron_curl_set_long(handle, CURLOPT_TIMEOUT_MS, Int((patience + wait) * 1000))
        // `answer` outlives the transfer, the only caller of the function.
        _ = scriptron_curl_set_write(
            handle, { collect($0, $1, $2, $3) }, Unmanaged.passUnretained(answer).toOpaque())

        let result =
            if let body {
                body.withUnsafeBytes { bytes in
                    _ = scriptron_curl_set_long(handle, CURLOPT_POST, 1)
                    _ = scriptron_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, bytes.count)
                    // curl reads the bytes and does not write to them; its C type lacks the const.
                    _ = scriptron_curl_set_pointer(
                        handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                    return scriptron_curl_perform(handle)
                }
            } else {
                scriptron_curl_perform(handle)
            }
        guard result == CURLE_OK else {
            throw unreachable(String(cString: scriptron_curl_error(result)))
        }
        var status = 0
        _ = scriptron_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        let value = try JSON.decode(answer.bytes)
        if status < 400 { return value }
        throw Self.failure(in: value, status: status)
    }

    private func unreachable(_ why: String) -> Failure {
        Failure(
            code: ControlCode.noHost, "no host answers at \(socket.text) (\(why))",
            cure: "start one with scriptron serve, or name its socket with --socket")
    }

    private static func failure(in value: Value, status: Int) -> Failure {
        guard let error = value["error"], let code = error["code"]?.text, let message = error["message"]?.text else {
            return Failure(code: "EHTTP", "the host answered with status \(status) and nothing readable")
        }
        return Failure(code: code, message, place: error["place"]?.text, cure: error["cure"]?.text)
    }

    /// Percent-encoded for the query of an address (RFC 3986): all but the unreserved characters.
    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default:
                (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

/// The bytes of an answer, as curl hands them over.
private final class Answer {
    static let most = 256 << 20
    var bytes: [UInt8] = []
}

/// CURLOPT_WRITEFUNCTION: takes a piece of the answer; a smaller number than was given ends the transfer.
private func collect(
    _ piece: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let piece, let context else { return 0 }
    let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
    let length = size * count
    if answer.bytes.count + length > Answer.most { return 0 }
    answer.bytes += UnsafeRawBufferPointer(start: piece, count: length)
    return length
}
