/// The store's file: found sound and of a known version, opened, brought forward.
enum StoreFile {
    /// Marks the file as Scriptron's (PRAGMA application_id): "SCRT".
    static let applicationID: Int64 = 0x5343_5254
    /// Files up to this size are checked whole when they are opened (0.2 s from the page cache); larger ones as far as
    /// they are read.
    static let checkedSize: Int64 = 64 << 20

    /// Opens the file, which is made where there is none, and runs the migrations that it lacks.
    ///
    /// A file that is damaged, foreign or of a newer version is not changed by a single byte. Before a migration it is
    /// copied to `NAME.version-N` beside it.
    static func open(
        _ file: Path, migrations: [Migration], busyTimeout: Double
    ) throws(Failure) -> SQLiteDatabase {
        let size: Int64
        do throws(SystemError) {
            size = try FileStatus.of(file, follow: true)?.size ?? 0
            // With this mode; SQLite gives the files beside it the same one.
            if size == 0 { _ = try StateFiles.open(file, .write) }
        } catch {
            throw error.failure(cure: "the directory \(file.parent) must be there and be writable for the host's user")
        }
        if size > 0 {
            try inspect(file, size: size, latest: migrations.last?.version ?? 0, busyTimeout: busyTimeout)
        }
        let database = try SQLiteDatabase(file: file, access: .create, busyTimeout: busyTimeout)
        try database.execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
            PRAGMA journal_size_limit = 67108864;
            """)
        try migrate(database, migrations: migrations)
        return database
    }

    /// Opens the file for reading only.
    static func openReader(_ file: Path, busyTimeout: Double) throws(Failure) -> SQLiteDatabase {
        // Not SQLITE_OPEN_READONLY: whichever connection is closed last folds the WAL into the file.
        let database = try SQLiteDatabase(file: file, access: .readWrite, busyTimeout: busyTimeout)
        try database.execute("PRAGMA query_only = ON")
        return database
    }

    /// Looks at the file without changing it.
    private static func inspect(_ file: Path, size: Int64, latest: Int64, busyTimeout: Double) throws(Failure) {
        let database = try SQLiteDatabase(file: file, access: .readOnly, busyTimeout: busyTimeout)
        let version = try pragma("user_version", database)
        let tables = try database.row("SELECT count(*) FROM sqlite_schema") { $0.int(0) } ?? 0
        guard try pragma("application_id", database) == applicationID || (version == 0 && tables == 0) else {
            throw Failure(
                code: "ESTORE", "this is a database of another program", place: file.text,
                cure: "move it away, or name another state_dir")
        }
        guard version <= latest else {
            throw Failure(
                code: "ESTOREVERSION",
                "the store has version \(version), and this Scriptron knows version \(latest) at most",
                place: file.text,
                cure: """
                    it was left as it is: run the Scriptron that wrote it or a newer one; or move it away and put \
                    \(file.parent)/\(SQLiteStore.copyName(String(latest))) in its place, without what was recorded \
                    since
                    """)
        }
        if size <= checkedSize {
            let verdict = try database.row("PRAGMA quick_check(1)") { $0.text(0) }
            if let verdict, verdict != "ok" { throw SQLiteFailure.damaged(verdict, file: file) }
        }
    }

    private static func migrate(_ database: SQLiteDatabase, migrations: [Migration]) throws(Failure) {
        let latest = migrations.last?.version ?? 0
        let before = try pragma("user_version", database)
        if before == latest { return }
        if before > 0 { try copyAside(database, version: before) }
        try database.execute("BEGIN IMMEDIATE")
        do throws(Failure) {
            // Another process may have been faster: what counts is the version inside the transaction.
            let version = try pragma("user_version", database)
            for migration in migrations where migration.version > version { try database.execute(migration.sql) }
            if version < latest {
                try database.execute("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(latest)")
            }
            try database.execute("COMMIT")
        } catch {
            if database.isInTransaction { try? database.execute("ROLLBACK") }
            var failure = error
            failure.message = "the store could not be brought from version \(before) to \(latest): " + error.message
            throw failure
        }
    }

    /// Copies the database to `NAME.version-N` beside it, whole or not at all.
    private static func copyAside(_ database: SQLiteDatabase, version: Int64) throws(Failure) {
        let copy = database.file.parent.appending(SQLiteStore.copyName(String(version)))
        try copyWhole(database, to: copy)
    }

    /// Puts a consistent copy of the database at `target`, whole or not at all.
    static func copyWhole(_ database: SQLiteDatabase, to target: Path) throws(Failure) {
        let part = Path(bytes: target.bytes + Array(".part".utf8))
        do {
            try StateFiles.remove(part)
            _ = try StateFiles.open(part, .write)
            try database.copy(to: part)
            try StateFiles.synchronize(part)
            try StateFiles.rename(part, to: target)
        } catch {
            // The failure that is reported is the first one; a part left behind is removed by the next copy.
            _ = try? StateFiles.remove(part)
            if let error = error as? SystemError { throw error.failure() }
            throw error as? Failure ?? Failure(code: "ESTORE", "\(error)", place: target.text)
        }
    }

    private static func pragma(_ name: String, _ database: SQLiteDatabase) throws(Failure) -> Int64 {
        try database.row("PRAGMA \(name)") { $0.int(0) } ?? 0
    }
}
