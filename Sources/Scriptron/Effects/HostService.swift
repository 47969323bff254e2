/// The services of the host, with their arguments and answers. Times are epoch seconds, sizes bytes.
package enum HostService: String, Sendable, CaseIterable {
    /// `{key}` → the job's value or null.
    case stateGet = "state.get"
    /// `{key, value}` → null; durable when answered.
    case stateSet = "state.set"
    /// `{key, expected, value}` → true, or false where the value is no longer `expected` (null: absent).
    case stateReplace = "state.replace"
    /// `{key}` → whether there was one.
    case stateDelete = "state.delete"
    /// `{}` → sorted list of keys.
    case stateKeys = "state.keys"
    /// `{name, wait}` (seconds) → the lock's token, or null where it is held by another run after the wait.
    case lockHold = "lock.hold"
    /// `{token}` → null.
    case lockRelease = "lock.release"
    /// `{queue, body, key, delay}` → `{id, new}`; what queue services change is durable when answered.
    case queuePush = "queue.push"
    /// `{queue, bodies, keys, delay}` (keys: a list as long, or null) → list of `{id, new}`; all in one transaction.
    case queuePushAll = "queue.push_all"
    /// `{queue, max, lease, crashes}` → list of `{id, body, key, attempt, crashes, pushed, lease, token, error}`.
    case queueClaim = "queue.claim"
    /// `{queue, tasks: [{id, token}]}` → list of the ids whose lease is lost.
    case queueDone = "queue.done"
    /// `{queue, tasks: [{id, token, retry_in | dead | postpone, error}]}` → the same.
    case queueReturn = "queue.return"
    /// `{queue, tasks: [{id, token}], lease}` → the same.
    case queueExtend = "queue.extend"
    /// `{queue, max, after}` → list of rows (`QueueTask.row`).
    case queueDead = "queue.dead"
    /// `{queue, ids, delay}` (null: at most 1000 dead ones) → how many.
    case queueRequeue = "queue.requeue"
    /// `{queue, seconds}` (null: for good) → null.
    case queuePause = "queue.pause"
    /// `{queue}` → null.
    case queueResume = "queue.resume"
    /// `{queue}` → a row (`QueueFigures.row`).
    case queueStats = "queue.stats"
    /// `{}` → `{busy, iowait, user, system, steal, idle}` (shares of 1) since the job's last look, null at its first.
    case sysCPU = "sys.cpu"
    /// `{}` → `{total, available, free, cached, swap_total, swap_free}`.
    case sysMemory = "sys.memory"
    /// `{}` → `{one, five, fifteen, cores}`.
    case sysLoad = "sys.load"
    /// `{}` → `{cpu, memory, io}`, each `{some10, some60, some300, full10, full60, full300}` in percent, or null where
    /// the kernel has no PSI.
    case sysPressure = "sys.pressure"
    /// `{timeout}` → list of `{path, device, type, size, used, free, inodes, inodes_used, read_only}`, each real disk
    /// once; one that did not answer, or not in time, has `error` and `code` and no figures.
    case sysDisks = "sys.disks"
    /// `{path, timeout}` → the same for the file system that holds the path.
    case diskUsage = "disk.usage"
    /// `{}` → seconds since boot.
    case sysUptime = "sys.uptime"
    /// `{}` → text.
    case sysHostname = "sys.hostname"
    /// `{}` → `{bytes, free}`.
    case sysStore = "sys.store"
    /// `{}` → the path of a consistent copy of the store in the run's scratch.
    case storeCopy = "sys.store_copy"
    /// `{}` → list of `{name, last_success, outcome, result, next, scheduled}`: when the last success was and what it
    /// returned, and how the last run ended.
    case sysJobs = "sys.jobs"
    /// `{device, inode}` or `{paths}` → list of `{pid, name, mode, appends}` of the processes that have it open (mapped
    /// counts), or null where the host may not look everywhere; `{entries: [{device, inode}]}` → a list of such lists.
    case openers
    /// `{entries: [{device, inode}]}` → list of booleans, or null where the host may not look everywhere.
    case openAny = "open_any"
    /// `{name}` or `{pidfile}` → list of `{pid, name, user, started, command}`.
    case findProcesses = "process.find"
    /// How many processes a signal would reach, refused as the signal would be.
    case signalable = "process.signalable"
    /// `{name}` or `{pidfile}`, and `{signal}` → how many were signalled.
    case signalProcesses = "process.signal"
    /// `{unit}` → whether it is active; null where no systemd runs.
    case unitActive = "service.active"
    /// `{unit, change}` (`reload`, `restart`) → null, or the refusal that the change would get.
    case unitCheck = "service.check"
    /// `{unit, timeout}` (seconds) → null, when systemd has done it.
    case unitReload = "service.reload"
    /// The same.
    case unitRestart = "service.restart"
    /// `{how, key, bad, clear, severity, summary, for_runs, fields}`, `how` being `check`, `fire` or `resolve` → `{state}`
    /// (`ok`, `pending`, `firing`); durable when answered.
    case alertReport = "alert.report"
    /// The same arguments → what `alert.report` would answer now; it changes nothing.
    case alertLook = "alert.look"
    /// `{name, kind, value, labels}` → null, or why the value is dropped.
    case metricAdd = "metrics.add"
    /// `{name, kind, labels, since, limit}` → list of `{time, span, count, sum, least, greatest, last}`.
    case metricHistory = "metrics.history"
    /// `{name, kind, labels, since, bound, at_least}` → `{seconds, rate, covers}`, or null where the bound is not ahead.
    case metricForecast = "metrics.forecast"
    /// `{host, timeout}` → list of addresses as text.
    case resolve = "net.resolve"
    /// `{name}` → the bytes of a granted secret, which the host hides from now on in all that the worker says.
    case secret = "secret.get"
    /// `{}` → the operator's ceiling for this job (`Ceiling.value`), or null where there is none.
    case ceiling = "grant.ceiling"
    /// `{path, user, arguments, environment, directory}` → `{program}`, the number by which it is signalled, with four
    /// descriptors: the writing end of its input, the reading ends of its output, errors and status (`ProgramStatus`).
    /// It is a granted program of another user, started by the zygote beside the worker and under the same grant.
    case programStart = "program.start"
    /// `{program, signal}` → null; to the program and its process group.
    case programSignal = "program.signal"

    /// Whether it is about queues.
    package var isOfQueue: Bool { rawValue.hasPrefix("queue.") }
    /// Whether it is about units of systemd.
    package var isOfUnit: Bool { rawValue.hasPrefix("service.") }
}

/// What a worker tells its host without waiting.
package enum WorkerNote: Sendable, Hashable {
    /// A line of the run's log.
    case log(level: String, message: String, fields: [String: Value])
    /// How far the run is; `total` is nil where unknown.
    case progress(done: Double, total: Double?, label: String)
    /// `this.warn`.
    case warning(String)
    /// Something was refused; the text names the cure.
    case refusal(String)
    /// A limit was hit, by its name.
    case limit(String)
    /// So many lines of the log came faster than the limit allows, and were dropped.
    case dropped(Int64)
    /// A run that learns its needs used something.
    case used(Use)
}
