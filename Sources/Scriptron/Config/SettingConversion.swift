/// Brings values of settings into the form in which `run` gets them: seconds, bytes, absolute paths.
struct SettingConversion {
    /// What relative paths are relative to; absolute.
    let base: Path
    /// Whether the value is the script's own default: there a text names a secret.
    var isDefault = false

    /// The value as the script gets it. Fails with `place` and what was expected.
    func convert(_ value: Value, _ declaration: SettingDeclaration, at place: String) throws(Failure) -> Value {
        if value.secretName != nil, declaration.kind != .secret {
            throw Failure(
                code: "ECONFIG", "must be \(declaration.kind.expected), not \(Section.describe(value))", place: place,
                cure: "declare the setting as option.secret to give it a secret")
        }
        switch declaration.kind {
        case .string:
            if case .bytes = value { return value }
        case .number:
            if let number = value.double, number.isFinite { return value }
        case .boolean:
            if value.bool != nil { return value }
        case .duration:
            if let seconds = Quantity.seconds(value) { return Self.number(seconds) }
        case .size:
            if let bytes = Quantity.bytes(value) { return .int(bytes) }
        case .path:
            if let path = path(value) { return path }
        case .paths:
            if let paths = self.paths(value) { return paths }
        case .list:
            if let values = value.list { return .list(values) }
        case .map:
            if let values = value.map { return try convert(members: values, declaration, at: place) }
        case .table:
            if value.list != nil || value.map != nil { return value }
        case .oneOf:
            if declaration.choices.contains(value) { return value }
            let choices = declaration.choices.map(Section.describe).joined(separator: ", ")
            throw Failure(
                code: "ECONFIG", "must be one of \(choices), not \(Section.describe(value))", place: place)
        case .secret:
            if value.secretName != nil { return value }
            if isDefault, let name = value.text, Needs.isSecretName(name) { return .secret(name) }
        }
        throw Failure(
            code: "ECONFIG", "must be \(declaration.kind.expected), not \(Section.describe(value))", place: place)
    }

    /// The values of a map; those that the script declares by a default of their own keep its kind.
    private func convert(
        members: [String: Value], _ declaration: SettingDeclaration, at place: String
    ) throws(Failure) -> Value {
        var converted: [String: Value] = [:]
        for (key, value) in members where !value.isNull {
            if let member = declaration.members[key] {
                converted[key] = try convert(value, member, at: "\(place).\(key)")
            } else {
                converted[key] = value
            }
        }
        return .map(converted)
    }

    /// Whole seconds as a whole number, so that they print as one.
    private static func number(_ seconds: Double) -> Value {
        Int64(exactly: seconds).map { .int($0) } ?? .number(seconds)
    }

    private func path(_ value: Value) -> Value? {
        guard case .bytes(let bytes) = value, !bytes.isEmpty, !bytes.contains(0), bytes.count < 4096 else { return nil }
        return .bytes(base.appending(Path(bytes: bytes)).normalized.bytes)
    }

    private func paths(_ value: Value) -> Value? {
        if case .bytes = value { return path(value).map { .list([$0]) } }
        guard let values = value.list else { return nil }
        let paths = values.compactMap(path)
        return paths.count == values.count ? .list(paths) : nil
    }
}
