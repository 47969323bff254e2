/// `net`: whether servers can be reached.
package func netModule(_ context: APIContext) -> HostModule {
    HostModule(
        "net",
        functions: [
            HostFunction("tcp") { arguments in
                let host = try arguments.text(0, "host")
                let number = try arguments.integer(1, "port")
                guard let port = UInt16(exactly: number), port > 0 else {
                    throw arguments.mismatch(1, "port", "from 1 to 65535")
                }
                var options = try arguments.options(2)
                let timeout = try options.duration("timeout") ?? 5
                try options.finish(known: ["timeout"])
                return [try probe(host, port, timeout: timeout, try context.current("net.tcp"))]
            }
        ])
}

private func probe(
    _ host: String, _ port: UInt16, timeout: Double, _ session: APIContext.Session
) throws(Failure) -> Value {
    guard session.grant.allowsConnect(host: host, port: port) else {
        let failure = Failure(
            code: "EGRANT", "net.tcp: this job may not connect to \(host):\(port)",
            cure: "add connect = {\"\(host):\(port)\"} to its needs, within the ceiling's connect")
        session.effects.post(.refusal(failure.description))
        throw failure
    }
    do throws(Failure) {
        let answer = try session.effects.request(.resolve, ["host": .text(host)])
        let addresses = answer.list?.compactMap(\.text) ?? []
        if addresses.isEmpty { return ["reachable": false, "error": "the name has no address"] }
        let seconds = try session.effects.connect(addresses: addresses, port: port, timeout: timeout)
        return ["reachable": true, "seconds": .number(seconds), "addresses": .texts(addresses)]
    } catch {
        // Not to be reached is an answer; not to be allowed, or out of time, is none.
        if error.code == "EGRANT" || error.code == "EDEADLINE" { throw error }
        return ["reachable": false, "error": .text(error.message), "code": .text(error.code)]
    }
}
