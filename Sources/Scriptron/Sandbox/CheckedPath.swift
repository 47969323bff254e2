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
        guard !name.isEmpty, name.count <= PathResolver.longestName, !dots.contains(name), !name.contains(0),
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
package struct PathResolver: Sendable {
    /// The longest path, in bytes without the NUL (PATH_MAX).
    package static let longestPath = 4095
    /// The longest name, in bytes (NAME_MAX).
    package static let longestName = 255

    private let base: Path
    private let job: String
    private let followsLinks: Bool
    private let read: [Path]
    private let write: [Path]
    private let ceiling: Ceiling?

    /// - Parameters:
    ///   - base: The configuration's folder, absolute: relative paths start there.
    ///   - scratch: The run's own directory, writable without a need.
    ///   - job: The job's name, for messages.
    ///   - ceiling: The operator's bound, so that a refusal can name it; it allows nothing by itself.
    package init(grant: Grant, base: Path, scratch: Path?, job: String, ceiling: Ceiling? = nil) {
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
        guard allows(path, access) else { throw refusal(path, access, call: call) }
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
        guard !raw.isEmpty else { throw Failure(code: "EINVAL", "\(call): the path is empty") }
        guard !raw.contains(0) else {
            throw Failure(code: "EINVAL", "\(call): the path holds a NUL byte: \(Path(bytes: raw).text)")
        }
        let path = base.appending(Path(bytes: raw))
        guard raw.count <= Self.longestPath, path.bytes.count <= Self.longestPath else {
            throw Failure(code: "ENAMETOOLONG", "\(call): the path is longer than \(Self.longestPath) bytes")
        }
        guard path.components.allSatisfy({ $0.count <= Self.longestName }) else {
            throw Failure(code: "ENAMETOOLONG", "\(call): a name in the path is longer than \(Self.longestName) bytes")
        }
        return path.normalized
    }

    private func refusal(_ path: Path, _ access: Access, call: String, through link: Path? = nil) -> Failure {
        let way = link.flatMap { $0 == path ? nil : " (where \($0.text) leads)" } ?? ""
        return GrantRefusal.path(path, access, job: job, call: call, way: way, ceiling: ceiling, base: base)
    }
}
