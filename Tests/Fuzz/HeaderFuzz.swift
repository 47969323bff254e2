// Any value as the header that a worker sends, whose word is not trusted: it is refused with a place in the script, or
// the definition holds what schedules, settings and attempts rely on. Bytes behind the header are `--set` arguments.
// Longest: 512
// Sources: Config/* Schedule/CivilDate Schedule/ClockEffect Schedule/Cron* Schedule/DaySeconds Schedule/JobSchedule*
// Sources: Schedule/LocalTime Schedule/PosixZoneRule Schedule/Schedule* Schedule/StableChoice Schedule/Zone
// Sources: Schedule/Zone+Format Schedule/ZoneOffset Schedule/ZoneTable

private let words = [
    "run", "needs", "discover", "$function", "settings", "about", "schedule", "timezone", "timeout", "memory",
    "overlap",
    "catch_up", "catch_up_window", "retry", "redo", "user", "jitter", "after", "expect", "except", "group", "priority",
    "alert_after", "limits", "attempts", "delay", "max_delay", "$option", "default", "required", "choices", "$secret",
    "string", "number", "boolean", "duration", "size", "path", "paths", "list", "map", "one_of", "secret", "table",
    "skip",
    "queue", "cancel", "none", "once", "all", "* * * * *", "*/5 ", "@hourly", "@start", "every ", "90s", "1h30m", "7d",
    "64KiB", "2GiB", "5 4 * * 1", "0 0 31 2 *", "L", "~", " ", "a", "b", "a.b", "", "=", "$", "/x", "..", "1e999",
    "0x10",
    "true", "yes", "x",
]
private let functions: Value = ["$function": true]
private let zone: Zone = {
    guard let rule = PosixZoneRule("CET-1CEST,M3.5.0,M10.5.0/3".utf8) else { fatalError("the rule is right") }
    return Zone(name: "fuzz", table: ZoneTable(rule: rule))
}()

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzHeader(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var draft = ValueDraft(input(data, count), words: words)
    let first = draft.byte()
    var members = draft.map(Int(first & 15)).map ?? [:]
    // Half of the inputs have the one key that no header goes without.
    if first & 128 == 0 { members["run"] = functions }
    let file = SourceFile("jobs/x.lua", text: Array("return job {\n  timeout = 1,\n  settings = { a = 1 },\n}\n".utf8))
    let definition: JobDefinition
    do {
        definition = try JobDefinition(header: .map(members), file: file)
    } catch {
        precondition(!error.message.isEmpty && error.place?.hasPrefix("jobs/x.lua") == true, "an error without a place")
        return 0
    }
    let header = definition.header
    precondition(header.timeout > 0 && header.timeout.isFinite && header.timeout < 4e9, "a timeout that is none")
    precondition((1 << 20...1 << 40).contains(header.memory), "a memory limit out of range")
    precondition(header.catchUpWindow >= 0 && header.catchUpWindow < 4e9, "a window that is none")
    if let retry = header.retry {
        precondition((1...1000).contains(retry.attempts) && retry.delay >= 0 && retry.maxDelay >= 0, "a wrong retry")
    }
    precondition(header.schedules.count <= 100, "too many schedules")
    _ = try? JobSchedule(header.schedules, zone: zone, job: "x")
    let sets = draft.left.split(separator: 0).prefix(4).compactMap {
        try? SetArgument(String(decoding: $0, as: UTF8.self))
    }
    let base = Path("/srv")
    guard let defaults = try? Settings(definition.settings, base: base) else {
        fatalError("the defaults that were checked cannot be resolved")
    }
    precondition(defaults.values.map != nil, "settings that are no table")
    if let settings = try? Settings(definition.settings, sets: sets, base: base) {
        guard let bytes = try? ValueCodec.encode(settings.values) else { fatalError("settings that cannot be sent") }
        precondition((try? ValueCodec.decode(bytes)) == settings.values || settings.values.holdsNaN, "settings change")
    }
    return 0
}
