/// What a job declares that it must touch, as written: paths, globs and names not resolved yet.
package struct Needs: Sendable, Hashable {
    /// A program the job may start: a name, a path or a glob, and the user it runs as where that is another.
    package struct Program: Sendable, Hashable {
        package var name: String
        package var user: String?

        package init(name: String, user: String? = nil) {
            self.name = name
            self.user = user
        }
    }

    package var read: [Path] = []
    /// Write implies read.
    package var write: [Path] = []
    package var run: [Program] = []
    /// `host:port`, `*.domain:port`, `network/bits:port`, `unix:/path`.
    package var connect: [String] = []
    package var dns = false
    package var secrets: [String] = []
    /// Names of processes that may be signalled.
    package var signal: [String] = []
    /// Service units that may be asked about and restarted.
    package var service: [String] = []
    package var setid = false
    package var user: String?

    package init() {}
}

/// The most that the operator allows a job. An absent key in a given ceiling denies.
package struct Ceiling: Sendable, Hashable {
    package var read: [Path] = []
    package var write: [Path] = []
    package var run: [String] = []
    package var connect: [String] = []
    package var dns = false
    package var secrets: [String] = []
    package var signal: [String] = []
    package var service: [String] = []
    package var setid = false
    package var user: [String] = []

    package init() {}
}
