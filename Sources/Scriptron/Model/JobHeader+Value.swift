/// What a run keeps of its job's header: all that decides how it goes on once it is claimed.
extension JobHeader {
    /// The keys by their names in a script; those that have their default are left out.
    package var value: Value {
        let usual = JobHeader()
        var map: [String: Value] = [:]
        func put<Field: Equatable>(_ key: String, _ field: KeyPath<JobHeader, Field>, _ value: Value?) {
            if self[keyPath: field] != usual[keyPath: field] { map[key] = value ?? .null }
        }
        put("timezone", \.timezone, timezone.map { .text($0) })
        put("timeout", \.timeout, .number(timeout))
        put("memory", \.memory, .int(memory))
        put("limits", \.limits, limits.value)
        put("overlap", \.overlap, .text(overlap.rawValue))
        put("retry", \.retry, retry?.value)
        put("redo", \.redo, .bool(redo))
        put("jitter", \.jitter, .number(jitter))
        put("expect", \.expect, expect.map { .number($0) })
        put("except", \.except, .texts(except))
        put("group", \.groups, .texts(groups))
        put("priority", \.priority, .text(priority.rawValue))
        put("user", \.user, user.map { .text($0) })
        put("discover", \.discovers, .bool(discovers))
        return .map(map)
    }

    /// The header out of its value; what that does not say has its default.
    package init(_ value: Value) {
        timezone = value["timezone"]?.text
        timeout = value["timeout"]?.double ?? timeout
        memory = value["memory"]?.integer ?? memory
        limits = value["limits"].map(JobLimits.init) ?? limits
        overlap = value["overlap"]?.text.flatMap(Overlap.init) ?? overlap
        retry = value["retry"].flatMap(Retry.init)
        redo = value["redo"]?.bool ?? redo
        jitter = value["jitter"]?.double ?? jitter
        expect = value["expect"]?.double
        except = value["except"]?.list?.compactMap(\.text) ?? except
        groups = value["group"]?.list?.compactMap(\.text) ?? groups
        priority = value["priority"]?.text.flatMap(Priority.init) ?? priority
        user = value["user"]?.text
        discovers = value["discover"]?.bool ?? discovers
    }
}

extension Retry {
    /// As a header says it.
    fileprivate var value: Value {
        ["attempts": .int(Int64(attempts)), "delay": .number(delay), "max_delay": .number(maxDelay)]
    }

    fileprivate init?(_ value: Value) {
        guard let attempts = value["attempts"]?.integer, let delay = value["delay"]?.double,
            let maxDelay = value["max_delay"]?.double
        else { return nil }
        self.init(attempts: Int(clamping: attempts), delay: delay, maxDelay: maxDelay)
    }
}
