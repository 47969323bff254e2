/// The marker of a secret, `secret "X"`: a value that names the secret and never holds it.
extension Value {
    private static let secretKey = "$secret"

    /// The marker of the secret `name`.
    package static func secret(_ name: String) -> Value { .map([secretKey: .text(name)]) }

    /// The name of the secret, where this is a marker.
    package var secretName: String? {
        guard case .map(let values) = self, values.count == 1 else { return nil }
        return values[Self.secretKey]?.text
    }

    /// The value as people may see it: each marker is the text `secret:X`.
    package var displayed: Value {
        if let secretName { return .text("secret:" + secretName) }
        switch self {
        case .list(let values): return .list(values.map(\.displayed))
        case .map(let values): return .map(values.mapValues(\.displayed))
        default: return self
        }
    }
}
