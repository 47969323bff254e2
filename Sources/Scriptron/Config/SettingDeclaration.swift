/// The kinds of settings: the functions of `option`, and what plain values stand for.
package enum SettingKind: String, Sendable, Hashable, CaseIterable {
    case string
    case number
    case boolean
    case duration
    case size
    case path
    case paths
    case list
    case map
    case oneOf = "one_of"
    case secret
    /// A plain `{}`: a list or a map.
    case table

    /// What messages expect.
    var expected: String {
        switch self {
        case .string: "a text"
        case .number: "a number"
        case .boolean: "true or false"
        case .duration: "a duration such as \"90s\", \"5m\", \"7d\", or seconds"
        case .size: "a size such as \"64KiB\", \"10MiB\", or bytes"
        case .path: "a path"
        case .paths: "a list of paths"
        case .list: "a list"
        case .map: "a table of names and values"
        case .oneOf: "one of its choices"
        case .secret: "secret \"NAME\""
        case .table: "a list or a table"
        }
    }
}

/// A setting that a job declares.
package struct SettingDeclaration: Sendable, Hashable {
    package var kind: SettingKind
    /// As the script gives it; nil: none.
    package var defaultValue: Value?
    /// Without a value the job is listed as unconfigured.
    package var required = false
    package var about: String?
    /// Of `one_of`.
    package var choices: [Value] = []
    /// The settings inside a plain map; each is declared like one of its own.
    package var members: [String: SettingDeclaration] = [:]

    package init(_ kind: SettingKind, default defaultValue: Value? = nil) {
        self.kind = kind
        self.defaultValue = defaultValue
    }
}

/// The settings that a job declares, by their names.
package struct SettingDeclarations: Sendable, Hashable {
    package var settings: [String: SettingDeclaration] = [:]
    package var file: SourceFile

    private static let marker = "$option"
    private static let optionKeys = [marker, "default", "required", "about", "choices"]
    /// How many a job may have.
    private static let limit = 1000

    /// Decodes the header's `settings`; nil: none. Defaults are checked too, by resolving them.
    package init(_ section: Section?) throws(Failure) {
        file = section?.file ?? SourceFile("")
        guard let section else { return }
        settings = try Self.declarations(section, depth: 0)
        for (name, declaration) in settings {
            guard let value = declaration.defaultValue else { continue }
            let place = file.place(section.path + [name])
            _ = try SettingConversion(base: Path("/"), isDefault: true).convert(value, declaration, at: place)
        }
    }

    private static func declarations(_ section: Section, depth: Int) throws(Failure) -> [String: SettingDeclaration] {
        guard section.keys.count <= limit else { throw section.failure([], "more than \(limit) settings") }
        guard depth < 20 else { throw section.failure([], "settings nest deeper than 20 levels") }
        var section = section
        var declarations: [String: SettingDeclaration] = [:]
        for name in section.keys {
            guard let value = section.take(name) else { continue }
            guard !name.isEmpty, !name.contains("."), !name.contains("="), !name.hasPrefix("$") else {
                throw section.failure([name], "no name for a setting", cure: "take letters, digits and _")
            }
            declarations[name] = try declaration(value, section, name, depth: depth)
        }
        return declarations
    }

    private static func declaration(
        _ value: Value, _ section: Section, _ name: String, depth: Int
    ) throws(Failure) -> SettingDeclaration {
        switch value {
        case .bool: return SettingDeclaration(.boolean, default: value)
        case .int, .number: return SettingDeclaration(.number, default: value)
        case .bytes: return SettingDeclaration(.string, default: value)
        case .list: return SettingDeclaration(.list, default: value)
        case .null, .handle: throw section.mismatch(name, "an option or a plain value", value)
        case .map(let values):
            if values.isEmpty { return SettingDeclaration(.table, default: value) }
            let inner = try Section(value, of: section.file, at: section.path + [name])
            if values[marker] != nil { return try option(inner) }
            var declaration = SettingDeclaration(.map)
            declaration.members = try declarations(inner, depth: depth + 1)
            let defaults = declaration.members.compactMapValues(\.defaultValue)
            declaration.defaultValue = .map(defaults)
            return declaration
        }
    }

    /// Decodes what a function of `option` made.
    private static func option(_ section: Section) throws(Failure) -> SettingDeclaration {
        var section = section
        guard let kind = try section.text(marker).flatMap(SettingKind.init), kind != .table else {
            throw section.failure(
                [], "no known option",
                cure: "it can be "
                    + SettingKind.allCases.dropLast().map { "option.\($0.rawValue)" }.joined(separator: ", "))
        }
        var declaration = SettingDeclaration(kind, default: section.take("default"))
        declaration.required = try section.bool("required") ?? false
        declaration.about = try section.text("about")
        if let choices = section.take("choices") {
            guard kind == .oneOf, let list = choices.list else { throw section.mismatch("choices", "a list", choices) }
            for choice in list {
                switch choice {
                case .bytes, .int, .number, .bool: continue
                default: throw section.mismatch("choices", "a list of texts, numbers or booleans", choice)
                }
            }
            declaration.choices = list
        }
        try section.finish(known: optionKeys)
        guard kind != .oneOf || !declaration.choices.isEmpty else {
            throw section.failure([], "has no choices", cure: "write option.one_of { \"a\", \"b\", default = \"a\" }")
        }
        return declaration
    }
}
