/// What is enforced on one attempt: needs within the ceiling, resolved to absolute paths, programs and a user.
package struct Grant: Sendable, Hashable {
    /// A program that may be executed.
    package struct Program: Sendable, Hashable {
        /// As the need names it.
        package var name: String
        /// Where it was found, absolute.
        package var path: Path
        /// Every file that must be executable for it: itself, the targets of links, interpreters, helpers.
        package var files: [Path]
        /// Another user it runs as; nil: the job's.
        package var user: String?

        package init(name: String, path: Path, files: [Path], user: String? = nil) {
            self.name = name
            self.path = path
            self.files = files
            self.user = user
        }
    }

    /// The user that the attempt runs as.
    package struct Identity: Sendable, Hashable {
        package var name: String
        package var uid: UInt32
        package var gid: UInt32
        package var groups: [UInt32]
        package var home: Path

        package init(name: String, uid: UInt32, gid: UInt32, groups: [UInt32], home: Path) {
            self.name = name
            self.uid = uid
            self.gid = gid
            self.groups = groups
            self.home = home
        }
    }

    /// Absolute, normalized, sorted, without one that lies inside another.
    package var read: [Path] = []
    /// The same; write implies read.
    package var write: [Path] = []
    package var programs: [Program] = []
    /// Only `host:port` in this form; a `unix:` need is refused until the connect broker is there.
    package var connect: [String] = []
    /// The TCP ports of `connect`.
    package var ports: [UInt16] = []
    package var secrets: [String] = []
    package var signal: [String] = []
    package var service: [String] = []
    package var setid = false
    /// Nil: no switch, the host's own user.
    package var identity: Identity?
    package var mode: SandboxMode = .enforced
    /// Lua's memory, in bytes.
    package var memory: Int64 = 64 << 20
    /// How many processes the attempt may have at once.
    package var processes: Int = 512

    package init() {}

    /// The grant of evaluations: nothing at all.
    package static let nothing = Grant()
}
