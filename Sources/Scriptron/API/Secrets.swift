/// Secrets in the arguments of the few functions that take them. A script holds markers; the text is asked of the host
/// when it is needed, goes where the call sends it, and never to Lua.
extension APIContext {
    /// Text, a secret, or a list of these joined: its bytes, and whether a secret is in it.
    func revealed(
        _ value: Value, _ call: String, _ what: String
    ) throws(Failure) -> (bytes: [UInt8], isSecret: Bool) {
        if let name = value.secretName { return (try secret(name, call), true) }
        switch value {
        case .bytes(let bytes): return (bytes, false)
        case .int(let number): return (Array(String(number).utf8), false)
        case .list(let values):
            var all: (bytes: [UInt8], isSecret: Bool) = ([], false)
            for value in values {
                if case .list = value { break }
                let piece = try revealed(value, call, what)
                all.bytes += piece.bytes
                all.isSecret = all.isSecret || piece.isSecret
            }
            return all
        default:
            throw Failure(
                code: "EARGUMENT", "\(call): \(what) must be text, a secret, or a list of these, not \(value.typeName)")
        }
    }

    /// A value with the texts of its secrets in their place.
    func revealed(in value: Value, _ call: String) throws(Failure) -> Value {
        if let name = value.secretName { return .bytes(try secret(name, call)) }
        switch value {
        case .list(let values):
            return .list(try values.map { (value) throws(Failure) in try revealed(in: value, call) })
        case .map(let values):
            var revealed: [String: Value] = [:]
            for (key, value) in values { revealed[key] = try self.revealed(in: value, call) }
            return .map(revealed)
        default: return value
        }
    }

    private func secret(_ name: String, _ call: String) throws(Failure) -> [UInt8] {
        let session = try current(call)
        guard session.grant.secrets.contains(name) else {
            let failure = session.resolver.refusal("\(call) may not use secret:\(name)", "secrets", name) {
                $0.secrets.contains { $0 == name || $0 == "*" }
            }
            session.effects.post(.refusal(failure.description))
            throw failure
        }
        guard case .bytes(let bytes) = try session.effects.request(.secret, ["name": .text(name)]) else {
            throw Failure(code: "ESECRET", "\(call): the host did not give secret:\(name)")
        }
        return bytes
    }
}
