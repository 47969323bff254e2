/// What the command line does in its own process, without asking a running host.
///
/// The daemon's side implements it; `Sources/scriptron` parses, calls and prints. Every call blocks the main thread
/// and leaves no thread or process behind.
package protocol HostCommands: Sendable {
    /// Runs the host until it is told to stop (SIGTERM, SIGINT; a second signal does it at once); returns the exit
    /// code. `ready` is called once, on any thread, when the socket answers: with the row of `HostControl.status`.
    func serve(_ place: ConfigurationPlace, ready: @escaping @Sendable (Value) -> Void) throws(Failure) -> Int32

    /// What is wrong with the configuration and the jobs, a row a finding: `level` (`error` or `warning`), `code
    /// place message cure`; and `jobs`, a row a job as in `HostControl.jobs`. `only` names jobs, or absolute paths of
    /// scripts and libraries, that it is about; empty: all of them, and the configuration.
    func check(_ place: ConfigurationPlace, only: [String]) throws(Failure) -> CheckReport

    /// The settings of a job, a row each as in `HostControl.settings`, by its script and the configuration.
    func settings(job: String, _ place: ConfigurationPlace) throws(Failure) -> [Value]

    /// A dry run, through a zygote of its own, on a copy of the store: a map with `job script schedule next needs
    /// refused plan totals log metrics alerts outcome error result smallest_needs`, as `DryRunReport` (the renderer)
    /// reads it. Loading errors are thrown.
    func dryRun(_ request: DryRunRequest, _ place: ConfigurationPlace) throws(Failure) -> Value

    /// Runs the specs in files and directories (`name`: as people read it), of their cases those whose name has `only`
    /// in it; `row` gets a record a case (`SpecRun.run`).
    func specs(
        _ operands: [(name: String, path: Path)], only: String?, row: (Value) throws(Failure) -> Void
    ) throws(Failure)

    /// Runs the job once, or an earlier run again (`repeats`), as a host of one run, where no host holds the state directory; `line` gets the run's log as
    /// it comes. Returns the run's row.
    func runAlone(
        _ request: StartRequest, _ place: ConfigurationPlace, line: @escaping @Sendable (Value) -> Void
    ) throws(Failure) -> Value

    /// Does what an operator asks of queues on the store itself, where no host runs; as `HostControl.queue`.
    func queue(_ order: QueueOrder, _ place: ConfigurationPlace) throws(Failure) -> [Value]

    /// Where the configuration puts the state directory and the jobs. Evaluates it, in a worker.
    func locate(_ place: ConfigurationPlace) throws(Failure) -> (stateDirectory: Path, jobsDirectory: Path)
}

/// Which configuration a command is about.
package struct ConfigurationPlace: Sendable, Hashable {
    /// The file, absolute; nil: there is none, and `jobs` and `var` in the working directory are meant
    /// (`Configuration(workingDirectory:)`).
    package var file: Path?
    package var workingDirectory: Path

    package init(file: Path?, workingDirectory: Path) {
        self.file = file
        self.workingDirectory = workingDirectory
    }

    /// What relative paths start at, where nothing else is said.
    package var base: Path { file?.parent ?? workingDirectory }
}

/// What `check` found.
package struct CheckReport: Sendable, Hashable {
    package var findings: [Value]
    package var jobs: [Value]
    /// Whether the configuration bounds what jobs may declare.
    package var hasCeiling: Bool
    /// The channels that are described, and those of them that hear of alerts by some route.
    package var channels: [String]
    package var heard: Set<String>

    package init(
        findings: [Value], jobs: [Value], hasCeiling: Bool = false, channels: [String] = [], heard: Set<String> = []
    ) {
        self.findings = findings
        self.jobs = jobs
        self.hasCeiling = hasCeiling
        self.channels = channels
        self.heard = heard
    }
}

/// What is tried without being done.
package struct DryRunRequest: Sendable {
    /// A job's name, or the absolute path of a script (it need not lie in the jobs directory).
    package var script: String
    /// The job whose configuration applies (`--as`); nil: the one named after the script.
    package var job: String?
    /// Settings as written (`a.b=v`).
    package var sets: [String]
    /// A file of settings below `sets` (Lua that returns a table, or JSON), and what people call it.
    package var settings: (path: Path, name: String)?
    /// Settings by values, below `sets`.
    package var given: GivenSettings?
    /// The fire time that the script sees; nil: now.
    package var at: Timestamp?
    /// Whether what only reads is really asked of the network, within the grant.
    package var network = false
    /// Really run, against overlays whose changes may take so many bytes of memory; nil: planned.
    package var shadow: Int64?
    /// What it finds in the place of the machine's own; nil: the machine's own.
    package var scene: DryRunScene?

    package init(script: String, job: String? = nil, sets: [String] = [], at: Timestamp? = nil) {
        self.script = script
        self.job = job
        self.sets = sets
        self.at = at
    }
}
