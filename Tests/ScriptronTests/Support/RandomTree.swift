import Glibc
import Testing

@testable import Scriptron

/// Trees of random files for archives: hard links, holes, odd names, empty directories, modes and times.
enum RandomTree {
    /// A generator that a seed decides (SplitMix64).
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    /// Fills a directory.
    static func fill(_ root: Path, seed: UInt64) throws {
        var random = Generator(state: seed)
        var directories = [root]
        var files: [Path] = []
        for number in 0..<Int.random(in: 1...120, using: &random) {
            let parent = directories.randomElement(using: &random) ?? root
            let path = parent.appending(Path(bytes: name(number, &random)))
            let opened = try Directory(parent)
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                try opened.makeDirectory(path.name, mode: 0o755)
                directories.append(path)
            case 2: try opened.makeLink(path.name, target: name(number, &random))
            case 3 where !files.isEmpty:
                let first = files.randomElement(using: &random) ?? root
                #expect(first.withCString { first in path.withCString { link(first, $0) } } == 0)
            case 4:
                let file = try opened.createFile(path.name, mode: 0o644)
                let size = Int64.random(in: 1...3_000_000, using: &random)
                try file.setLength(size)
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    try file.seek(to: Int64.random(in: 0..<size, using: &random))
                    try file.write(bytes(Int.random(in: 1...50_000, using: &random), &random))
                }
                try file.setTimes(
                    accessed: nil, modified: Int64.random(in: 0...1_700_000_000_000_000_000, using: &random))
                files.append(path)
            default:
                let file = try opened.createFile(path.name, mode: 0o644)
                let sizes = [0, 1, 511, 512, 513, Int.random(in: 0...200_000, using: &random)]
                try file.write(bytes(sizes.randomElement(using: &random) ?? 0, &random))
                try file.setMode([0o600, 0o644, 0o755, 0o400].randomElement(using: &random) ?? 0o644)
                try file.setTimes(
                    accessed: nil,
                    modified: Int64.random(in: -1_000_000_000_000...1_700_000_000_000_000_000, using: &random))
                files.append(path)
            }
        }
    }

    private static func bytes(_ count: Int, _ random: inout Generator) -> [UInt8] {
        // Half of it noise, so that it is neither all holes nor all alike.
        (0..<count).map { $0 % 2 == 0 ? UInt8(truncatingIfNeeded: random.next()) : UInt8(truncatingIfNeeded: $0) }
    }

    private static func name(_ number: Int, _ random: inout Generator) -> [UInt8] {
        let odd: [[UInt8]] = [
            Array("plain".utf8), Array("with space".utf8), Array("line\nfeed".utf8), Array("-dash".utf8),
            Array("\u{e4}\u{f6}\u{1F600}".utf8), [0xFF, 0xFE], Array("back\\slash".utf8), Array("quo\"te'".utf8),
            [UInt8](repeating: 0x6C, count: 180), Array("*?[x]".utf8), Array("GNUSparseFile.0".utf8),
        ]
        return (odd.randomElement(using: &random) ?? []) + Array(" \(number)".utf8)
    }

    /// What the trees are, name by name: everything that a copy should have kept.
    static func facts(_ root: Path) throws -> [String: String] {
        var facts: [String: String] = [:]
        var firstNames: [FileID: String] = [:]
        let walker = try TreeWalker(try Directory(root), at: root)
        var found: [(Path, FileStatus)] = []
        while let step = walker.next() {
            if case .entry(let path, let status, _) = step { found.append((path, status)) }
        }
        for (path, status) in found.sorted(by: { $0.0 < $1.0 }) {
            let name = Path(bytes: Array(path.bytes[walker.prefixLength...])).text
            var text = "\(status.kind) \(String(status.mode, radix: 8)) \(status.uid):\(status.gid) \(status.modified)"
            switch status.kind {
            case .file:
                let first = firstNames[status.id] ?? name
                firstNames[status.id] = first
                let digest = try Digest(.sha256)
                let file = try RegularFile.read(path.name, in: Directory(path.parent), follow: false)
                while case let bytes = try file.descriptor.read(1 << 20), !bytes.isEmpty { digest.update(bytes) }
                text += " \(status.size) of \(first) \(Digest.hexadecimal(digest.finish()))"
            case .link:
                // A link's time comes back only where the sandbox has a call for it.
                text = "link " + Path(bytes: try Directory(path.parent).target(path.name)).text
            default: break
            }
            facts[name] = text
        }
        return facts
    }

    /// Unpacks with tar itself.
    static func untar(_ archive: Path, into directory: Path) throws {
        let ran = try RanProgram.run("/bin/tar", ["xpf", archive.text, "-C", directory.text])
        #expect(ran.output == "")
    }

    /// Makes a tree, archives it, and compares it with what plain tar and `archive.extract` make of that.
    static func roundTrip(seed: UInt64) throws {
        let api = try APIFixture()
        try api.directory.directory("box/data")
        try api.directory.directory("box/tarred")
        try fill(api.at("data"), seed: seed)
        try api.run(
            """
            local made = archive.create("x.tar.zst", "data", { manifest = "m" })
            archive.verify("x.tar.zst", { manifest = "m" })
            archive.extract("x.tar.zst", "out")
            archive.verify("out", { manifest = "m" })
            archive.decompress("x.tar.zst", "x.tar")
            """)
        let before = try facts(api.at("data"))
        #expect(try facts(api.at("out/data")) == before, "seed \(seed), extract")
        try untar(api.at("x.tar"), into: api.at("tarred"))
        #expect(try facts(api.at("tarred/data")) == before, "seed \(seed), tar")
    }
}
