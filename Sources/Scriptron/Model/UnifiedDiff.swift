/// What changes between two texts, line by line, as diff -u says it.
package enum UnifiedDiff {
    /// The most bytes of either text; larger ones are not compared.
    package static let mostBytes = 64 << 10
    /// So many unchanged lines are shown around what changed.
    private static let context = 3
    /// Beyond so many comparisons everything between the first and the last change counts as changed.
    private static let mostSteps = 1_000_000

    /// The hunks, each with its `@@` line, without the names of files; empty where nothing changes, nil where either is
    /// no text or too large.
    package static func lines(_ old: [UInt8], _ new: [UInt8]) -> [String]? {
        guard let before = split(old), let after = split(new) else { return nil }
        return hunks(edits(before, after))
    }

    private static func split(_ bytes: [UInt8]) -> [Substring]? {
        guard bytes.count <= mostBytes, !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private enum Edit {
        case same(Substring)
        case gone(Substring)
        case new(Substring)
    }

    /// What is the same at both ends stays; between, the longest common subsequence.
    private static func edits(_ old: [Substring], _ new: [Substring]) -> [Edit] {
        var start = 0
        while start < old.count, start < new.count, old[start] == new[start] { start += 1 }
        var end = 0
        while end < old.count - start, end < new.count - start, old[old.count - 1 - end] == new[new.count - 1 - end] {
            end += 1
        }
        let (middle, other) = (old[start..<old.count - end], new[start..<new.count - end])
        return old[..<start].map { .same($0) } + between(Array(middle), Array(other))
            + old[(old.count - end)...].map { .same($0) }
    }

    private static func between(_ old: [Substring], _ new: [Substring]) -> [Edit] {
        guard old.count * new.count <= mostSteps, !old.isEmpty, !new.isEmpty else {
            return old.map { .gone($0) } + new.map { .new($0) }
        }
        let width = new.count + 1
        var longest = [Int32](repeating: 0, count: (old.count + 1) * width)
        for row in stride(from: old.count - 1, through: 0, by: -1) {
            for column in stride(from: new.count - 1, through: 0, by: -1) {
                longest[row * width + column] =
                    old[row] == new[column]
                    ? longest[(row + 1) * width + column + 1] + 1
                    : max(longest[(row + 1) * width + column], longest[row * width + column + 1])
            }
        }
        var edits: [Edit] = []
        var (row, column) = (0, 0)
        while row < old.count || column < new.count {
            if row < old.count, column < new.count, old[row] == new[column] {
                edits.append(.same(old[row]))
                (row, column) = (row + 1, column + 1)
            } else if column == new.count
                || row < old.count && longest[(row + 1) * width + column] >= longest[row * width + column + 1]
            {
                edits.append(.gone(old[row]))
                row += 1
            } else {
                edits.append(.new(new[column]))
                column += 1
            }
        }
        return edits
    }

    private static func hunks(_ edits: [Edit]) -> [String] {
        let changes = edits.indices.filter { if case .same = edits[$0] { false } else { true } }
        var ranges: [Range<Int>] = []
        for index in changes {
            let (from, to) = (max(0, index - context), min(edits.count, index + context + 1))
            if let last = ranges.last, from <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<to
            } else {
                ranges.append(from..<to)
            }
        }
        var lines: [String] = []
        var (old, new, index) = (1, 1, 0)
        for range in ranges {
            while index < range.lowerBound {
                // Only what is the same lies between hunks.
                (old, new, index) = (old + 1, new + 1, index + 1)
            }
            let (firstOld, firstNew) = (old, new)
            var hunk: [String] = []
            while index < range.upperBound {
                switch edits[index] {
                case .same(let text):
                    hunk.append(" " + text)
                    (old, new) = (old + 1, new + 1)
                case .gone(let text):
                    hunk.append("-" + text)
                    old += 1
                case .new(let text):
                    hunk.append("+" + text)
                    new += 1
                }
                index += 1
            }
            lines.append("@@ -\(place(firstOld, old)) +\(place(firstNew, new)) @@")
            lines += hunk
        }
        return lines
    }

    /// `3,7`: the first line and how many; `0,0` for none.
    private static func place(_ first: Int, _ end: Int) -> String {
        "\(end == first ? first - 1 : first),\(end - first)"
    }
}
