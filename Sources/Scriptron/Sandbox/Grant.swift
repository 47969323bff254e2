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
        package var user: Identity?

        package init(name: String, path: Path, files: [Path], user: Identity? = nil) {
            self.name = name
            self.path = path
            self.files = files
            self.user = user
        }
    }

    /// A Unix socket that may be connected to.
    package struct UnixSocket: Sendable, Hashable {
        /// As the need names it, normalized.
        package var path: Path
        /// Where that leads, no link in it: the only path that is ever opened.
        package var real: Path

        package init(path: Path, real: Path) {
            self.path = path
            self.real = real
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
    /// Where those of `read` and `write` lead that are reached by links: what is enforced. The job uses either.
    package var links: [Path: Path] = [:]
    package var programs: [Program] = []
    /// As the needs write them: `host:port`, `*.domain:port`, `network/bits:port`, `unix:/path`.
    package var connect: [String] = []
    /// The TCP ports of `connect`.
    package var ports: [UInt16] = []
    /// The Unix sockets of `connect`.
    package var sockets: [UnixSocket] = []
    /// Whether programs may ask the machine's name servers.
    package var dns = false
    /// Whether connections are planned that nothing here allows: the dry run of a job that connects.
    package var plansConnections = false
    /// Who judges connections by their addresses; none: the kernel, by their ports.
    package var broker = BrokerReach.none
    /// Whether the broker hears of the files that programs open too, for a run that learns its needs.
    package var isWatched = false
    package var secrets: [String] = []
    package var signal: [String] = []
    package var service: [String] = []
    package var setid = false
    /// Nil: no switch, the host's own user.
    package var identity: Identity?
    package var mode: SandboxMode = .enforced
    /// Lua's memory, in bytes.
    package var memory: Int64 = 64 << 20
    package var limits = JobLimits()

    package init() {}

    /// Whether processes may be made: by its programs, or because nothing keeps native code from it.
    package var hasPrograms: Bool { !programs.isEmpty || mode != .enforced }

    /// Whether it lets anything connect.
    package var connects: Bool { !connect.isEmpty || dns }

    /// The grant of evaluations: nothing at all.
    package static let nothing = Grant()
}
