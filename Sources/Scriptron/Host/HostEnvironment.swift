/// What the configuration and the machine fix for every job: where things are, what is protected, what is allowed.
package struct HostEnvironment: Sendable {
    package let configuration: Configuration
    package var facts: SandboxFacts
    /// The zone of jobs that name none.
    package var zone: Zone
    /// Whom jobs run as where nobody says otherwise; nil: the host's own user.
    package var defaultUser: String?
    /// The host's binary.
    package let executable: Path
    /// What no job is granted.
    package let protected: [ProtectedPath]
    /// Whether missing write paths are made; false for a look that changes nothing.
    package var makesMissing = true

    /// Works out the rest from the configuration. Under root, jobs run as the state directory's owner by default.
    package init(_ configuration: Configuration, facts: SandboxFacts, executable: Path) throws(Failure) {
        self.configuration = configuration
        self.facts = facts
        self.executable = executable
        protected = Self.protected(configuration, executable)
        zone = try Zone.named(orSystem: configuration.timezone)
        defaultUser = configuration.defaultUser
        if defaultUser == nil, Users.isRoot, let owner = Users.owner(of: configuration.stateDirectory), owner != 0 {
            defaultUser = Users.name(of: owner)
        }
    }

    /// Where the host keeps its own things.
    package var places: StatePlaces { StatePlaces(configuration.stateDirectory) }

    private static func protected(_ configuration: Configuration, _ executable: Path) -> [ProtectedPath] {
        let places = StatePlaces(configuration.stateDirectory)
        var paths = [
            ProtectedPath(configuration.jobsDirectory, "the jobs directory"),
            ProtectedPath(places.store, "the store", secret: true),
            ProtectedPath(places.socket, "the host's socket", secret: true),
            ProtectedPath(places.runs, "the logs of runs"),
            ProtectedPath(places.scratch, "the scratch directories of runs"),
            ProtectedPath(places.leases, "the host's leases"),
            ProtectedPath(places.lock, "the host's lock"),
            ProtectedPath(places.approved, "what operators approved"),
            ProtectedPath(executable, "the host's binary"),
        ]
        paths.append(ProtectedPath(configuration.secretsDirectory, "the secrets", secret: true))
        if let file = configuration.file { paths.append(ProtectedPath(file, "the configuration")) }
        return paths
    }

    /// The terms on which a job's needs become a grant.
    package func terms(_ job: String, header: JobHeader) -> GrantTerms {
        let words = configuration.job(job)
        var terms = GrantTerms(
            base: configuration.base, stateDirectory: configuration.stateDirectory, facts: facts)
        terms.makesMissing = makesMissing
        terms.protected = protected
        terms.ceiling = configuration.ceiling
        terms.defaultUser = defaultUser
        terms.jobUser = words.user
        terms.writeExec = words.writeExec
        terms.mode = words.sandbox
        terms.memory = header.memory
        terms.limits = header.limits
        return terms
    }
}

extension HostEnvironment {
    /// What an operator should know, though it works.
    package func warnings(_ entries: [CatalogEntry]) -> [String] {
        var warnings: [String] = []
        if configuration.channels.isEmpty {
            warnings.append("no channel is set: alerts are kept, and sent to nobody (channels in scriptron.lua)")
        } else if configuration.routing.channels.isEmpty {
            warnings.append(
                "no route leads to a channel: alerts are kept, and sent to nobody (routes in scriptron.lua)")
        }
        if configuration.ceiling == nil, Users.isRoot {
            warnings.append("there is no ceiling: every job gets what it declares, as root may grant it")
        }
        if defaultUser == nil, Users.isRoot {
            warnings.append(
                "jobs that name no user run as root: set default_user, or give the state directory an owner")
        }
        for entry in entries {
            if let problem = entry.problem {
                warnings.append("job \(entry.name): " + Failure.told(problem.description, of: entry.name))
            }
            if let mode = entry.loaded?.grant.mode, mode != .enforced {
                warnings.append("job \(entry.name) runs with sandbox = \"\(mode.rawValue)\"")
            }
        }
        return warnings
    }
}

/// Where the host's own things lie in a state directory.
package struct StatePlaces: Sendable, Hashable {
    package let directory: Path

    package init(_ directory: Path) { self.directory = directory }

    /// The host's Unix socket.
    package var socket: Path { directory.appending("scriptron.sock") }
    /// The logs of runs.
    package var runs: Path { directory.appending("runs") }
    /// The store's files.
    package var store: Path { directory.appending("store") }
    /// The scratch directories of runs.
    package var scratch: Path { directory.appending("scratch") }
    package var leases: Path { directory.appending("leases") }
    package var lock: Path { directory.appending("lock") }
    /// What operators approved, a file a job.
    package var approved: Path { directory.appending("approved") }
}
