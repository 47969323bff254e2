import Testing

@testable import Scriptron

/// `docs/attacks.md` and the tests that it names.
@Suite("The table of attacks") struct AttackDocumentTests {
    private static let root = Path(#filePath).parent.parent.parent.parent

    private static func text(_ path: Path) throws -> String {
        String(decoding: try Files.readSmall(path, max: 4 << 20), as: UTF8.self)
    }

    /// The names of the tests of this target, out of its sources: `@Test("name"` and ``func `name` ``.
    private static func testNames() throws -> Set<String> {
        var names: Set<String> = []
        let folder = root.appending("Tests/ScriptronTests")
        let walker = try TreeWalker(try Directory(folder), at: folder)
        while let step = walker.next() {
            guard case .entry(let path, let status, _) = step, status.kind == .file, path.text.hasSuffix(".swift")
            else {
                continue
            }
            let text = try text(path)
            for part in text.split(separator: "@Test(").dropFirst() {
                let rest = part.drop(while: \.isWhitespace)
                if rest.first == "\"" { names.insert(String(rest.dropFirst().prefix { $0 != "\"" })) }
            }
            for part in text.split(separator: "func `").dropFirst() { names.insert(String(part.prefix { $0 != "`" })) }
        }
        return names
    }

    /// The numbers at the end of a test's name: `(attack 7)`, `(attacks 1–3, 9)`.
    private static func numbers(of name: String) -> Set<Int> {
        guard name.last == ")", let open = name.lastIndex(of: "(") else { return [] }
        let words = name[name.index(after: open)...].dropLast()
        guard let blank = words.firstIndex(of: " "), ["attack", "attacks"].contains(words[..<blank]) else { return [] }
        var numbers: Set<Int> = []
        for part in words[blank...].split(separator: ",") {
            let ends = part.split(separator: "–").compactMap { Int($0.filter { $0 != " " }) }
            if let first = ends.first, let last = ends.last { numbers.formUnion(first...last) }
        }
        return numbers
    }

    /// The rows: the number, and the tests that it names.
    private static func rows() throws -> [(number: Int, tests: [String])] {
        try text(root.appending("docs/attacks.md")).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|")
            guard cells.count == 5, let number = Int(cells[0].filter { $0 != " " }) else { return nil }
            return (number, cells[4].split(separator: "`").filter { $0.contains("(attack") }.map(String.init))
        }
    }

    @Test("Numbers are read out of names") func reading() {
        #expect(Self.numbers(of: "x (attack 7)") == [7])
        #expect(Self.numbers(of: "x (attacks 1–3, 9)") == [1, 2, 3, 9])
        #expect(Self.numbers(of: "x (and more)").isEmpty && Self.numbers(of: "x").isEmpty)
    }

    @Test("Every number has one row") func complete() throws {
        #expect(try Self.rows().map(\.number) == Array(1...82))
    }

    @Test("Every row names tests that are there and have its number") func named() throws {
        let names = try Self.testNames()
        for row in try Self.rows() {
            #expect(!row.tests.isEmpty, "attack \(row.number) names no test")
            for test in row.tests {
                #expect(names.contains(test), "attack \(row.number): there is no test \"\(test)\"")
                #expect(Self.numbers(of: test).contains(row.number), "\(test)")
            }
        }
    }

    @Test("Every test with a number stands in the rows of its numbers") func listed() throws {
        let rows = try Self.rows()
        for name in try Self.testNames() where name.first != "x" {
            for number in Self.numbers(of: name) {
                #expect(
                    rows.contains { $0.number == number && $0.tests.contains(name) },
                    "docs/attacks.md has no row \(number) that names \"\(name)\"")
            }
        }
    }
}
