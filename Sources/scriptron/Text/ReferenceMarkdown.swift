import Scriptron

/// `docs/api.md`, made from the reference.
enum ReferenceMarkdown {
    private static let introduction = """
        # The host API

        Everything that a script can call. `scriptron api` shows the same in a terminal, `scriptron api fs.copy` one function, and `library/scriptron.lua` tells it to editors that speak lua-language-server. All of them are made from one source (`make reference`); every example is run by the tests. [Writing a job](writing-jobs.md) explains the rest of a script.

        Required arguments stand by position, those in brackets may be left out, and options come last in one table; an unknown option is an error. Whether something is there is answered with nil. All else that fails raises an error with `code` and `message`, which prints well and can be caught:

        ```lua
        local done, problem = pcall(fs.read, "missing.txt")
        if not done and problem.code == "ENOENT" then log.info("there is none yet") end
        ```

        Any function raises `EARGUMENT` for an argument of another type than it takes, `EGRANT` for what the job's needs do not allow (the message says what would), `EDEADLINE` when the attempt's time is over (what waits ends a twentieth of the timeout before, two seconds at most: in that time a script that catches it can still keep something with `state`, or fire an alert), and `EUNAVAILABLE` outside of `run`. Those are not repeated below.

        | type | what it is |
        | --- | --- |
        | `path` | text; a relative one starts at the folder of `scriptron.lua` |
        | `duration` | `"90s"`, `"5m"`, `"2h"`, `"7d"`, `"1h30m"`, or seconds |
        | `size` | `"64KiB"`, `"10MiB"`, `"2GiB"`, `"5MB"`, or bytes |
        | `mode` | text of octal digits, `"0640"` |
        | `owner` | `"user"`, `"user:group"`, `":group"`, a number, or `{ uid = …, gid = … }` |
        | `Pattern` | `*`, `?`, `[a-z]`, `{a,b}`, and `**` across directories |
        | `Kind` | `"file"`, `"directory"`, `"link"`, `"fifo"`, `"socket"`, `"block"`, `"character"` |
        | `Secret` | what a setting of `option.secret` holds: never its text |
        """

    static func document(_ reference: Reference) -> String {
        var lines = [introduction, ""]
        for module in reference.modules {
            lines.append("- [`\(module.name)`](#\(module.name)): \(ReferenceText.firstSentence(module.text))")
        }
        for module in reference.modules {
            lines += ["", "## \(module.name)", "", module.text]
            for function in module.functions { lines += [""] + section(function) }
            for record in module.records { lines += [""] + section(record) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func section(_ function: Reference.Function) -> [String] {
        var lines = ["### \(function.name)", "", "`\(function.signature)`", "", function.text, ""]
        lines += function.parameters.map { row($0, kind: "") }
        lines += function.options.map { row($0, kind: "option ") }
        lines += function.results.map { "- returns `\($0.type)`: \($0.text)" }
        lines += function.problems.map { "- raises `\($0.code)`: \($0.text)" }
        lines += function.needs.map { "- needs `\($0.code)`: \($0.text)" }
        return lines + ["", "```lua", function.example, "```"]
    }

    private static func section(_ record: Reference.Record) -> [String] {
        ["### \(record.name)", "", record.text, ""] + record.fields.map { row($0, kind: "") }
    }

    private static func row(_ item: Reference.Item, kind: String) -> String {
        let fallback = item.fallback.map { " = `\($0)`" } ?? (item.isRequired ? "" : ", may be left out")
        return "- \(kind)`\(item.name)` (`\(item.type)`\(fallback)): \(item.text)"
    }
}
