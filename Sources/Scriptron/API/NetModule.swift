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
    let until = Monotonic.now + timeout
    guard session.grant.allowsConnect(host: host, port: port) else {
        let server = "\(host):\(port)"
        let failure = session.resolver.refusal("net.tcp may not connect to \(server)", "connect", server) {
            $0.allowsConnect(server)
        }
        session.effects.post(.refusal(failure.description))
        throw failure
    }
    session.uses?.tell(.connect("\(host.lowercased()):\(port)"))
    do throws(Failure) {
        let answer = try session.effects.request(.resolve, ["host": .text(host), "timeout": .number(timeout)])
        let addresses = answer.list?.compactMap(\.text) ?? []
        if addresses.isEmpty { return ["reachable": false, "error": "the name has no address"] }
        let left = max(0, until - Monotonic.now)
        let seconds = try session.effects.connect(addresses: addresses, port: port, timeout: left)
        return ["reachable": true, "seconds": .number(seconds), "addresses": .texts(addresses)]
    } catch {
        // Not to be reached is an answer; not to be allowed, or out of time, is none.
        if error.code == "EACCES" {
            throw Failure(
                code: "EGRANT", "net.tcp: the host refused to connect to \(host):\(port)",
                cure: "the run's refusals say why (scriptron show RUN)")
        }
        if error.code == "EGRANT" || error.code == "EDEADLINE" { throw error }
        return ["reachable": false, "error": .text(error.message), "code": .text(error.code)]
    }
}
