/// The settings of a job as people ask for them: each with its default, its value, and who gave that.
enum SettingRows {
    /// A row a setting, by name: `name type value default required about source place`; `source` is `config` or
    /// `default`, `place` the file and line of the configuration.
    static func rows(_ declarations: SettingDeclarations, _ words: JobConfiguration, base: Path) -> [Value] {
        // A setting that has no value yet keeps none of the others from being shown.
        let values = try? Settings(declarations, layers: [words.layer], base: base).values
        let defaults = try? Settings(declarations, base: base).values
        return declarations.settings.sorted { $0.key < $1.key }.map { name, declaration in
            let isGiven = words.settings[name] != nil
            let place = words.layer.file.place(words.layer.path + [name])
            return [
                "name": .text(name), "type": .text(declaration.kind.rawValue),
                "value": values?[name] ?? .null, "default": defaults?[name] ?? .null,
                "required": .bool(declaration.required), "about": declaration.about.map { .text($0) } ?? .null,
                "source": isGiven ? "config" : "default", "place": isGiven ? .text(place) : .null,
            ]
        }
    }
}
