/// An open database.
package protocol OpenDatabase: AnyObject {
    /// The rows of a statement, a few at a time.
    func rows(_ text: String, _ values: [Value]) throws(Failure) -> any RowSource
    /// Runs a statement, or several without values; how many rows it changed.
    func execute(_ text: String, _ values: [Value]) throws(Failure) -> Int64
    /// What was not committed is undone. Idempotent.
    func close()
}

/// Rows that come a few at a time.
package protocol RowSource: AnyObject {
    var columns: [String] { get }
    /// The columns that hold bytes, whatever is in a row.
    var binaryColumns: Set<String> { get }
    /// At most so many rows; none at the end.
    func next(_ limit: Int) throws(Failure) -> [ScriptDatabase.Row]
}

extension RowSource {
    package var binaryColumns: Set<String> { [] }
}

extension ScriptRows: RowSource {}

/// A database that is really written.
final class LiveDatabase: OpenDatabase {
    private let database: ScriptDatabase
    private let check: () throws(Failure) -> Void

    init(_ database: ScriptDatabase, check: @escaping () throws(Failure) -> Void) {
        self.database = database
        self.check = check
    }

    func rows(_ text: String, _ values: [Value]) throws(Failure) -> any RowSource {
        try check()
        return try database.rows(text, values)
    }

    func execute(_ text: String, _ values: [Value]) throws(Failure) -> Int64 {
        try check()
        return try database.execute(text, values)
    }

    func close() { database.close() }
}

extension LiveEffects {
    package func openDatabase(
        _ path: CheckedPath, _ access: ScriptDatabase.Access, timeout: Double
    ) throws(Failure) -> any OpenDatabase {
        if access != .create { try mustBeThere(path.path, "sql.open") }
        return try openDatabase(real: path.path, access, timeout: timeout)
    }

    /// Opens a file that a plan knows under another name perhaps.
    fileprivate func openDatabase(
        real: Path, _ access: ScriptDatabase.Access = .read, timeout: Double
    ) throws(Failure) -> any OpenDatabase {
        try checkDeadline("sql.open")
        return LiveDatabase(try ScriptDatabase.open(real, access, timeout: timeout)) {
            [self] () throws(Failure) in try checkDeadline("sql")
        }
    }

    /// SQLite's own word for a file that is not there is that for one that cannot be opened.
    private func mustBeThere(_ path: Path, _ call: String) throws(Failure) {
        guard try FileStatus.of(path, follow: true, call) == nil else { return }
        throw Failure(
            code: "ENOENT", "\(call) \(path.text): there is no such file",
            cure: call == "sql.open" ? "create = true makes it" : nil)
    }

    package func backUpDatabase(
        _ from: CheckedPath, _ to: CheckedPath, timeout: Double
    ) throws(Failure) -> ConvertedFile {
        let call = "sql.backup"
        try checkDeadline(call)
        try mustBeThere(from.path, call)
        let database = try ScriptDatabase.open(from.path, .read, timeout: timeout)
        let (directory, name) = try place(to.path, call)
        return try told(call, to.path) {
            guard try directory.status(name) == nil else {
                throw Failure(
                    code: "EEXIST", "\(call) \(to.path.text): it is there already",
                    cure: "nothing is overwritten: take another name")
            }
            let file = try AtomicFile(name, in: directory, mode: 0o600)
            let temporary = to.path.parent.appending(Path(bytes: file.temporaryName))
            _ = try database.backUp(to: temporary, timeout: timeout) { [self] () throws(Failure) in
                try checkDeadline(call)
            }
            if let mode = try FileStatus.of(from.path, follow: true)?.mode {
                try file.descriptor.setMode(mode & 0o777)
            }
            let size = try FileStatus(of: file.descriptor).size
            try file.commit(replace: false)
            return ConvertedFile(bytes: size, stored: size)
        }
    }
}

extension PlannedEffects {
    package func openDatabase(
        _ path: CheckedPath, _ access: ScriptDatabase.Access, timeout: Double
    ) throws(Failure) -> any OpenDatabase {
        used.reads(path.path)
        if access != .read { used.writes(path.path) }
        guard let found = try find(path.path, follow: true, "sql.open") else {
            guard access == .create else {
                throw Failure(
                    code: "ENOENT", "sql.open \(path.path.text): there is no such file", cure: "create = true makes it"
                )
            }
            // It is empty until something is written into it.
            try put(path.path, size: 0, mode: 0o644, "sql.open")
            plan.add("create", ["path": .bytes(path.path.bytes)])
            return PlannedDatabase(self, path.path, access, nil)
        }
        guard case .real(let real) = found.content else {
            plan.isAssumed = true
            return PlannedDatabase(self, path.path, access, nil)
        }
        return PlannedDatabase(self, path.path, access, try live.openDatabase(real: real, timeout: timeout))
    }

    package func backUpDatabase(
        _ from: CheckedPath, _ to: CheckedPath, timeout: Double
    ) throws(Failure) -> ConvertedFile {
        let call = "sql.backup"
        used.reads(from.path)
        let source = try existing(from.path, follow: true, call)
        // What would fail to be read fails here too.
        if case .real(let real) = source.content { try live.openDatabase(real: real, timeout: timeout).close() }
        guard try find(to.path, follow: false, call) == nil else {
            throw Failure(
                code: "EEXIST", "\(call) \(to.path.text): it is there already",
                cure: "nothing is overwritten: take another name")
        }
        try put(to.path, size: source.status.size, mode: source.status.mode & 0o777, call)
        plan.add(
            "copy database", ["from": .bytes(from.path.bytes), "to": .bytes(to.path.bytes)], bytes: source.status.size)
        return ConvertedFile(bytes: source.status.size, stored: source.status.size)
    }

    /// The copy of the store, as it would lie in the run's scratch.
    func storeCopy() throws(Failure) -> Path {
        let size = try live.request(.sysStore, [:])["bytes"]?.integer ?? 0
        let path = try temporaryDirectory().appending("store.db")
        try put(path, size: size, mode: 0o600, "sys.store_copy")
        return path
    }

    /// A new file of which only the size is known.
    private func put(_ path: Path, size: Int64, mode: UInt32, _ call: String) throws(Failure) {
        try place(path, call) { parent, _ in
            overlay.make(
                .file, in: parent, mode: mode, owner: Permission.owner, now: nanoseconds, content: .unknown, size: size)
        }
    }

    /// Keeps that a database would have been written: what is in it is no longer what the real one holds.
    fileprivate func changeDatabase(_ path: Path) throws(Failure) {
        changedDatabases.insert(path)
        // A database that anything was written into has a page at least.
        guard let found = try find(path, follow: true, "sql"), case .unknown = found.content, found.status.size == 0
        else { return }
        _ = try resize(found, 4096, "sql", path)
    }
}

/// A database that is read as it is, and only seems to be written.
final class PlannedDatabase: OpenDatabase {
    private let effects: PlannedEffects
    private let path: Path
    private let access: ScriptDatabase.Access
    private let real: (any OpenDatabase)?

    init(_ effects: PlannedEffects, _ path: Path, _ access: ScriptDatabase.Access, _ real: (any OpenDatabase)?) {
        self.effects = effects
        self.path = path
        self.access = access
        self.real = real
    }

    func rows(_ text: String, _ values: [Value]) throws(Failure) -> any RowSource {
        if let real { return try real.rows(text, values) }
        return NoRows()
    }

    func execute(_ text: String, _ values: [Value]) throws(Failure) -> Int64 {
        // The ends of transactions change nothing by themselves.
        if ["BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"].contains(text) { return 0 }
        if access == .read, let real {
            // The real one is open as the run's would be, so that it can be asked: it is not written, and refuses.
            do throws(Failure) {
                return try real.execute(text, values)
            } catch {
                // What the statement names may be there by then.
                guard error.code == "SQLITE_ERROR", effects.changedDatabases.contains(path) else { throw error }
            }
        }
        effects.plan.add("sql", ["path": .bytes(path.bytes), "text": .text(text), "values": .list(values)])
        effects.plan.isAssumed = true
        try effects.changeDatabase(path)
        return 0
    }

    func close() { real?.close() }
}

/// The rows of a database that is only planned.
final class NoRows: RowSource {
    var columns: [String] { [] }
    func next(_ limit: Int) throws(Failure) -> [ScriptDatabase.Row] { [] }
}
