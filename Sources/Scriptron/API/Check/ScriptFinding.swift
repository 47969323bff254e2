/// What is wrong with a line of a script, found without running it.
package struct ScriptFinding: Sendable, Hashable {
    package enum Level: String, Sendable {
        /// Whenever a run comes to the line, it fails there.
        case error
        /// It may be meant, and is probably not.
        case warning
    }

    package var level: Level
    /// A short stable name: `EUNKNOWN`, `EOPTION`, `EGLOBAL`, `ESETTING`, `ENEED`, `EARGUMENT`, `EUNUSED`, `ESYNTAX`.
    package var code: String
    package var position: LuaPosition
    /// What, as one sentence without a full stop.
    package var message: String
    /// What to write instead.
    package var cure: String?

    /// With the file's name as its place: `jobs/sweep.lua:12:5`.
    package func failure(in file: String) -> Failure {
        Failure(code: code, message, place: "\(file):\(position.line):\(position.column)", cure: cure)
    }
}
