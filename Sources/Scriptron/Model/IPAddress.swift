/// An address of IPv4 or IPv6. An IPv4 address is the same as its IPv4-mapped form, so that neither passes for another.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// All 128 bits; those of an IPv4 address are `::ffff:a.b.c.d`.
    package let bits: UInt128

    private static let mappedPrefix: UInt128 = 0xFFFF << 32

    package init(bits: UInt128) { self.bits = bits }

    /// The IPv4 address of these 32 bits.
    package init(four bits: UInt32) { self.bits = Self.mappedPrefix | UInt128(bits) }

    /// Whether it is one of IPv4, in either form.
    package var isFour: Bool { bits >> 32 == 0xFFFF }

    /// An address as text, without brackets, ports and zones; nil where it is none.
    package init?(_ text: some StringProtocol) {
        if let four = Self.four(text) {
            self.init(four: four)
        } else if let six = Self.six(text) {
            self.init(bits: six)
        } else {
            return nil
        }
    }

    /// Four decimal numbers without leading zeros: other forms mean different addresses to different programs.
    private static func four(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            bits = bits << 8 | UInt32(byte)
        }
        return bits
    }

    /// RFC 4291: eight groups of up to four hexadecimal digits, `::` once for a run of zeros; the last two groups may be
    /// an IPv4 address.
    private static func six(_ text: some StringProtocol) -> UInt128? {
        var halves: [[UInt16]] = [[]]
        var rest = text[...]
        var gaps = 0
        if rest.hasPrefix("::") {
            rest = rest.dropFirst(2)
            halves.append([])
            gaps = 1
        }
        while !rest.isEmpty {
            let word = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(word.count)
            if rest.isEmpty, let four = four(word) {
                halves[halves.count - 1] += [UInt16(four >> 16), UInt16(four & 0xFFFF)]
                break
            }
            guard (1...4).contains(word.utf8.count), word.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                let group = UInt16(word, radix: 16)
            else { return nil }
            halves[halves.count - 1].append(group)
            if rest.hasPrefix("::") {
                gaps += 1
                rest = rest.dropFirst(2)
                halves.append([])
            } else if !rest.isEmpty {
                rest = rest.dropFirst()
                if rest.isEmpty { return nil }
            }
        }
        let count = halves.reduce(0) { $0 + $1.count }
        guard gaps == 0 ? count == 8 : gaps == 1 && count < 8 else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - count)
        let groups = halves[0] + zeros + halves.dropFirst().joined()
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// As people write it: four numbers, or groups with the longest run of zeros left out (RFC 5952).
    package var description: String {
        if isFour {
            return stride(from: 24, through: 0, by: -8).map { String(UInt8(truncatingIfNeeded: bits >> $0)) }
                .joined(separator: ".")
        }
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> $0) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, longest.count) { longest = start..<end }
            start = max(end, start + 1)
        }
        func text(_ groups: ArraySlice<UInt16>) -> String {
            groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if longest.isEmpty { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}

/// A range of addresses: those that share their first bits with `address`.
package struct IPNetwork: Sendable, Hashable {
    package let address: IPAddress
    /// How many of the 128 bits are fixed.
    private let fixed: Int

    /// - Parameters:
    ///   - bits: How many bits are fixed: of 32 for an address of IPv4, of 128 for one of IPv6.
    package init(_ address: IPAddress, bits: Int) {
        self.address = address
        // Of a mapped address that is written as one of IPv6, all 128 bits are counted.
        fixed = address.isFour && bits <= 32 ? 96 + bits : bits
    }

    package func contains(_ other: IPAddress) -> Bool {
        fixed == 0 ? !other.isFour : (other.bits ^ address.bits) >> (128 - fixed) == 0 && other.isFour == address.isFour
    }

    /// Whether every address of the other range is in this one.
    package func contains(_ other: IPNetwork) -> Bool { fixed <= other.fixed && contains(other.address) }
}
