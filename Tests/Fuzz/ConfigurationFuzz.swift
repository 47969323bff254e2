// Any value as what scriptron.lua returned in a worker: it is refused with a place in the file, or what it gives keeps
// to the bounds that the rest of the host relies on.
// Longest: 512
// Sources: Config/*

private let words = [
    "jobs_dir", "state_dir", "timezone", "concurrency", "default_user", "ceiling", "jobs", "listen", "channels",
    "routes",
    "socket_group", "script", "enabled", "sandbox", "write_exec", "settings", "needs", "about", "schedule", "timeout",
    "memory", "overlap", "catch_up", "catch_up_window", "retry", "redo", "user", "run", "discover", "attempts", "delay",
    "max_delay", "read", "write", "connect", "dns", "secrets", "signal", "service", "setid", "approve", "limits",
    "jitter",
    "after", "backup", "backup.lua", "sweep", "x_spec.lua", "enforced", "best-effort", "off", "skip", "queue", "none",
    "once", "all", "@daily", "every ", "5m", "90s", "1h30m", "64MiB", "2TiB", "0", "*/30 * * * *", "var", "../..", "/",
    "/etc",
    "UTC", "root", "$secret", "localhost:80", "*:*", "10.0.0.0/8:1", "unix:/run/x", "1", "\n", " ", ".", "true",
]

private let text = Array(
    "return {\n  jobs_dir = \"jobs\",\n  ceiling = { read = { \"/\" } },\n  jobs = {\n    backup = { timeout = 1 },\n  },\n}\n"
        .utf8)

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzConfiguration(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var draft = ValueDraft(input(data, count), words: words)
    let value = draft.map(Int(draft.byte()) % 16)
    let configuration: Configuration
    do {
        configuration = try Configuration(value, file: Path("/srv/app/scriptron.lua"), text: text)
    } catch {
        precondition(
            !error.message.isEmpty && error.place?.hasPrefix("scriptron.lua") == true, "an error without a place")
        return 0
    }
    for path in [configuration.base, configuration.jobsDirectory, configuration.stateDirectory] {
        precondition(path.isAbsolute && path == path.normalized && !path.bytes.contains(0), "a path that is none")
    }
    precondition(configuration.concurrency.map { (1...10_000).contains($0) } ?? true, "a concurrency out of range")
    for (name, job) in configuration.jobs {
        precondition(JobName.isValid(name), "a job's name that is none")
        precondition(job.script.map(JobName.isScript) ?? true, "a script's name that is none")
        guard let header = try? job.applied(to: JobHeader()) else {
            fatalError("what was taken of a job cannot be applied")
        }
        precondition(header.timeout > 0 && header.timeout.isFinite, "a timeout that is none")
        precondition((1 << 20...1 << 40).contains(header.memory), "a memory limit out of range")
        _ = try? Settings(
            SettingDeclarations(nil), layers: [job.layer], sets: [], base: configuration.base)
    }
    return 0
}
