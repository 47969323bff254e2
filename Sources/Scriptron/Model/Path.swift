/// A path of the file system: any bytes but NUL, since names need not be UTF-8.
package struct Path: Sendable, Hashable, Comparable {
    /// The most bytes of a name in a directory (NAME_MAX).
    package static let longestName = 255

    /// The path's bytes, without a NUL.
    package let bytes: [UInt8]

    /// A path from bytes. The bytes must hold no NUL (`PathResolver` refuses such a path of a script).
    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// A path from text.
    package init(_ text: String) { self.bytes = Array(text.utf8) }

    private static let slash = UInt8(ascii: "/")

    /// Whether it starts at the root.
    package var isAbsolute: Bool { bytes.first == Self.slash }

    /// The names between the slashes; empty ones and `.` are left out, `..` is kept.
    package var components: [[UInt8]] {
        bytes.split(separator: Self.slash).map(Array.init).filter { $0 != [UInt8(ascii: ".")] }
    }

    /// Whether it is absolute, not the root, and no name in it is empty, `.` or, unless `allowsUp`, `..`: then its text
    /// need not be taken apart.
    private func isPlain(allowsUp: Bool) -> Bool {
        guard isAbsolute, bytes.count > 1 else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            var start = 1
            for index in 1...bytes.count where index == bytes.count || bytes[index] == Self.slash {
                let length = index - start
                let isDots = length <= 2 && (start..<index).allSatisfy { bytes[$0] == UInt8(ascii: ".") }
                if length == 0 || isDots && (length == 1 || !allowsUp) { return false }
                start = index + 1
            }
            return true
        }
    }

    /// Whether it is absolute and as `normalized` would leave it.
    package var isNormal: Bool { bytes == [Self.slash] || isPlain(allowsUp: false) }

    /// The length of its longest name.
    package var longestNameLength: Int {
        var longest = 0
        var length = 0
        for byte in bytes {
            length = byte == Self.slash ? 0 : length + 1
            longest = max(longest, length)
        }
        return longest
    }

    /// The last name; empty for the root.
    package var name: [UInt8] {
        guard isPlain(allowsUp: true), let slash = bytes.lastIndex(of: Self.slash) else { return components.last ?? [] }
        return Array(bytes[(slash + 1)...])
    }

    /// The directory that holds it, by its text alone; the root's parent is the root.
    package var parent: Path {
        if isPlain(allowsUp: true), let slash = bytes.lastIndex(of: Self.slash) {
            return Path(bytes: Array(bytes[..<max(1, slash)]))
        }
        let names = components.dropLast()
        let joined = Array(names.joined(separator: [Self.slash]))
        if isAbsolute { return Path(bytes: [Self.slash] + joined) }
        return joined.isEmpty ? Path(".") : Path(bytes: joined)
    }

    /// This path with `other` behind it; `other` itself where it is absolute.
    package func appending(_ other: Path) -> Path {
        if other.isAbsolute || bytes.isEmpty { return other }
        if other.bytes.isEmpty { return self }
        return Path(bytes: bytes.last == Self.slash ? bytes + other.bytes : bytes + [Self.slash] + other.bytes)
    }

    /// This path with a name behind it.
    package func appending(_ name: String) -> Path { appending(Path(name)) }

    /// The path without doubled slashes, `.` and `..`, worked out by its text alone (links are not read).
    package var normalized: Path {
        if isNormal { return self }
        var names: [[UInt8]] = []
        let up = Array("..".utf8)
        for name in components {
            if name == up, let last = names.last, last != up {
                names.removeLast()
            } else if name != up || !isAbsolute {
                names.append(name)
            }
        }
        let joined = Array(names.joined(separator: [Self.slash]))
        if isAbsolute { return Path(bytes: [Self.slash] + joined) }
        return joined.isEmpty ? Path(".") : Path(bytes: joined)
    }

    /// Whether this path is `other` or lies inside it, by their text (both normalized and absolute).
    package func isInside(_ other: Path) -> Bool {
        if other.bytes == [Self.slash] { return isAbsolute }
        guard bytes.starts(with: other.bytes) else { return false }
        return bytes.count == other.bytes.count || bytes[other.bytes.count] == Self.slash
    }

    /// The path as text for people: invalid UTF-8 and control characters are shown as `\xNN`.
    package var text: String {
        var text = ""
        var rest = bytes[...]
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
            let piece = rest.prefix(length)
            if first >= 0x20, first != 0x7F, let valid = String(validating: piece, as: UTF8.self) {
                text += valid
                rest = rest.dropFirst(piece.count)
            } else {
                let digits = String(first, radix: 16, uppercase: true)
                text += "\\x" + (digits.count == 1 ? "0" + digits : digits)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    package static func < (left: Path, right: Path) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

extension Path: CustomStringConvertible, ExpressibleByStringLiteral {
    package var description: String { text }
    package init(stringLiteral value: String) { self.init(value) }
}
