import Testing

@testable import Scriptron
@testable import scriptron

@Suite("Arguments of commands") struct CommandArgumentsTests {
    private static let syntax = CommandSyntax(
        name: "try", operands: "[THING]", operandCount: 0...1, summary: "Try things",
        options: [
            OptionSyntax("limit", letter: "n", value: "N", "how many"), OptionSyntax("set", value: "K=V", "a setting"),
            OptionSyntax("follow", letter: "f", "go on"), .json,
        ])

    private func parse(_ words: String...) throws -> CommandArguments {
        try CommandArguments(words, for: Self.syntax)
    }

    @Test(
        "An option's value stands behind it, behind = or at its letter",
        arguments: [
            ["--limit", "5"], ["--limit=5"], ["-n", "5"], ["-n5"], ["-n", "4", "--limit", "5"],
        ])
    func values(words: [String]) throws {
        let arguments = try CommandArguments(words, for: Self.syntax)
        #expect(try arguments.whole("limit", in: 1...10) == 5)
        #expect(arguments.operands.isEmpty)
    }

    @Test("Options may be repeated, and stand before and after operands") func mixed() throws {
        let arguments = try parse("--set", "a=1", "thing", "--set=b=2", "-f")
        #expect(arguments.values("set") == ["a=1", "b=2"])
        #expect(arguments.operands == ["thing"])
        #expect(arguments.has("follow"))
        #expect(!arguments.has("json"))
    }

    @Test("Behind -- everything is an operand, and a lone dash always is") func operands() throws {
        #expect(try parse("--", "--json").operands == ["--json"])
        #expect(try parse("-").operands == ["-"])
        #expect(try parse("--set", "--json").values("set") == ["--json"])
        #expect(try parse("--set=").values("set") == [""])
    }

    @Test(
        "What is wrong is named, with what is right",
        arguments: [
            (["--jsn"], "try has no option --jsn; did you mean --json"),
            (["--quite-another"], "try has no option --quite-another; scriptron try --help lists them"),
            (["-x"], "try has no option -x; scriptron try --help lists them"),
            (["--limit"], "--limit needs N; usage: scriptron try [OPTIONS] [THING]"),
            (["--json=yes"], "--json takes no value; usage: scriptron try [OPTIONS] [THING]"),
            (["a", "b"], "\"b\" is one too many; usage: scriptron try [OPTIONS] [THING]"),
        ])
    func errors(words: [String], message: String) throws {
        let failure = try #require(throws: Failure.self) { _ = try CommandArguments(words, for: Self.syntax) }
        #expect(failure.description == message)
        #expect(ExitCode(for: failure) == .usage)
    }

    @Test("A number outside its range is refused", arguments: ["0", "11", "ten", "1.5", ""])
    func numbers(text: String) throws {
        let arguments = try parse("--limit", text)
        let failure = try #require(throws: Failure.self) { _ = try arguments.whole("limit", in: 1...10) }
        #expect(failure.message == "--limit takes a whole number from 1 to 10, not \"\(text)\"")
    }

    @Test("Help is asked for with anything beside it") func help() throws {
        #expect(try parse("a", "b", "--help").wantsHelp)
        #expect(
            Self.syntax.help(width: 40).joined(separator: "\n") == """
                Usage: scriptron try [OPTIONS] [THING]

                Try things.

                Options:
                  -n, --limit N  how many
                  --set K=V      a setting
                  -f, --follow   go on
                  --json         print JSON lines
                                 instead of a table
                  -h, --help     explain the command
                """)
    }
}
