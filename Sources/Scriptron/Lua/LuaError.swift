/// How a call into Lua failed.
package struct LuaError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The text is no Lua; `place` has the file and the line.
        case syntax
        /// The script raised, or did what cannot be done.
        case runtime
        /// The script met its memory limit.
        case memory
        /// The soft deadline has passed, whatever the script made of it.
        case timeout
    }

    package var kind: Kind
    /// What was raised, without the place.
    package var message: String
    /// `jobs/sweep.lua:12`, where known.
    package var place: String?
    /// The code of a host function's failure (`ENOENT`).
    package var code: String?
    /// The other members of an error table (`retry`), as far as they are plain.
    package var fields: [String: Value]
    /// The script's lines, innermost first: `jobs/sweep.lua:12: in function 'clean'`.
    package var traceback: [String]

    package init(
        _ kind: Kind, _ message: String, place: String? = nil, code: String? = nil, fields: [String: Value] = [:],
        traceback: [String] = []
    ) {
        self.kind = kind
        self.message = message
        self.place = place
        self.code = code
        self.fields = fields
        self.traceback = traceback
    }

    /// `jobs/sweep.lua:12: message`.
    package var description: String { (place.map { $0 + ": " } ?? "") + message }

    /// The message with the traceback under it, as the record keeps it.
    package var report: String {
        traceback.isEmpty ? description : description + "\n" + traceback.map { "  " + $0 }.joined(separator: "\n")
    }

    /// As a failure: the code is the script's own, or `ESYNTAX`, `ELUA`, `EMEMORY`, `ETIMEOUT` by its kind.
    package var failure: Failure {
        let fallback =
            switch kind {
            case .syntax: "ESYNTAX"
            case .runtime: "ELUA"
            case .memory: "EMEMORY"
            case .timeout: "ETIMEOUT"
            }
        return Failure(code: code ?? fallback, message, place: place)
    }

    /// The place that Lua put in front of a message, and the rest.
    static func split(_ text: String) -> (place: String?, message: String) {
        guard let line = text.firstRange(of: #/:[0-9]+: /#), line.lowerBound > text.startIndex else {
            return (nil, text)
        }
        let file = text[..<line.lowerBound]
        guard !file.contains(" ") || file.hasPrefix("(load") else { return (nil, text) }
        return (String(text[..<text.index(line.upperBound, offsetBy: -2)]), String(text[line.upperBound...]))
    }
}
