import CSQLite

/// SQLite's result codes as failures: SQLite's own name and text, with a cure where there is one.
enum SQLiteFailure {
    private static let names: [Int32: String] = [
        SQLITE_ERROR: "SQLITE_ERROR", SQLITE_INTERNAL: "SQLITE_INTERNAL", SQLITE_PERM: "SQLITE_PERM",
        SQLITE_ABORT: "SQLITE_ABORT", SQLITE_BUSY: "SQLITE_BUSY", SQLITE_LOCKED: "SQLITE_LOCKED",
        SQLITE_NOMEM: "SQLITE_NOMEM", SQLITE_READONLY: "SQLITE_READONLY", SQLITE_INTERRUPT: "SQLITE_INTERRUPT",
        SQLITE_IOERR: "SQLITE_IOERR", SQLITE_CORRUPT: "SQLITE_CORRUPT", SQLITE_FULL: "SQLITE_FULL",
        SQLITE_CANTOPEN: "SQLITE_CANTOPEN", SQLITE_PROTOCOL: "SQLITE_PROTOCOL", SQLITE_SCHEMA: "SQLITE_SCHEMA",
        SQLITE_TOOBIG: "SQLITE_TOOBIG", SQLITE_CONSTRAINT: "SQLITE_CONSTRAINT", SQLITE_MISMATCH: "SQLITE_MISMATCH",
        SQLITE_MISUSE: "SQLITE_MISUSE", SQLITE_AUTH: "SQLITE_AUTH", SQLITE_RANGE: "SQLITE_RANGE",
        SQLITE_NOTADB: "SQLITE_NOTADB",
    ]

    /// SQLite's own name of a primary result code.
    static func name(_ primary: Int32) -> String { names[primary] ?? "SQLITE_\(primary)" }

    /// The failure for an extended result code, with SQLite's text for it.
    static func make(_ code: Int32, _ text: String, file: Path) -> Failure {
        let primary = code & 0xFF
        let detail = primary == SQLITE_IOERR ? " (extended code \(code))" : ""
        return Failure(
            code: names[primary] ?? "SQLITE_\(primary)", "the store failed: \(text)\(detail)", place: file.text,
            cure: cure(primary, file: file))
    }

    /// The failure for a file that is no sound database.
    static func damaged(_ text: String, file: Path) -> Failure {
        Failure(
            code: "SQLITE_CORRUPT", "the store is damaged: \(text)", place: file.text,
            cure: cure(SQLITE_CORRUPT, file: file))
    }

    private static func cure(_ primary: Int32, file: Path) -> String? {
        switch primary {
        case SQLITE_FULL:
            "free space on the disk that holds it; what was recorded before is safe, what failed was undone"
        case SQLITE_BUSY, SQLITE_LOCKED:
            "another process holds it locked: end that one (fuser \(file)), then try again"
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            """
            it was left as it is: stop the host, move it away together with its -wal and -shm files \
            (mv \(file) \(file).damaged), put a copy of \(file.parent)/\(SQLiteStore.copyName("*")) or of a backup in \
            its place where there is one, and start again
            """
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM:
            "the directory \(file.parent) and the file must be there and be writable for the host's user"
        case SQLITE_IOERR: "look for errors of the disk in the kernel's log (dmesg)"
        default: nil
        }
    }
}
