import Synchronization
import Testing

@testable import Scriptron
@testable import scriptron

/// What docs/schedules.md says, done.
@Suite("The document of schedules") struct ScheduleDocumentTests {
    private let lines: [String]

    init() throws {
        let file = CronDifferential.root.appending("docs/schedules.md")
        lines = String(decoding: try Files.readSmall(file), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
    }

    /// The rows of the table below a heading row, without the marks of code.
    private func table(_ heading: String) throws -> [[String]] {
        let start = try #require(lines.firstIndex(of: heading))
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { cell in
                let text = cell.drop { $0 == " " }
                return String(text.reversed().drop { $0 == " " }.reversed()).replacing("`", with: "")
            }
        }
    }

    @Test("What is written in a field is read, and what stands for fields is the same") func grammar() throws {
        let everywhere = try table("| written | is |")
        #expect(everywhere.count == 9)
        for texts in everywhere {
            for text in texts[0].split(separator: ", ") where !text.contains("1,15") {
                #expect(throws: Never.self) { try JobSchedule(["\(text) * * * *"], zone: .utc) }
            }
        }
        let macros = lines.filter { $0.hasPrefix("| `@") && $0.hasSuffix("*` |") || $0.hasSuffix("0` |") }
        #expect(macros.count == 5)
        for line in macros {
            let cells = line.split(separator: "|").map { String($0.replacing("`", with: "")) }
            for macro in cells[0].split(separator: ",") {
                let name = String(macro.filter { $0 != " " })
                #expect(try Schedule(name) == Schedule(cells[1]), "\(name)")
            }
        }
    }

    @Test("Examples mean what they are said to mean") func examples() throws {
        let rows = try table("| schedule | fires |")
        #expect(rows.count >= 12)
        for row in rows { #expect(try Schedule(row[0]).words == row[1]) }
        let chosen = try table("| job | schedule | fires |")
        #expect(chosen.count == 4)
        for row in chosen { #expect(try Schedule(row[1], job: row[0]).words == row[2]) }
    }

    @Test("Fire times around changes are those") func changes() throws {
        let rows = try table("| zone | schedule | from | fire times |")
        #expect(rows.count == 10)
        for row in rows {
            let zone = try Zone(named: row[0])
            let times = row[3].split(separator: ", ").map(String.init)
            let from = try zone.instant(parsing: row[2])
            let found = try JobSchedule([row[1]], zone: zone).nextTimes(after: from, limit: times.count)
            #expect(found.map(zone.iso) == times, "\(row)")
        }
    }

    @Test("Commands print what is shown") func commands() throws {
        let start = try #require(lines.firstIndex { $0.hasPrefix("    $ scriptron next") })
        let shown = lines[(start + 1)...].prefix { $0.isEmpty || $0.hasPrefix("    ") }.map { String($0.dropFirst(4)) }
        let output = Mutex("")
        let console = Console(
            style: TextStyle(), isTerminal: false, output: { text in output.withLock { $0 += text } }, errors: { _ in })
        let context = CommandContext(
            console: console, local: ProgramTests.Alone(),
            finder: HostFinder(
                workingDirectory: "/", isRoot: false, variable: { _ in nil }, owner: { _ in nil }),
            time: TimeText(zone: .utc, now: try Zone.utc.instant(parsing: "2026-11-25T12:00")))
        var words: [String] = []
        for (index, part) in lines[start].dropFirst(16).split(separator: "\"").enumerated() {
            words += index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
        #expect(Program.run(words, context) == .done)
        let printed = output.withLock { $0 }.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(printed.dropLast() == shown.dropLast()[...], "\(output.withLock { $0 })")
    }

    @Test("All differences that are known are told") func differences() {
        for (peer, known) in CronDifferential.known {
            for name in known {
                #expect(lines.contains { $0.hasPrefix("| \(name):") }, "\(peer): \(name)")
            }
        }
    }
}
