/// The bytes of tar headers: ustar, with what does not fit there in pax records (pax(1)), and sparse files as GNU tar
/// writes them (its format 1.0). Names are bytes, as they are in the file system.
enum TarWriter {
    static let block = 512

    /// What comes before a member's data: its headers, and the map of a sparse file.
    static func header(of member: TarMember) -> [UInt8] {
        var records: [(String, [UInt8])] = []
        var name = member.name + (member.kind == .directory ? [UInt8(ascii: "/")] : [])
        var stored = member.kind == .file ? member.size : 0
        var map: [UInt8] = []
        if let segments = member.segments {
            map = sparseMap(segments, size: member.size)
            stored = segments.reduce(Int64(map.count)) { $0 + $1.length }
            records += [
                ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
                ("GNU.sparse.name", name), ("GNU.sparse.realsize", Array(String(member.size).utf8)),
            ]
            // Who does not know of sparse files finds the map and the data under this name.
            name = Array("GNUSparseFile.0/".utf8) + Path(bytes: member.name).name.prefix(80)
        } else if name.count > 100 {
            records.append(("path", name))
        }
        if member.target.count > 100 { records.append(("linkpath", member.target)) }
        if stored > mostOctal(11) { records.append(("size", Array(String(stored).utf8))) }
        if member.uid > mostOctal(7) { records.append(("uid", Array(String(member.uid).utf8))) }
        if member.gid > mostOctal(7) { records.append(("gid", Array(String(member.gid).utf8))) }
        records.append(("mtime", Array(seconds(member.modified).utf8)))
        for (key, value) in member.attributes.sorted(by: { $0.key < $1.key }) where !key.contains("=") {
            records.append(("SCHILY.xattr." + key, value))
        }
        let pax = records.flatMap { record($0.0, $0.1) }
        let paxName = Array("PaxHeaders/".utf8) + Path(bytes: member.name).name.prefix(80)
        return ustar(
            paxName, type: "x", TarMember(name: [], kind: .file, modified: member.modified), size: Int64(pax.count))
            + padded(pax) + ustar(name, type: type(of: member.kind), member, size: stored) + map
    }

    /// What closes an archive.
    static let end = [UInt8](repeating: 0, count: 2 * block)

    /// How many zeros stand behind so many bytes.
    static func padding(_ count: Int64) -> Int { Int((Int64(block) - count % Int64(block)) % Int64(block)) }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: padding(Int64(bytes.count)))
    }

    private static func type(of kind: TarMember.Kind) -> Character {
        switch kind {
        case .file: "0"
        case .hardLink: "1"
        case .link: "2"
        case .directory: "5"
        case .fifo: "6"
        }
    }

    private static func sparseMap(_ segments: [FileSegment], size: Int64) -> [UInt8] {
        var all = segments
        // A file that ends with a hole says where it ends.
        if all.last.map({ $0.offset + $0.length }) ?? 0 < size { all.append(FileSegment(offset: size, length: 0)) }
        var text = "\(all.count)\n"
        for segment in all { text += "\(segment.offset)\n\(segment.length)\n" }
        return padded(Array(text.utf8))
    }

    /// `LENGTH KEY=VALUE\n`, the length with itself.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = 1 + key.utf8.count + 1 + value.count + 1
        var length = rest + String(rest).utf8.count
        // The length's own digits may make it one digit longer.
        if String(length).utf8.count > String(rest).utf8.count { length = rest + String(length).utf8.count }
        return Array("\(length) \(key)=".utf8) + value + [UInt8(ascii: "\n")]
    }

    /// Seconds with nine digits behind the point.
    private static func seconds(_ nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let fraction = String(magnitude % 1_000_000_000)
        return (nanoseconds < 0 ? "-" : "") + "\(magnitude / 1_000_000_000)."
            + String(repeating: "0", count: 9 - fraction.utf8.count) + fraction
    }

    /// The largest number of so many octal digits.
    private static func mostOctal(_ digits: Int) -> Int64 { 1 << (3 * Int64(digits)) - 1 }

    private static func ustar(_ name: [UInt8], type: Character, _ member: TarMember, size: Int64) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ bytes: some Collection<UInt8>, at offset: Int, most: Int) {
            for (index, byte) in bytes.prefix(most).enumerated() { header[offset + index] = byte }
        }
        func put(_ number: Int64, at offset: Int, digits: Int) {
            // What does not fit stands in a record.
            let text = String(number > mostOctal(digits) || number < 0 ? 0 : number, radix: 8)
            put((String(repeating: "0", count: digits - text.utf8.count) + text).utf8, at: offset, most: digits)
        }
        put(name, at: 0, most: 100)
        put(Int64(member.mode & 0o7777), at: 100, digits: 7)
        put(Int64(member.uid), at: 108, digits: 7)
        put(Int64(member.gid), at: 116, digits: 7)
        put(size, at: 124, digits: 11)
        put(max(0, member.modified / 1_000_000_000), at: 136, digits: 11)
        header[156] = type.asciiValue ?? UInt8(ascii: "0")
        put(member.target, at: 157, most: 100)
        put("ustar\u{0}00".utf8, at: 257, most: 8)
        put(0, at: 329, digits: 7)
        put(0, at: 337, digits: 7)
        put("        ".utf8, at: 148, most: 8)
        let sum = header.reduce(Int64(0)) { $0 + Int64($1) }
        put(sum, at: 148, digits: 6)
        header[154] = 0
        return header
    }
}
