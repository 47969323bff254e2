/// The list of what is in an archive, in its order: JSON lines, compressed. The last line says how many there are, so
/// that a list that was cut short is known as one.
enum ArchiveManifest {
    /// One line: a member, and the SHA-256 of its content where it has one.
    struct Entry: Sendable, Hashable {
        var member: TarMember
        var sha256: String?
    }

    /// Writes it.
    final class Writer {
        private let sink: ([UInt8]) throws -> Void
        private let compressor: Compressor
        private var pending: [UInt8] = []
        private var count: Int64 = 0

        /// - Parameter sink: Takes what is to be in the file.
        init(_ sink: @escaping ([UInt8]) throws -> Void) throws(Failure) {
            self.sink = sink
            compressor = try Compressor(.zstd, level: nil, threads: 0)
        }

        func add(_ entry: Entry) throws {
            let member = entry.member
            var line: [String: Value] = [
                "path": .bytes(member.name), "type": .text(member.kind.rawValue),
                "mode": .text(EntryText.mode(member.mode)), "uid": .int(Int64(member.uid)),
                "gid": .int(Int64(member.gid)), "mtime_ns": .int(member.modified),
            ]
            if member.kind == .file { line["size"] = .int(member.size) }
            if !member.target.isEmpty { line["target"] = .bytes(member.target) }
            if let hash = entry.sha256 { line["sha256"] = .text(hash) }
            count += 1
            try write(.map(line))
        }

        /// Writes the last line.
        func finish() throws {
            try write(["entries": .int(count)])
            try compressor.feed(pending, last: true, sink)
        }

        private func write(_ line: Value) throws {
            pending += try JSON.encode(line) + [UInt8(ascii: "\n")]
            guard pending.count > 256 << 10 else { return }
            try compressor.feed(pending, sink)
            pending = []
        }
    }

    /// Reads it, line by line.
    final class Reader {
        private let content: Decompressor
        private var pending: [UInt8] = []
        private var position = 0
        private var count: Int64 = 0

        /// - Parameter source: The next bytes of its file, at most so many; none at the end.
        init(_ source: @escaping (Int) throws -> [UInt8]) { content = Decompressor(allowsPlain: true, source) }

        /// The next member; nil at the end. One that was cut short is damaged (`EDAMAGED`).
        func next() throws -> Entry? {
            guard let line = try line() else { throw Decompressor.damaged("it ends too early") }
            let value: Value
            do throws(Failure) { value = try JSON.decode(line) } catch {
                throw Decompressor.damaged("a line of it is no JSON")
            }
            if let entries = value["entries"]?.integer {
                guard entries == count else {
                    throw Decompressor.damaged("it has \(count) entries, not \(entries) as it says")
                }
                return nil
            }
            count += 1
            guard case .bytes(let name)? = value["path"],
                let kind = value["type"]?.text.flatMap(TarMember.Kind.init),
                let mode = value["mode"]?.text.flatMap({ UInt32($0, radix: 8) }),
                let modified = value["mtime_ns"]?.integer
            else { throw Decompressor.damaged("a line of it makes no sense") }
            var member = TarMember(name: name, kind: kind, mode: mode)
            member.uid = UInt32(clamping: value["uid"]?.integer ?? 0)
            member.gid = UInt32(clamping: value["gid"]?.integer ?? 0)
            member.modified = modified
            member.size = value["size"]?.integer ?? 0
            if case .bytes(let target)? = value["target"] { member.target = target }
            return Entry(member: member, sha256: value["sha256"]?.text)
        }

        private func line() throws -> [UInt8]? {
            while true {
                if let end = pending[position...].firstIndex(of: UInt8(ascii: "\n")) {
                    defer { position = end + 1 }
                    return Array(pending[position..<end])
                }
                let bytes = try content.next()
                if bytes.isEmpty { return nil }
                pending = Array(pending[position...]) + bytes
                position = 0
                guard pending.count < 16 << 20 else { throw Decompressor.damaged("a line of it has no end") }
            }
        }
    }
}

/// How modes are written.
enum EntryText {
    /// `0640`
    static func mode(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
