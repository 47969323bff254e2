import CSQLite

extension ScriptDatabase {
    /// Writes a consistent copy of the database, as it is while others write it, over the file at `target`, by SQLite's
    /// online backup (sqlite.org/backup.html), and checks that the copy is sound. Returns its pages.
    ///
    /// A writer that comes between two steps starts the copy again; after a few such starts, or where the database has
    /// a write-ahead log, it is copied in one step: a log's readers hold up nobody, others wait that long. `check` is
    /// called between the steps and may end it by throwing.
    package func backUp(to target: Path, timeout: Double, check: () throws(Failure) -> Void) throws(Failure) -> Int64 {
        let copy = try ScriptDatabase.open(target, .create, timeout: 1)
        // It gets its name when it is whole and on the disk: until then nothing needs to be undone.
        _ = try copy.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", [])
        let mode = try rows("PRAGMA journal_mode", []).next(1).first?["journal_mode"]?.text
        guard let backup = sqlite3_backup_init(copy.handle, "main", handle, "main") else {
            throw copy.failure(sqlite3_extended_errcode(copy.handle))
        }
        var code = SQLITE_OK
        do throws(Failure) {
            code = try run(backup, inSteps: mode != "wal", timeout: timeout, check)
        } catch {
            sqlite3_backup_finish(backup)
            throw error
        }
        let pages = Int64(sqlite3_backup_pagecount(backup))
        let end = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else {
            let failed = end == SQLITE_OK ? code : end
            throw Self.failure(failed, String(cString: sqlite3_errstr(failed)), path)
        }
        try checkFixed()
        // A copy of a database with a write-ahead log is one too; as a plain file it needs nothing beside it.
        _ = try copy.execute("PRAGMA journal_mode = DELETE", [])
        let answers = try copy.rows("PRAGMA integrity_check(3)", []).next(3)
        let texts = answers.compactMap { $0["integrity_check"]?.text }
        guard texts == ["ok"] else {
            throw Failure(
                code: "SQLITE_CORRUPT", "\(path.text): the copy is not sound: \(texts.joined(separator: "; "))",
                cure: "the database itself is damaged: check it with PRAGMA integrity_check, keep the last good backup")
        }
        copy.close()
        return pages
    }

    private func run(
        _ backup: OpaquePointer, inSteps: Bool, timeout: Double, _ check: () throws(Failure) -> Void
    ) throws(Failure) -> Int32 {
        let until = Monotonic.now + timeout
        var starts = 0
        var remaining = Int32.max
        while true {
            try check()
            let code = sqlite3_backup_step(backup, inSteps && starts < 3 ? 4096 : -1)
            switch code & 0xFF {
            case SQLITE_OK:
                let left = sqlite3_backup_remaining(backup)
                if left >= remaining { starts += 1 }
                remaining = left
            case SQLITE_BUSY, SQLITE_LOCKED:
                guard Monotonic.now < until else { return code }
                Monotonic.sleep(until: min(until, Monotonic.now + 0.02))
            default: return code
            }
        }
    }
}
