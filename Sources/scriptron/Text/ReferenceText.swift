import Scriptron

/// The reference of the host API for a person at a terminal.
enum ReferenceText {
    /// What there is: a line a module.
    static func overview(_ reference: Reference, _ style: TextStyle) -> [String] {
        let width = (reference.modules.map(\.name.count).max() ?? 0) + 2
        return reference.modules.flatMap { module in
            style.wrap("  " + module.name.padded(to: width) + firstSentence(module.text), indent: width + 2)
        } + ["", "scriptron api fs shows a module, scriptron api fs.copy a function."]
    }

    /// A module, or a kind of handle: what it is for, and a line or two a function.
    static func members(_ text: String, _ functions: [Reference.Function], _ style: TextStyle) -> [String] {
        var lines = style.wrap(text)
        for function in functions {
            lines.append("")
            lines += style.wrap(function.signature, indent: 4).map { style.paint($0, .bold) }
            lines += TextStyle(width: style.width - 2).wrap(firstSentence(function.text)).map { "  " + $0 }
        }
        return lines
    }

    /// Everything about a function.
    static func function(_ function: Reference.Function, _ style: TextStyle) -> [String] {
        var lines = style.wrap(function.signature, indent: 4).map { style.paint($0, .bold) } + [""]
        lines += style.wrap(function.text)
        func section(_ title: String, _ rows: [(String, String)]) {
            if rows.isEmpty { return }
            lines += ["", style.paint(title, .bold)]
            for (name, text) in rows {
                lines += TextStyle(width: style.width).wrap("  " + name, indent: 4)
                lines += TextStyle(width: style.width - 6).wrap(text).map { "      " + $0 }
            }
        }
        section("Arguments", function.parameters.map { (described($0), $0.text) })
        section("Options", function.options.map { (described($0), $0.text) })
        section("Returns", function.results.map { ($0.type, $0.text) })
        section("Errors", function.problems.map { ($0.code, $0.text) })
        section("Needs", function.needs.map { ($0.code, $0.text) })
        lines += ["", style.paint("Example", .bold)]
        lines += function.example.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
        return lines
    }

    /// A table of a known form.
    static func record(_ record: Reference.Record, _ style: TextStyle) -> [String] {
        var lines = style.wrap(record.name + ": " + record.text)
        for field in record.fields {
            lines += TextStyle(width: style.width).wrap("  " + described(field), indent: 4)
            lines += TextStyle(width: style.width - 6).wrap(field.text).map { "      " + $0 }
        }
        return lines
    }

    /// `max  size = "16MiB"`; what may be left out has a `?`.
    private static func described(_ item: Reference.Item) -> String {
        item.name + (item.isRequired || item.fallback != nil ? "" : "?") + "  " + item.type
            + (item.fallback.map { " = " + $0 } ?? "")
    }

    static func firstSentence(_ text: String) -> String {
        guard let end = text.firstRange(of: ". ") else { return String(text.prefix { $0 != "\n" }) }
        return String(text[..<end.lowerBound]) + "."
    }
}
