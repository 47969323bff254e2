import Scriptron

/// How text is laid out: how wide, and whether in colour.
struct TextStyle: Sendable {
    var width = 80
    var colour = false

    /// The colours of ECMA-48 that are used, by their parameter.
    enum Ink: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case bold = 1
        case dim = 2
    }

    /// The text in a colour, where colours are wanted.
    func paint(_ text: String, _ ink: Ink?) -> String {
        guard colour, let ink, !text.isEmpty else { return text }
        return "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m"
    }

    /// Breaks text into lines that fit, at spaces, then behind slashes and commas of a word that is too long, then
    /// anywhere; lines after the first start with `indent` spaces. A size keeps its unit.
    func wrap(_ text: String, indent: Int = 0) -> [String] {
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = ""
            var isEmpty = true
            func start() -> String { String(repeating: " ", count: lines.isEmpty ? 0 : indent) }
            line = start()
            for word in Self.words(paragraph) {
                var word = word
                let gap = isEmpty ? "" : " "
                if line.count + gap.count + word.count <= width {
                    line += gap + word
                    isEmpty = false
                    continue
                }
                if !isEmpty {
                    lines.append(line)
                    line = start()
                }
                while line.count + word.count > width {
                    let room = max(1, width - line.count)
                    let head = word.prefix(room)
                    let cut = head.lastIndex { $0 == "/" || $0 == "," }.map(head.index(after:))
                    let piece = head[..<(cut ?? head.endIndex)]
                    lines.append(line + piece)
                    word = word[piece.endIndex...]
                    line = start()
                }
                line += word
                isEmpty = false
            }
            lines.append(line)
        }
        return lines
    }

    /// What stands between spaces, a number with the unit of bytes behind it as one.
    private static func words(_ text: Substring) -> [Substring] {
        var words: [Substring] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let isUnit = ["B", "KiB", "MiB", "GiB", "TiB"].contains(word.prefix { $0.isLetter })
            if let number = words.last, number.last?.isNumber == true, isUnit {
                words[words.count - 1] = text[number.startIndex..<word.endIndex]
            } else {
                words.append(word)
            }
        }
        return words
    }
}

extension String {
    /// Filled up with spaces at the end.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }

    /// Filled up with spaces in front.
    func padded(leadingTo width: Int) -> String { String(repeating: " ", count: Swift.max(0, width - count)) + self }

    /// Cut to a width, with `…` at the end where something was cut.
    func cut(to width: Int) -> String { count <= width ? self : prefix(Swift.max(0, width - 1)) + "…" }

    /// Without what could move a terminal's cursor, change its colours or turn the direction of writing: such characters
    /// are shown as `\xNN` and `\u{NNNN}`, tabs as spaces. Line breaks are kept where `lines` is true.
    func printable(lines: Bool = false) -> String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09: text += "    "
            case 0x0A where lines: text += "\n"
            case 0..<0x20, 0x7F..<0xA0:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += "\\x" + (digits.count == 1 ? "0" : "") + digits
            // Separators of lines, and what turns the direction of writing.
            case 0x2028...0x202E, 0x2066...0x2069:
                text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// A whole number with commas between its thousands.
func grouped(_ number: Int64) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text += "," }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + text
}

/// `1 file`, `2 files`.
func counted(_ number: Int64, _ one: String, _ many: String? = nil) -> String {
    grouped(number) + " " + (number == 1 ? one : many ?? one + "s")
}
