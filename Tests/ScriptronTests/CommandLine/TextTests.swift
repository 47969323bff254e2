import Testing

@testable import Scriptron
@testable import scriptron

@Suite("Text for people") struct TextTests {
    @Test("A table is as wide as its content, and cuts flexible columns when that is too wide") func tables() {
        var table = TextTable([.init("N", right: true), .init("NAME", flexible: true), .init("STATE")])
        table.add(["1", "short", "good"])
        table.add(["100", "a rather long name", "bad"])
        let style = TextStyle(width: 80)
        #expect(
            table.lines(style) == [
                "  N  NAME                STATE", "  1  short               good", "100  a rather long name  bad",
            ])
        let narrow = table.lines(TextStyle(width: 24))
        #expect(narrow == ["  N  NAME          STATE", "  1  short         good", "100  a rather lo…  bad"])
    }

    @Test("Colour is painted only where it is wanted, and does not count as width") func colour() {
        var table = TextTable([.init("A"), .init("B")])
        table.add([.init("x", .red), .init("y", .green)])
        #expect(table.lines(TextStyle(colour: false)) == ["A  B", "x  y"])
        #expect(
            table.lines(TextStyle(colour: true))
                == ["\u{1B}[2mA\u{1B}[0m  \u{1B}[2mB\u{1B}[0m", "\u{1B}[31mx\u{1B}[0m  \u{1B}[32my\u{1B}[0m"])
    }

    @Test(
        "Text breaks at spaces, then behind slashes, then anywhere",
        arguments: [
            ("one two three", ["one two", "  three"]), ("", [""]), ("a\nb", ["a", "  b"]),
            ("/srv/data/deep", ["/srv/", "  data/", "  deep"]), ("abcdefghijkl", ["abcdefgh", "  ijkl"]),
            ("x /srv/data/deep", ["x", "  /srv/", "  data/", "  deep"]),
            ("xyz 2 KiB", ["xyz", "  2 KiB"]), ("ab is 9 B", ["ab is", "  9 B"]),
        ])
    func wrapping(text: String, lines: [String]) {
        #expect(TextStyle(width: 8).wrap(text, indent: 2) == lines)
    }

    @Test("Text of a script cannot move the cursor") func printable() {
        #expect("a\u{1B}[2Jb\r\u{7F}\u{9B}\tc\n".printable() == "a\\x1B[2Jb\\x0D\\x7F\\x9B    c\\x0A")
        #expect("a\nb".printable(lines: true) == "a\nb")
    }

    @Test(
        "Numbers have commas between thousands",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"),
            (Int64.min, "-9,223,372,036,854,775,808"),
        ])
    func numbers(number: Int64, text: String) { #expect(grouped(number) == text) }

    @Test(
        "Short times are told to the millisecond",
        arguments: [
            (0, "0 ms"), (0.004, "4 ms"), (0.0996, "100 ms"), (0.5, "0.5 s"), (190, "3 min 10 s"),
        ])
    func times(seconds: Double, text: String) { #expect(TimeText.short(seconds) == text) }

    @Test("Progress is a bar where the total is known, else a count") func progress() {
        #expect(
            Console.progressText(["total": 10, "label": "files"], done: 5, width: 80)
                == "[############............]  50 %  files")
        #expect(Console.progressText(["total": 10], done: 1e300, width: 80) == "[########################] 100 %  ")
        #expect(Console.progressText(["label": "files"], done: 1234, width: 80) == "1,234 files")
        #expect(Console.progressText([:], done: 1e300, width: 80) == "1e+300 ")
    }
}
