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
            },
            HostFunction("tls") { arguments in [try lookAtTLS(arguments, context)] },
            HostFunction("dns") { arguments in
                let name = try arguments.text(0, "name")
                var options = try arguments.options(1)
                let timeout = try options.duration("timeout") ?? 5
                try options.finish(known: ["timeout"])
                return [try lookUp(name, timeout: timeout, try context.current("net.dns"))]
            },
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
        return told(
            ["reachable": true, "seconds": .number(seconds), "addresses": .texts(addresses)], session)
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

private func lookUp(_ name: String, timeout: Double, _ session: APIContext.Session) throws(Failure) -> Value {
    let started = Monotonic.now
    guard session.grant.allowsConnect(host: name) else {
        let need = name + ":443"
        let failure = session.resolver.refusal("net.dns may not look up \(name)", "connect", need) {
            $0.allowsConnect(need)
        }
        session.effects.post(.refusal(failure.description))
        throw failure
    }
    do throws(Failure) {
        let found = try session.effects.request(.resolve, ["host": .text(name), "timeout": .number(timeout)])
        let addresses = found.list ?? []
        let look: [String: Value] = [
            "found": .bool(!addresses.isEmpty), "addresses": .list(addresses),
            "seconds": .number(Monotonic.now - started),
        ]
        return told(look, session)
    } catch {
        if error.code == "EGRANT" || error.code == "EDEADLINE" { throw error }
        return ["found": false, "addresses": [], "error": .text(error.message), "code": .text(error.code)]
    }
}

/// A look as the script gets it, with a word where it was made up.
private func told(_ look: [String: Value], _ session: APIContext.Session) -> Value {
    .map(session.effects.asksNetwork ? look : look.merging(["assumed": true]) { $1 })
}

/// What a TLS server shows of itself. One whose certificate is not trusted is asked once more without judging it, for
/// the certificate's end.
private func lookAtTLS(_ arguments: Arguments, _ context: APIContext) throws(Failure) -> Value {
    let host = try arguments.text(0, "host")
    let number = arguments[1].isNull ? 443 : try arguments.integer(1, "port")
    guard let port = UInt16(exactly: number), port > 0 else { throw arguments.mismatch(1, "port", "from 1 to 65535") }
    var options = try arguments.options(2)
    let session = try context.current("net.tls")
    let server = (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    var call = WebCall(try context.address("https://\(server)/", "net.tls"), call: "net.tls")
    call.isHandshake = true
    call.timeout = try options.duration("timeout") ?? 10
    if let ca = options.take("ca") {
        guard case .bytes(let path) = ca else { throw options.mismatch("ca", "a path", ca) }
        call.trust = try context.check(path, .read, call: "net.tls")
    }
    try options.finish(known: ["timeout", "ca"])
    guard session.grant.allowsConnect(host: call.url.host, port: port) else {
        let failure = session.resolver.refusal("net.tls may not connect to \(server)", "connect", server) {
            $0.allowsConnect(server)
        }
        session.effects.post(.refusal(failure.description))
        throw failure
    }
    session.uses?.tell(.connect(call.url.need))
    var why: String?
    while true {
        do throws(Failure) {
            guard case .answered(let response) = try session.effects.ask(call) else {
                return ["reachable": true, "verified": true, "assumed": true]
            }
            var result: [String: Value] = [
                "reachable": true, "verified": .bool(why == nil), "seconds": .number(response.connectSeconds),
            ]
            result["error"] = why.map { .text($0) }
            let now = session.effects.now().epoch
            let chain = response.certificates.map { certificateValue($0, now) }
            if let own = chain.first { result.merge(own) { known, _ in known } }
            result["chain"] = .list(chain.map { .map($0) })
            result["chain_days_left"] = chain.compactMap { $0["days_left"]?.double }.min().map { .number($0) }
            return .map(result)
        } catch {
            if error.code == "EGRANT" || error.code == "EDEADLINE" { throw error }
            if error.code == "ETLS", call.verifies {
                why = error.message
                call.verifies = false
                continue
            }
            return [
                "reachable": .bool(why != nil), "verified": false, "error": .text(why ?? error.message),
                "code": .text(error.code),
            ]
        }
    }
}

/// A certificate as a script sees it.
private func certificateValue(_ certificate: TransferResponse.Certificate, _ now: Double) -> [String: Value] {
    var value: [String: Value] = ["subject": .text(certificate.subject), "issuer": .text(certificate.issuer)]
    if let end = certificate.notAfter {
        value["not_after"] = .number(end)
        value["days_left"] = .number((end - now) / 86400)
    }
    return value
}
