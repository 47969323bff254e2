/// What a worker is asked to do: the first message on its channel.
package struct WorkerOrder: Sendable, Hashable {
    /// The kinds of work.
    package enum Task: String, Sendable {
        /// Evaluate a configuration file: no API at all; the result is what the file returns.
        case configuration
        /// Evaluate a script's header, then its needs with the settings that the host answers: no API at all.
        case describe
        /// The same with `discover`, which reads within its grant.
        case discover
        /// One attempt.
        case run
        /// One attempt whose effects are only planned.
        case dryRun
    }

    package var task: Task
    /// The job's name; the file's for a configuration.
    package var job: String
    /// The name of the script among the version's files, as errors show it (`jobs/sweep.lua`).
    package var script: String
    /// What relative paths are relative to.
    package var base: Path
    /// The resolved settings.
    package var settings: Value = [:]
    /// The facts that `discover` returned.
    package var facts: Value = .null
    /// Monotonic instant of the soft deadline, in seconds.
    package var deadline: Double
    /// Seconds between the deadline and the kill.
    package var grace: Double
    /// The zone's name for times that the script formats; nil: the machine's.
    package var timezone: String?
    /// The plain fields of `this`.
    package var this: [String: Value] = [:]
    /// The run's scratch directory.
    package var scratch: Path?
    /// Whether the run tells what it uses.
    package var learns = false
    /// In a dry run, what the job may do when it is run; null: the worker's own grant.
    package var grant: Value?
    /// The terms of a dry run (`DryRunTerms`).
    package var dry: Value = .null

    package init(task: Task, job: String, script: String, base: Path, deadline: Double, grace: Double) {
        self.task = task
        self.job = job
        self.script = script
        self.base = base
        self.deadline = deadline
        self.grace = grace
    }
}

extension WorkerOrder {
    /// The order as the channel carries it.
    var value: Value {
        .map([
            "task": .text(task.rawValue), "job": .text(job), "script": .text(script), "base": .bytes(base.bytes),
            "settings": settings, "facts": facts, "deadline": .number(deadline), "grace": .number(grace),
            "timezone": timezone.map { .text($0) } ?? .null, "this": .map(this),
            "scratch": scratch.map { .bytes($0.bytes) } ?? .null, "grant": grant ?? .null,
            "learns": .bool(learns), "dry": dry,
        ])
    }

    /// The order out of a message of the host; nil where it is none.
    init?(_ value: Value) {
        guard let task = value["task"]?.text.flatMap(Task.init), let job = value["job"]?.text,
            let script = value["script"]?.text, case .bytes(let base)? = value["base"],
            let deadline = value["deadline"]?.double, let grace = value["grace"]?.double
        else { return nil }
        self.init(
            task: task, job: job, script: script, base: Path(bytes: base), deadline: deadline, grace: grace)
        settings = value["settings"] ?? [:]
        facts = value["facts"] ?? .null
        timezone = value["timezone"]?.text
        this = value["this"]?.map ?? [:]
        learns = value["learns"]?.bool ?? false
        dry = value["dry"] ?? .null
        if let grant = value["grant"], !grant.isNull { self.grant = grant }
        if case .bytes(let scratch)? = value["scratch"] { self.scratch = Path(bytes: scratch) }
    }
}
