/// An error for a person: what happened, to what, and what cures it.
///
/// Closed sets of errors inside a folder have types of their own; whatever reaches the operator, the record or a
/// script is one of these.
package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// A short stable name: an errno's (`ENOENT`), or a word in capitals of our own (`EGRANT`, `ECONFIG`).
    package var code: String
    /// What happened and to what, as one sentence without a full stop.
    package var message: String
    /// Where: a file, with a line or a key where known (`jobs/sweep.lua:12`, `scriptron.lua: jobs.sweep.timeout`).
    package var place: String?
    /// What to do about it, as one sentence without a full stop.
    package var cure: String?

    package init(code: String, _ message: String, place: String? = nil, cure: String? = nil) {
        self.code = code
        self.message = message
        self.place = place
        self.cure = cure
    }

    /// `place: message; cure`, the form in which people read it.
    package var description: String {
        (place.map { $0 + ": " } ?? "") + message + (cure.map { "; " + $0 } ?? "")
    }

    /// A failure's text for a line that has named the job: it is not named again.
    package static func told(_ text: String, of job: String) -> String {
        let name = "job \(job): "
        return text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasPrefix(name) ? $0.dropFirst(name.count) : $0
        }.joined(separator: "\n")
    }

    /// The failure with a place, where it had none.
    package func at(_ place: String) -> Failure {
        var copy = self
        if copy.place == nil { copy.place = place }
        return copy
    }
}
