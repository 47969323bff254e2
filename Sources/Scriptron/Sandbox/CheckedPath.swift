/// What is done to a path: looking at it, its names and its contents, or changing them.
package enum Access: String, Sendable, Hashable {
    case read
    case write
}

/// A path that the grant allows: the only thing effects accept. Only `PathResolver` makes one.
package struct CheckedPath: Sendable, Hashable {
    /// Absolute, without `.`, `..` and doubled slashes.
    package let path: Path

    /// Only for `PathResolver`: nothing else may vouch for a path.
    fileprivate init(_ path: Path) { self.path = path }

    /// A name inside a directory that was checked already: what is inside a grant is granted. Nil where `name` is
    /// empty, `.`, `..`, too long, or holds a slash or a NUL.
    package func entry(_ name: [UInt8]) -> CheckedPath? {
        let dots = [[UInt8(ascii: ".")], [UInt8(ascii: "."), UInt8(ascii: ".")]]
        guard !name.isEmpty, name.count <= PathText.longestName, !dots.contains(name), !name.contains(0),
            !name.contains(UInt8(ascii: "/"))
        else { return nil }
        return CheckedPath(path.appending(Path(bytes: name)))
    }
}

/// The one place where a path of a script becomes one that effects accept.
///
/// It works on the path's text, so that the answer is the clear message; the certainty (links, races) is the
/// kernel's. Where no kernel layer stands behind it, because the job's sandbox is not enforced, it follows links itself
/// and refuses one that leads out.
package struct PathResolver {
    /// Where relative paths start.
    package let base: Path
    private let job: String
    private let followsLinks: Bool
    private let read: [Path]
    private let write: [Path]
    private let ceiling: () -> Ceiling?

    /// - Parameters:
    ///   - base: The configuration's folder, absolute: relative paths start there.
    ///   - scratch: The run's own directory, writable without a need.
    ///   - job: The job's name, for messages.
    ///   - ceiling: The operator's bound, so that a refusal can name it; it is asked for by refusals alone, and allows
    ///     nothing by itself.
    package init(
        grant: Grant, base: Path, scratch: Path?, job: String, ceiling: @escaping () -> Ceiling? = { nil }
    ) {
        let scratch = scratch.map { [$0.normalized] } ?? []
        let followsLinks = grant.mode != .enforced
        // A granted directory may itself be reached by a link: what is inside its target is granted too.
        func roots(_ paths: [Path]) -> [Path] {
            followsLinks ? paths + paths.compactMap { try? $0.resolvingExistingLinks() } : paths
        }
        self.base = base.normalized
        self.job = job
        self.followsLinks = followsLinks
        self.write = roots(grant.write + scratch)
        self.read = roots(grant.read)
        self.ceiling = ceiling
    }

    /// Checks a path of a script.
    ///
    /// - Parameters:
    ///   - raw: The bytes as the script gave them; relative ones start at the base.
    ///   - call: What was called (`fs.write`), for the message.
    ///   - follow: Whether the call follows a link that the path's last name is; nil: reading does, writing does not.
    ///     It matters only where the job's sandbox is not enforced.
    /// - Throws: `EINVAL` (empty, NUL), `ENAMETOOLONG`, or `EGRANT` with the line that would allow it.
    package func check(
        _ raw: [UInt8], _ access: Access, call: String, follow: Bool? = nil
    ) throws(Failure) -> CheckedPath {
        let path = try absolute(raw, call: call)
        guard allows(path, access) else {
            var failure = refusal(path, access, call: call)
            // Whoever wrote `out.txt` may have thought of another place.
            if raw.first != UInt8(ascii: "/") { failure.message += " (relative paths start at \(base.text))" }
            throw failure
        }
        guard followsLinks else { return CheckedPath(path) }
        let real: Path
        do throws(SystemError) {
            real =
                follow ?? (access == .read)
                ? try path.resolvingExistingLinks()
                : try path.parent.resolvingExistingLinks().appending(Path(bytes: path.name)).normalized
        } catch {
            throw error.failure()
        }
        guard allows(real, access) else { throw refusal(real, access, call: call, through: path) }
        return CheckedPath(path)
    }

    /// Checks text, as `check` does.
    package func check(_ text: String, _ access: Access, call: String) throws(Failure) -> CheckedPath {
        try check(Array(text.utf8), access, call: call)
    }

    /// Whether the grant covers a path that is absolute and normalized.
    package func allows(_ path: Path, _ access: Access) -> Bool {
        write.contains { path.isInside($0) } || (access == .read && read.contains { path.isInside($0) })
    }

    /// The path, absolute and normalized, refused where no file could have such a name.
    private func absolute(_ raw: [UInt8], call: String) throws(Failure) -> Path {
        do throws(PathText.Problem) {
            return try PathText.absolute(raw, base: base)
        } catch {
            let shown = error == .holdsNUL ? ": \(Path(bytes: raw).text)" : ""
            throw Failure(code: error.code, "\(call): \(error.message)\(shown)")
        }
    }

    private func refusal(_ path: Path, _ access: Access, call: String, through link: Path? = nil) -> Failure {
        let way = link.flatMap { $0 == path ? nil : " (where \($0.text) leads)" } ?? ""
        let need = GrantRefusal.need(for: path, access)
        return refusal(
            "\(call) may not \(access.rawValue) \(path.text)\(way)", access.rawValue, need.text
        ) { ceiling in GrantRefusal.allows(ceiling, need, access, base: base) }
    }

    /// The refusal of anything that the grant does not hold, in the one form that all of them have.
    ///
    /// - Parameters:
    ///   - what: What was refused: `process.run may not run id`.
    ///   - key: The key of needs and ceiling that would allow it.
    ///   - value: The text that should stand there.
    ///   - isAllowed: Whether a ceiling covers it.
    package func refusal(
        _ what: String, _ key: String, _ value: String, within isAllowed: (Ceiling) -> Bool
    ) -> Failure {
        let isForbidden = ceiling().map { !isAllowed($0) } ?? false
        return GrantRefusal.failure(job: job, what, key, value, isForbidden: isForbidden)
    }

    /// The same by the whole lines of needs and ceiling that would allow it.
    package func refusal(
        _ what: String, needs: String, ceiling line: String, within isAllowed: (Ceiling) -> Bool
    ) -> Failure {
        var cure = "add it to the job's needs: \(needs)"
        if let ceiling = ceiling(), !isAllowed(ceiling) {
            cure += ", and to the ceiling, which forbids it now: ceiling = { \(line) }"
        }
        return Failure(code: "EGRANT", "job \(job): \(what)", cure: cure)
    }
}
