/// The file that a decoded value came from, to name places in it.
package struct SourceFile: Sendable, Hashable {
    /// As errors show it: `scriptron.lua`, `jobs/sweep.lua`.
    package let name: String
    private let text: [UInt8]

    /// `text` may be empty where it is not at hand; then places have no lines.
    package init(_ name: String, text: [UInt8] = []) {
        self.name = name
        self.text = text
    }

    /// `scriptron.lua:12: jobs.backup.timeout`: the file, the line where it can be found, and the key's path.
    func place(_ keys: [String]) -> String {
        let path = keys.reduce("") { $0 + ($1.hasPrefix("[") || $0.isEmpty ? $1 : "." + $1) }
        let start = line(of: keys).map { "\(name):\($0)" } ?? name
        return path.isEmpty ? start : "\(start): \(path)"
    }

    /// The line on which the last key is likely to be written: the keys are looked for one behind the other, each as a
    /// word before `=`. Only a help for the eye: the text is not parsed.
    private func line(of keys: [String]) -> Int? {
        let names = keys.filter { !$0.hasPrefix("[") }
        guard !names.isEmpty, text.count <= 1 << 20 else { return nil }
        var index = 0
        for name in names {
            guard let found = key(Array(name.utf8), from: index) else { return nil }
            index = found
        }
        return text[..<index].count { $0 == UInt8(ascii: "\n") } + 1
    }

    /// Where `name` stands as a key, at or behind `start`: the index behind it.
    private func key(_ name: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + name.count <= text.count {
            let end = index + name.count
            let starts = index == 0 || !Self.isWord(text[index - 1])
            if starts, text[index..<end].elementsEqual(name), end == text.count || !Self.isWord(text[end]) {
                let rest = text[end...].drop {
                    $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "]") || $0 == UInt8(ascii: "'")
                }
                if rest.first == UInt8(ascii: "="), rest.dropFirst().first != UInt8(ascii: "=") { return end }
            }
            index += 1
        }
        return nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
