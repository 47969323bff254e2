/// The right names nearest to a wrong one, for "did you mean".
package enum Nearest {
    /// At most `limit` of `names` that are near to `wrong`, the nearest first; case does not count. Near is: a third
    /// of the letters differ, or one name contains the other.
    package static func names(to wrong: String, among names: some Sequence<String>, limit: Int = 3) -> [String] {
        let target = Array(wrong.lowercased().utf8)
        guard !target.isEmpty, target.count <= 100 else { return [] }
        var found: [(distance: Int, name: String)] = []
        for name in names {
            let candidate = Array(name.lowercased().utf8)
            if target.count >= 3, contains(candidate, target) {
                found.append((1, name))
                continue
            }
            let bound = max(1, min(target.count, candidate.count) / 3)
            guard abs(candidate.count - target.count) <= bound else { continue }
            let distance = distance(target, candidate)
            if distance <= bound { found.append((distance, name)) }
        }
        found.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
        return found.prefix(limit).map(\.name)
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { text[$0...].starts(with: part) }
    }

    /// How many letters must be changed, added, removed or swapped with their neighbour to turn one into the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var line = [row + 1]
            for column in right.indices {
                var cost = min(
                    last[column] + (left[row] == right[column] ? 0 : 1), last[column + 1] + 1, line[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, before[column - 1] + 1)
                }
                line.append(cost)
            }
            before = last
            last = line
        }
        return last[right.count]
    }
}
