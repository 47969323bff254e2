/// What `scriptron.lua` says, validated, with the defaults for what it leaves out.
package struct Configuration: Sendable, Hashable {
    /// The file; nil: there is none.
    package var file: Path?
    /// What relative paths are relative to, everywhere: the folder of the file, else that of the jobs directory.
    package var base: Path
    /// Absolute.
    package var jobsDirectory: Path
    /// Absolute.
    package var stateDirectory: Path
    /// A file a secret, absolute.
    package var secretsDirectory: Path
    /// A zone of tzdata; nil: the machine's.
    package var timezone: String?
    /// How many attempts run at once; nil: four for each core.
    package var concurrency: Int?
    /// How many runs of all jobs in a group run at once, by the group's name.
    package var groups: [String: Int] = [:]
    /// The user of jobs that name none, under a root host.
    package var defaultUser: String?
    /// Nil: a job gets what it declares.
    package var ceiling: Ceiling?
    /// The places that alerts are sent to, by their names.
    package var channels: [String: ChannelConfiguration] = [:]
    package var routing = AlertRouting()
    package var jobs: [String: JobConfiguration] = [:]

    private static let later = ["listen", "socket_group"]
    private static let known = [
        "jobs_dir", "state_dir", "secrets_dir", "timezone", "concurrency", "default_user", "ceiling", "jobs",
        "channels", "routes", "groups",
    ]

    /// The configuration without a file: `jobs` and `var` in the working directory (absolute).
    package init(workingDirectory: Path) {
        base = workingDirectory
        jobsDirectory = workingDirectory.appending("jobs")
        stateDirectory = workingDirectory.appending("var")
        secretsDirectory = workingDirectory.appending("secrets")
    }

    /// Decodes what the file returned in a worker; nothing of it is trusted. `file` is absolute. Fails (code `ECONFIG`)
    /// with the file's name, the key and what was expected.
    package init(_ value: Value, file path: Path, text: [UInt8] = []) throws(Failure) {
        self.init(workingDirectory: path.parent)
        file = path
        let source = SourceFile(Path(bytes: path.name).text, text: text)
        if value.isNull {
            throw Failure(
                code: "ECONFIG", "the file returns nothing", place: source.name,
                cure: "end it with return { … }, an empty table for the defaults")
        }
        var section = try Section(value, of: source)
        if let directory = try Self.directory("jobs_dir", &section) {
            jobsDirectory = base.appending(directory).normalized
        }
        if let directory = try Self.directory("state_dir", &section) {
            stateDirectory = base.appending(directory).normalized
        }
        if let directory = try Self.directory("secrets_dir", &section) {
            secretsDirectory = base.appending(directory).normalized
        }
        guard jobsDirectory != stateDirectory else {
            throw section.failure(["state_dir"], "is the jobs directory", cure: "give it a directory of its own")
        }
        timezone = try section.text("timezone")
        concurrency = try section.integer("concurrency", in: 1...10_000).map { Int($0) }
        if var groups = try section.section("groups") { self.groups = try Self.groups(&groups) }
        defaultUser = try section.text("default_user")
        ceiling = try section.section("ceiling").map { (section) throws(Failure) in try Ceiling(section) }
        (channels, routing) = try AlertRouting.decode(&section, base: base)
        try section.refuse(Self.later)
        if var jobs = try section.section("jobs") { self.jobs = try Self.jobs(&jobs) }
        try section.finish(known: Self.known + Self.later)
    }

    private static func directory(_ key: String, _ section: inout Section) throws(Failure) -> Path? {
        guard let value = section.take(key) else { return nil }
        guard case .bytes(let bytes) = value, !bytes.isEmpty, !bytes.contains(0) else {
            throw section.mismatch(key, "a directory's path", value)
        }
        return Path(bytes: bytes)
    }

    private static func groups(_ section: inout Section) throws(Failure) -> [String: Int] {
        var groups: [String: Int] = [:]
        for name in section.keys {
            guard JobName.isValid(name) else {
                throw section.failure(
                    [name], "no name for a group", cure: "take a-z, 0-9, _ and -, and begin with a letter or digit")
            }
            groups[name] = try section.integer(name, in: 1...10_000).map { Int($0) }
        }
        return groups
    }

    private static func jobs(_ section: inout Section) throws(Failure) -> [String: JobConfiguration] {
        var jobs: [String: JobConfiguration] = [:]
        for name in section.keys {
            guard JobName.isValid(name) else {
                throw section.failure(
                    [name], "no name for a job", cure: "take a-z, 0-9, _ and -, and begin with a letter or digit")
            }
            guard let job = try section.section(name) else { continue }
            jobs[name] = try JobConfiguration(job)
        }
        return jobs
    }

    /// What `jobs.NAME` says; the defaults where it says nothing.
    package func job(_ name: String) -> JobConfiguration { jobs[name] ?? JobConfiguration() }

    /// Which file is the configuration: `--config`, then `$SCRIPTRON_CONFIG` (both must exist, which reading finds out),
    /// then `./scriptron.lua` (not as root: another user's directory must not decide what root does), then
    /// `/etc/scriptron/scriptron.lua`. Absolute; nil: there is none.
    package static func find(
        argument: String?, environment: String?, isRoot: Bool, workingDirectory: Path, exists: (Path) -> Bool
    ) -> Path? {
        for given in [argument, environment] {
            if let given, !given.isEmpty { return workingDirectory.appending(given).normalized }
        }
        let here = workingDirectory.appending("scriptron.lua").normalized
        if !isRoot, exists(here) { return here }
        let system = Path("/etc/scriptron/scriptron.lua")
        return exists(system) ? system : nil
    }
}
