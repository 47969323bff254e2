/// A file's entry as a table of a script, and back.
///
/// Times are seconds since the epoch with a fraction; a number of Lua keeps them to a quarter of a microsecond. Numbers
/// that name files (device, inode) keep their bits, whatever their sign.
enum EntryValue {
    static func of(_ entry: FileEntry) -> Value {
        let status = entry.status
        var members: [String: Value] = [
            "path": .bytes(entry.path.bytes), "name": .bytes(entry.path.name), "type": .text(status.kind.rawValue),
            "size": .int(status.size), "allocated": .int(status.allocated), "mode": .bytes(digits(status.mode)),
            "uid": .int(Int64(status.uid)), "gid": .int(Int64(status.gid)), "links": .int(Int64(status.links)),
            "device": .int(Int64(bitPattern: status.id.device)), "inode": .int(Int64(bitPattern: status.id.inode)),
            "mtime": .number(seconds(status.modified)), "atime": .number(seconds(status.accessed)),
            "ctime": .number(seconds(status.changed)),
        ]
        if let born = status.born { members["btime"] = .number(seconds(born)) }
        if let target = entry.target { members["target"] = .bytes(target) }
        return .map(members)
    }

    /// The path and what is known of the file, out of an entry that a script hands back.
    static func read(_ value: [String: Value], _ call: String) throws(Failure) -> (path: [UInt8], seen: FileStatus) {
        guard case .bytes(let path)? = value["path"], let kind = value["type"]?.text.flatMap(FileKind.init),
            let device = value["device"]?.integer, let inode = value["inode"]?.integer,
            let size = value["size"]?.integer, let links = value["links"]?.integer,
            let modified = value["mtime"]?.double, let changed = value["ctime"]?.double
        else {
            throw Failure(
                code: "EARGUMENT", "\(call): the table is no entry of a file",
                cure: "give a path, or an entry as fs.stat, fs.list and fs.walk return it")
        }
        let id = FileID(device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode))
        var seen = FileStatus(
            kind: kind, mode: 0, uid: 0, gid: 0, id: id, links: UInt32(clamping: links), size: size,
            time: nanoseconds(modified))
        seen.changed = nanoseconds(changed)
        return (path, seen)
    }

    static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }

    static func nanoseconds(_ seconds: Double) -> Int64 {
        let nanoseconds = (seconds * 1e9).rounded()
        return Int64(exactly: nanoseconds) ?? (nanoseconds < 0 ? .min : .max)
    }

    /// `0640`
    private static func digits(_ mode: UInt32) -> [UInt8] {
        let zero = UInt8(ascii: "0")
        if mode > 0o7777 { return Array(String(mode, radix: 8).utf8) }
        return [9, 6, 3, 0].map { zero + UInt8(truncatingIfNeeded: mode >> $0 & 7) }
    }

    /// A mode as scripts write it: text of octal digits, for Lua has no octal numbers.
    static func mode(_ value: Value, _ call: String) throws(Failure) -> UInt32 {
        if let text = value.text, (3...5).contains(text.utf8.count), let mode = UInt32(text, radix: 8), mode <= 0o7777 {
            return mode
        }
        throw Failure(
            code: "EARGUMENT", "\(call): a mode is text of three or four octal digits, such as \"0640\"",
            cure: value.integer == nil ? nil : "put it in quotes: Lua has no octal numbers")
    }

    /// An owner: `"user"`, `"user:group"`, `":group"` (numbers too), or `{uid =, gid =}`.
    static func owner(_ value: Value, _ call: String) throws(Failure) -> Ownership {
        func number(_ value: Value?) -> UInt32? { value?.integer.flatMap { UInt32(exactly: $0) } }
        if let map = value.map, number(map["uid"]) != nil || number(map["gid"]) != nil {
            return Ownership(uid: number(map["uid"]), gid: number(map["gid"]))
        }
        if let uid = number(value) { return Ownership(uid: uid) }
        guard let text = value.text, !text.isEmpty else {
            throw Failure(code: "EARGUMENT", "\(call): an owner is \"user\", \"user:group\" or {uid =, gid =}")
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var owner = Ownership()
        if !parts[0].isEmpty {
            guard let uid = UInt32(parts[0]) ?? Accounts.uid(of: parts[0]) else {
                throw Failure(code: "ENOENT", "\(call): there is no user \(parts[0])")
            }
            owner.uid = uid
        }
        if parts.count > 1, !parts[1].isEmpty {
            guard let gid = UInt32(parts[1]) ?? Accounts.gid(of: parts[1]) else {
                throw Failure(code: "ENOENT", "\(call): there is no group \(parts[1])")
            }
            owner.gid = gid
        }
        return owner
    }
}
