/// The files that a spec says are there, made in a directory.
struct SpecTree {
    private static let keys: [String: [String]] = [
        "file": ["type", "content", "size", "age", "born", "mode"], "directory": ["type", "age", "mode"],
        "link": ["type", "target", "age"], "hard_link": ["type", "target"], "fifo": ["type", "age", "mode"],
    ]
    /// Of larger files only the size is real: they are holes.
    private static let mostFilled: Int64 = 1 << 20

    let base: Path
    let now: Timestamp
    /// What begins errors.
    let place: String

    /// Makes them; when each was born and changed, in nanoseconds since the epoch.
    func make(_ tree: [String: Value]) throws(Failure) -> [Path: Int64] {
        var born: [Path: Int64] = [:]
        // Directories before what is in them; the times of directories and hard links when all else is there.
        var entries: [(name: String, path: Path, given: [String: Value], type: String)] = []
        for (name, value) in tree.sorted(by: { $0.key < $1.key }) {
            let given = value.text == nil ? value.map ?? [:] : ["content": value]
            let type = given["type"]?.text ?? (name.hasSuffix("/") ? "directory" : "file")
            guard let known = Self.keys[type] else { throw wrong(name, "there is no type \(type) of files") }
            for key in given.keys.sorted() where !known.contains(key) {
                throw wrong(name, "unknown key \(key): a \(type) takes \(known.dropFirst().joined(separator: ", "))")
            }
            let path = base.appending(Path(name)).normalized
            guard !name.hasPrefix("/"), path.isInside(base), path != base else {
                throw wrong(name, "it lies outside: paths are relative, and may not lead out")
            }
            entries.append((name, path, given, type))
        }
        for entry in entries where entry.type != "hard_link" {
            try told(entry.name) { try make(entry.path, entry.type, entry.given) }
        }
        for entry in entries where entry.type == "hard_link" {
            try told(entry.name) {
                let target = base.appending(Path(entry.given["target"]?.text ?? "")).normalized
                try Directories.create(entry.path.parent, mode: 0o755)
                try Directory(entry.path.parent)
                    .link(target.name, of: Directory(target.parent), to: entry.path.name)
            }
        }
        for entry in entries.reversed() {
            guard let age = entry.given["age"] else { continue }
            guard let seconds = Quantity.seconds(age) else {
                throw wrong(entry.name, "age takes a duration such as \"2d\"")
            }
            let time = (now - seconds).microseconds * 1000
            try told(entry.name) { try Directory(entry.path.parent).setModified(entry.path.name, time) }
            let birth = entry.given["born"].flatMap(Quantity.seconds)
            born[entry.path] = birth.map { (now - $0).microseconds * 1000 } ?? time
        }
        return born
    }

    private func make(_ path: Path, _ type: String, _ given: [String: Value]) throws {
        let mode = try given["mode"].map { (value) throws(Failure) in
            guard let mode = value.text.flatMap({ UInt32($0, radix: 8) }), mode <= 0o7777 else {
                throw wrong(path.text, "mode takes text of octal digits, such as \"0640\"")
            }
            return mode
        }
        try Directories.create(path.parent, mode: 0o755)
        let directory = try Directory(path.parent)
        switch type {
        case "directory":
            try Directories.create(path, mode: 0o755)
            if let mode { try Directory(path).descriptor.setMode(mode) }
        case "link":
            guard case .bytes(let target)? = given["target"] else { throw wrong(path.text, "a link takes its target") }
            try directory.makeLink(path.name, target: target)
        case "fifo": try directory.makeFIFO(path.name, mode: mode ?? 0o644)
        default:
            let file = try directory.createFile(path.name, mode: 0o600)
            if case .bytes(let content)? = given["content"] { try file.write(content) }
            if let size = given["size"] {
                guard let bytes = Quantity.bytes(size), bytes >= 0 else {
                    throw wrong(path.text, "size takes a size such as \"70KiB\"")
                }
                if bytes <= Self.mostFilled {
                    try file.write([UInt8](repeating: UInt8(ascii: "x"), count: Int(bytes)))
                } else {
                    try file.setLength(bytes)
                }
            }
            try file.setMode(mode ?? 0o644)
        }
    }

    private func told(_ name: String, _ body: () throws -> Void) throws(Failure) {
        do {
            try body()
        } catch let failure as Failure {
            throw failure
        } catch {
            throw wrong(name, "it cannot be made: \(error)")
        }
    }

    private func wrong(_ name: String, _ what: String) -> Failure {
        Failure(code: "ESPEC", "tree: \(name): \(what)", place: place)
    }
}
