/// A table for people: columns under headings, fitted to a width.
struct TextTable {
    /// A column's heading and behaviour.
    struct Column {
        let heading: String
        /// Numbers stand at the right.
        var isRight = false
        /// Whether it may be cut when the table is too wide; the widest of them is cut first.
        var isFlexible = false

        init(_ heading: String, right: Bool = false, flexible: Bool = false) {
            self.heading = heading
            isRight = right
            isFlexible = flexible
        }
    }

    /// What stands in a row's place of a column.
    struct Cell: ExpressibleByStringLiteral {
        let text: String
        var ink: TextStyle.Ink?

        init(_ text: String, _ ink: TextStyle.Ink? = nil) {
            self.text = text.printable()
            self.ink = ink
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ row: [Cell]) { rows.append(row) }

    /// The table's lines, with its headings.
    func lines(_ style: TextStyle) -> [String] {
        let widths = widths(within: style.width)
        let headings = columns.map { Cell($0.heading, .dim) }
        return ([headings] + rows).map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                let isLast = index == columns.count - 1
                let text = cell.text.cut(to: widths[index])
                let fill = String(repeating: " ", count: widths[index] - text.count)
                let painted = style.paint(text, cell.ink)
                line += columns[index].isRight ? fill + painted : painted + (isLast ? "" : fill)
                if !isLast { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Whether nothing needs to be cut.
    func fits(_ width: Int) -> Bool { natural.reduce(gaps, +) <= width }

    private var gaps: Int { 2 * (columns.count - 1) }

    /// How wide each column would like to be.
    private var natural: [Int] {
        columns.indices.map { index in
            rows.map { $0[index].text.count }.reduce(columns[index].heading.count, max)
        }
    }

    private func widths(within total: Int) -> [Int] {
        var widths = natural
        while widths.reduce(gaps, +) > total {
            let candidates = columns.indices.filter { columns[$0].isFlexible && widths[$0] > columns[$0].heading.count }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }
}
