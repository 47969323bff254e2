import Glibc

/// Everything on the way from the root to where a path leads: the directories that are passed, the links that are
/// followed, and what is at the end.
package struct PathTrail: Sendable, Hashable {
    /// One name on the way.
    package struct Step: Sendable, Hashable {
        /// Its path, no link in it but itself.
        package var path: Path
        /// As it is itself, a link not followed.
        package var status: FileStatus
    }

    /// From the root on, in the order in which the kernel passes them.
    package private(set) var steps: [Step] = []
    /// Where the path leads; where something is missing, the path of that.
    package private(set) var end: Path
    /// Whether the way ends before the path does.
    package private(set) var isBroken = false

    /// Follows an absolute path; at most 40 links, as the kernel does (path_resolution(7)).
    package init(_ path: Path) throws(SystemError) {
        var left = path.components[...]
        var links = 0
        end = Path("/")
        try step(end)
        while let name = left.popFirst() {
            if name == Array("..".utf8) {
                end = end.parent
                continue
            }
            let next = end.appending(Path(bytes: name))
            guard let status = try step(next) else {
                end = next
                isBroken = true
                return
            }
            guard status.kind == .link else {
                end = next
                continue
            }
            links += 1
            guard links <= 40, let target = next.linkTarget() else {
                throw SystemError(ELOOP, call: "readlink", subject: path.text)
            }
            if target.isAbsolute { end = Path("/") }
            left = (target.components + left)[...]
        }
    }

    /// Adds what is at a path; nil where there is nothing.
    @discardableResult
    private mutating func step(_ path: Path) throws(SystemError) -> FileStatus? {
        guard let status = try FileStatus.of(path, follow: false) else { return nil }
        steps.append(Step(path: path, status: status))
        return status
    }

    /// What is at the end; nil where something is missing.
    package var status: FileStatus? { isBroken ? nil : steps.last { $0.path == end }?.status }
}
