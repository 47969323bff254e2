import Scriptron

/// `.luacheckrc`, made from the reference: the globals that luacheck may see in scripts.
enum ReferenceLuacheck {
    static func document(_ reference: Reference) -> String {
        var members = HostAPI.baseTables
        for function in reference.functions where !function.isMethod && !function.member.isEmpty {
            members[function.owner, default: []].append(function.member)
        }
        // A parameter of `run`.
        members["this"] = nil
        var lines = [
            "-- What luacheck (Debian's lua-check) may see in scripts of Scriptron. Made by `make reference`.",
            "stds.scriptron = {", "  read_globals = {",
        ]
        let plain = reference.functions.filter(\.member.isEmpty).map(\.name)
        lines += Set(HostAPI.baseGlobals + plain).sorted().map { "    \"\($0)\"," }
        for (table, names) in members.sorted(by: { $0.key < $1.key }) {
            lines.append("    \(table) = { fields = {")
            var line = "     "
            for name in Set(names).sorted() {
                let word = " \"\(name)\","
                if line.count + word.count > 100 {
                    lines.append(line)
                    line = "     "
                }
                line += word
            }
            lines += [line, "    } },"]
        }
        lines += [
            "  },", "}", "std = \"scriptron\"", "max_line_length = false",
            "-- `run` gets `settings` and `this`, whether it wants them or not.", "unused_args = false",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
