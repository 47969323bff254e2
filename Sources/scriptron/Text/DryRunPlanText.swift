import Scriptron

/// The plan of a dry run for people: its steps in order, where it is long in groups, and the totals.
enum DryRunPlanText {
    /// Up to so many steps are shown one by one.
    static let few = 40
    /// Of a group so many are shown at each of its ends.
    static let shown = 5

    /// So many lines of a difference are shown of each file.
    static let differenceLines = 12

    /// Steps that follow each other and are of one kind.
    private struct Group {
        var kind: String
        var range: Range<Int>
    }

    static func lines(_ report: Value, _ style: TextStyle, whole: Bool) -> [String] {
        let steps = report["plan"]?.list ?? []
        if steps.isEmpty { return [style.paint("Plan", .bold), "  nothing would be changed"] }
        let omitted = report["omitted"]?.integer ?? 0
        let width = String(steps.count).count
        func line(_ index: Int) -> [String] {
            let head = "  " + String(index + 1).padded(leadingTo: width) + ". "
            return style.wrap(head + step(steps[index]), indent: head.count + 2)
                + difference(steps[index], style, indent: head.count + 2, whole: whole)
        }
        var lines = [style.paint("Plan", .bold)]
        if whole || steps.count <= few {
            lines += steps.indices.flatMap(line)
        } else {
            for group in groups(steps) {
                // A group that is hardly longer than its ends is shown whole.
                guard group.range.count > 2 * shown + 2 else {
                    lines += group.range.flatMap(line)
                    continue
                }
                lines += style.wrap("  " + summary(steps[group.range]), indent: 4)
                lines += group.range.prefix(shown).flatMap(line)
                let hidden = Int64(group.range.count - 2 * shown)
                lines.append(String(repeating: " ", count: width + 4) + "\(grouped(hidden)) more (-v for all)")
                lines += group.range.suffix(shown).flatMap(line)
            }
        }
        if omitted > 0 {
            lines += style.wrap("  and \(counted(omitted, "step")) more, which the totals count", indent: 4)
        }
        return lines + totals(report, style)
    }

    /// What changes in a text, coloured, cut to the width.
    private static func difference(_ step: Value, _ style: TextStyle, indent: Int, whole: Bool) -> [String] {
        let all = (step["diff"]?.text ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        guard step["diff"] != nil else { return [] }
        let shown = whole || all.count <= differenceLines + 1 ? all[...] : all.prefix(differenceLines)
        let margin = String(repeating: " ", count: indent)
        var lines = shown.map { line in
            let ink: TextStyle.Ink? =
                line.hasPrefix("+") ? .green : line.hasPrefix("-") ? .red : line.hasPrefix("@@") ? .dim : nil
            return margin + style.paint(String(line).printable().cut(to: style.width - indent), ink)
        }
        let hidden = all.count - shown.count
        if hidden > 0 { lines.append(margin + "\(counted(Int64(hidden), "line")) more (-v for all)") }
        return lines
    }

    private static func groups(_ steps: [Value]) -> [Group] {
        var groups: [Group] = []
        for (index, step) in steps.enumerated() {
            let kind = kind(step)
            if groups.last?.kind == kind {
                groups[groups.count - 1].range = groups[groups.count - 1].range.lowerBound..<index + 1
            } else {
                groups.append(Group(kind: kind, range: index..<index + 1))
            }
        }
        return groups
    }

    /// What comes in turns belongs together: files and the directories that they leave empty, renames and successors.
    private static func kind(_ step: Value) -> String {
        switch step["effect"]?.text ?? "" {
        case "remove", "remove directory": "remove"
        case "rename", "create": "rename"
        case let effect: effect
        }
    }

    /// `remove 1,204 files, 3 directories under /srv/var/tmp, 3.1 GiB:`.
    private static func summary(_ steps: ArraySlice<Value>) -> String {
        var counts: [(effect: String, count: Int64)] = []
        var bytes: Int64 = 0
        var common: Path?
        for step in steps {
            let effect = step["effect"]?.text ?? "?"
            if let index = counts.firstIndex(where: { $0.effect == effect }) {
                counts[index].count += 1
            } else {
                counts.append((effect, 1))
            }
            bytes += step["bytes"]?.integer ?? 0
            if case .bytes(let name)? = step["path"] ?? step["from"] {
                let parent = Path(bytes: name).parent
                common = common.map { shared($0, parent) } ?? parent
            }
        }
        let things = counts.map { effect, count in
            effect == "remove directory" ? counted(count, "directory", "directories") : counted(count, "file")
        }
        // A request that fetches into a file is none.
        let isOfFiles = common != nil && !counts.contains { $0.effect == "request" || $0.effect == "sql" }
        // One verb for files and directories; otherwise each has its own.
        let isRemoval = counts.contains { $0.effect == "remove" || $0.effect == "remove directory" }
        var text: String
        if !isOfFiles {
            text = counts.map { "\($0.effect), \(counted($0.count, "time"))" }.joined(separator: "; ")
        } else if isRemoval {
            text = "remove " + things.joined(separator: " and ")
        } else {
            text = zip(counts, things).map { "\($0.effect) \($1)" }.joined(separator: ", ")
        }
        if isOfFiles, let common { text += " under " + common.text.printable() }
        if bytes > 0 { text += ", " + Quantity.describe(bytes: bytes) }
        return text + ":"
    }

    /// The directory that both are in.
    private static func shared(_ one: Path, _ other: Path) -> Path {
        var path = one
        while !other.isInside(path), path.parent != path { path = path.parent }
        return path
    }

    /// `remove /srv/a (1.5 KiB, assumed)`.
    static func step(_ step: Value) -> String {
        let map = step.map ?? [:]
        var text = ValueText.short(map["effect"] ?? "?")
        var rest = map
        rest["effect"] = nil
        rest["diff"] = nil
        // Whose it becomes, and with what mode, is told where that is what is changed.
        let making = ["write", "append", "create", "copy", "mkdir", "compress", "decompress", "archive"]
        if making.contains(map["effect"]?.text ?? "") {
            for key in ["mode", "uid", "gid", "preserve", "manifest"] { rest[key] = nil }
        }
        if let path = rest.removeValue(forKey: "path") { text += " " + ValueText.short(path) }
        if let from = rest.removeValue(forKey: "from"), let to = rest.removeValue(forKey: "to") {
            text += " " + ValueText.short(from) + " to " + ValueText.short(to)
        }
        if let argv = rest.removeValue(forKey: "argv")?.list {
            text += " " + argv.map { ValueText.short($0).shellQuoted }.joined(separator: " ")
        }
        if let stages = rest.removeValue(forKey: "stages")?.list {
            let commands = stages.map { stage in
                (stage.list ?? []).map { ValueText.short($0).shellQuoted }.joined(separator: " ")
            }
            text += " " + commands.joined(separator: " | ")
        }
        if let file = rest.removeValue(forKey: "stdout") { text += " > " + ValueText.short(file).shellQuoted }
        var remarks: [String] = []
        if let bytes = rest.removeValue(forKey: "bytes")?.integer { remarks.append(Quantity.describe(bytes: bytes)) }
        let isReal = rest.removeValue(forKey: "real")?.bool == true
        let isAssumed = rest.removeValue(forKey: "assumed")?.bool == true
        remarks += rest.keys.sorted().compactMap { key in
            guard let value = rest[key], !value.isNull, value != false, value.list?.isEmpty != true,
                value.map?.isEmpty != true
            else { return nil }
            return value == true ? key.printable() : "\(key.printable()) \(ValueText.short(value))"
        }
        if isAssumed { remarks.append("assumed") }
        if isReal { remarks.append("really done") }
        return text + (remarks.isEmpty ? "" : " (" + remarks.joined(separator: ", ") + ")")
    }

    /// `  in all: would remove 1,204 files, 3.1 GiB`, a line an effect.
    private static func totals(_ report: Value, _ style: TextStyle) -> [String] {
        let real = report["real"]?.integer ?? 0
        let asked =
            real == 0
            ? []
            : style.wrap(
                "  really done: \(counted(real, "call")) to the network, which only read (--network)", indent: 4)
        return asked
            + (report["totals"]?.list ?? []).flatMap { total -> [String] in
                guard let count = total["count"]?.integer else { return [] }
                var text = "  in all: would \(ValueText.short(total["effect"] ?? "?")) "
                text += counted(count, total["unit"]?.text ?? "thing", total["units"]?.text)
                if let bytes = total["bytes"]?.integer { text += ", \(Quantity.describe(bytes: bytes))" }
                return style.wrap(text, indent: 4)
            }
    }
}
