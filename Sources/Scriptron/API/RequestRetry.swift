/// How often a request is made again, and how long is waited before.
struct RequestRetry {
    /// How many tries may follow the first.
    var times = 0
    /// Seconds before the second try; each further wait may be twice as long.
    var delay = 1.0
    /// The most seconds of one wait: a server that asks for more is not asked again.
    var most = 60.0

    /// `retry = 3`, or `retry = { times = 3, delay = "1s", max_delay = "60s" }`.
    init(_ options: inout Options) throws(Failure) {
        guard let given = options.take("retry") else { return }
        let expected = "a whole number from 0 to 20, or { times = 3, delay = \"1s\", max_delay = \"60s\" }"
        var inner = Options(function: options.function, values: given.map ?? ["times": given])
        guard let times = inner.take("times")?.integer, (0...20).contains(times) else {
            throw options.mismatch("retry", expected, given)
        }
        self.times = Int(times)
        delay = try inner.duration("delay") ?? delay
        most = try inner.duration("max_delay") ?? most
        try inner.finish(known: ["times", "delay", "max_delay"])
    }

    /// Seconds to wait after this try (from 0), as long as the server asks (a number of seconds, or a date); nil: it
    /// is not made again.
    func pause(after attempt: Int, asked header: [UInt8]?, now: Timestamp) -> Double? {
        guard attempt < times else { return nil }
        if let header {
            let text = String(decoding: header, as: UTF8.self)
            if let seconds = Double(text) ?? TransferClient.date(text).map({ $0 - now.epoch }), seconds.isFinite {
                return seconds > most ? nil : max(0, seconds)
            }
        }
        var longest = delay
        for _ in 0..<attempt { longest = min(longest * 2, most) }
        return min(longest, most) * Double.random(in: 0.5...1)
    }
}
