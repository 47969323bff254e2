/// The settings of a job with their values: the script's defaults, the configuration's, and `--set`, in this order.
package struct Settings: Sendable, Hashable {
    /// As `run` gets them: a map of seconds, bytes, absolute paths and so on.
    package var values: Value
    /// The required settings without a value: with any, the job is unconfigured.
    package var missing: [String]

    /// The values that one source gives.
    package struct Layer: Sendable {
        package var values: [String: Value]
        package var file: SourceFile
        /// The keys that lead to them: `jobs`, `backup`, `settings`.
        package var path: [String]

        package init(_ values: [String: Value], file: SourceFile, path: [String]) {
            self.values = values
            self.file = file
            self.path = path
        }
    }

    /// Settings that were resolved before.
    package init(values: Value, missing: [String]) {
        self.values = values
        self.missing = missing
    }

    /// Resolves the settings. Maps merge, all else replaces. `base` (absolute) is what relative paths are relative to.
    /// Fails (code `ECONFIG`) for an unknown setting, with the nearest right name, and for a value of a wrong type.
    package init(
        _ declarations: SettingDeclarations, layers: [Layer] = [], sets: [SetArgument] = [], base: Path
    ) throws(Failure) {
        var values: [String: Value] = [:]
        for (name, declaration) in declarations.settings {
            guard let value = declaration.defaultValue else { continue }
            values[name] = try SettingConversion(base: base, isDefault: true)
                .convert(value, declaration, at: declarations.file.place(["settings", name]))
        }
        let conversion = SettingConversion(base: base)
        for layer in layers {
            for (name, value) in layer.values.sorted(by: { $0.key < $1.key }) where !value.isNull {
                let place = layer.file.place(layer.path + [name])
                guard let declaration = declarations.settings[name] else {
                    throw Self.unknown(name, declarations.settings.keys, at: place)
                }
                let converted = try conversion.convert(value, declaration, at: place)
                values[name] = Self.merge(values[name], converted)
            }
        }
        for (name, value) in try SetArgument.combined(sets, declarations) {
            guard let declaration = declarations.settings[name] else { continue }
            let converted = try conversion.convert(value, declaration, at: "--set \(name)")
            values[name] = Self.merge(values[name], converted)
        }
        self.values = .map(values)
        missing = Self.missing(declarations.settings, values).sorted()
    }

    /// The failure for a name that is not declared.
    static func unknown(_ name: String, _ known: some Sequence<String>, at place: String) -> Failure {
        let known = Array(known).sorted()
        let nearest = Nearest.names(to: name, among: known, limit: 1).first
        let list = known.isEmpty ? "the job has no settings" : "it has " + known.joined(separator: ", ")
        return Failure(
            code: "ECONFIG", "unknown setting", place: place, cure: nearest.map { "did you mean \($0)?" } ?? list)
    }

    private static func merge(_ old: Value?, _ new: Value) -> Value {
        guard case .map(let before)? = old, case .map(let after) = new, old?.secretName == nil, new.secretName == nil
        else { return new }
        return .map(before.merging(after) { merge($0, $1) })
    }

    private static func missing(_ declarations: [String: SettingDeclaration], _ values: [String: Value]) -> [String] {
        declarations.flatMap { name, declaration in
            let value = values[name]
            if declaration.required, value == nil { return [name] }
            return missing(declaration.members, value?.map ?? [:]).map { "\(name).\($0)" }
        }
    }
}
