/// The keys of a job's header, as the script and `jobs.NAME` of the configuration may say them.
enum HeaderKeys {
    /// The keys with a plain value.
    static let plain = [
        "about", "schedule", "timezone", "timeout", "memory", "overlap", "catch_up", "catch_up_window", "retry", "redo",
        "user", "limits", "alert_after", "jitter", "after", "expect", "except", "group", "priority",
    ]

    /// The longest `about`, in bytes.
    static let aboutLimit = 1000
    /// How many schedules a job may have, and how many windows in which it does not run.
    static let scheduleLimit = 100
    /// How many jobs it may follow, and how many groups it may be in.
    static let nameLimit = 20

    /// Takes the plain keys that are given, and sets them in the header.
    static func apply(_ section: inout Section, to header: inout JobHeader) throws(Failure) {
        if let about = try section.text("about") {
            guard about.utf8.count <= aboutLimit else {
                throw section.failure(["about"], "must be at most \(aboutLimit) bytes, not \(about.utf8.count)")
            }
            header.about = about
        }
        try applySchedule(&section, to: &header)
        if let timeout = try section.duration("timeout") { header.timeout = timeout }
        if let memory = try section.size("memory", in: 1 << 20...1 << 40) { header.memory = memory }
        if let limits = try section.section("limits") {
            header.limits = try LimitKeys.apply(limits, to: header.limits)
        }
        if let word = try section.word("overlap", of: Overlap.allCases.map(\.rawValue)) {
            header.overlap = Overlap(rawValue: word) ?? .skip
        }
        if let word = try section.word("catch_up", of: CatchUp.allCases.map(\.rawValue)) {
            header.catchUp = CatchUp(rawValue: word) ?? .once
        }
        if let window = try section.duration("catch_up_window", zero: true) { header.catchUpWindow = window }
        if let retry = section.take("retry") { header.retry = try self.retry(retry, section) }
        if let redo = try section.bool("redo") { header.redo = redo }
        if let after = section.take("alert_after") {
            guard let runs = after == false ? 0 : after.integer, (0...1000).contains(runs) else {
                throw section.mismatch("alert_after", "a whole number of runs from 0 to 1000, or false", after)
            }
            header.alertAfter = runs
        }
        if let user = try section.text("user") { header.user = user }
        try applyStart(&section, to: &header)
    }

    /// What decides when a run that is due starts, and after what else one is.
    private static func applyStart(_ section: inout Section, to header: inout JobHeader) throws(Failure) {
        if let jitter = try section.duration("jitter", zero: true) { header.jitter = jitter }
        if let names = try names("after", "a job's name, or a list of them", &section) { header.after = names }
        if let names = try names("group", "a group's name, or a list of them", &section) { header.groups = names }
        if let word = try section.word("priority", of: Priority.allCases.map(\.rawValue)) {
            header.priority = Priority(rawValue: word) ?? .normal
        }
        var copy = section
        if copy.take("expect") == false {
            section = copy
            header.expect = nil
        } else if let expect = try section.duration("expect") {
            header.expect = expect
        }
    }

    private static func applySchedule(_ section: inout Section, to header: inout JobHeader) throws(Failure) {
        let schedule = "a schedule such as \"*/30 * * * *\", \"@daily\", \"every 90s\", or a list of them"
        if let texts = try texts("schedule", schedule, of: "schedules", &section) { header.schedules = texts }
        let except = "a window such as \"2026-12-24\", \"SAT,SUN\", \"22:00-06:00\", or a list of them"
        if let texts = try texts("except", except, of: "windows", &section) { header.except = texts }
        if let timezone = try section.text("timezone") { header.timezone = timezone }
    }

    /// A text or a list of them, or `false` for none; nil: the key is not given.
    private static func texts(
        _ key: String, _ expected: String, of what: String, _ section: inout Section
    ) throws(Failure) -> [String]? {
        guard let value = section.take(key) else { return nil }
        if value == false { return [] }
        let values = value.list ?? [value]
        guard values.count <= scheduleLimit else {
            throw section.failure([key], "must be at most \(scheduleLimit) \(what)")
        }
        var texts: [String] = []
        for (index, value) in values.enumerated() {
            guard let text = value.text, !text.isEmpty, text.utf8.count <= 1000 else {
                throw section.mismatch(values.count > 1 ? [key, "[\(index + 1)]"] : [key], expected, value)
            }
            texts.append(text)
        }
        return texts
    }

    /// A name or a list of them, or `false` for none; nil: the key is not given.
    private static func names(
        _ key: String, _ expected: String, _ section: inout Section
    ) throws(Failure) -> [String]? {
        guard let value = section.take(key) else { return nil }
        if value == false { return [] }
        let values = value.list ?? [value]
        guard values.count <= nameLimit else {
            throw section.failure([key], "must be at most \(nameLimit) names")
        }
        var names: [String] = []
        for (index, value) in values.enumerated() {
            guard let name = value.text, JobName.isValid(name) else {
                throw section.mismatch(values.count > 1 ? [key, "[\(index + 1)]"] : [key], expected, value)
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// A number of further attempts, or `{ attempts, delay, max_delay }`; false: none.
    private static func retry(_ value: Value, _ section: Section) throws(Failure) -> Retry? {
        if value == false { return nil }
        if let attempts = value.integer {
            guard (0...1000).contains(attempts) else {
                throw section.mismatch("retry", "at most 1000 further attempts", value)
            }
            return attempts == 0 ? nil : Retry(attempts: Int(attempts))
        }
        guard case .map = value else {
            throw section.mismatch(
                "retry", "a number of attempts, or { attempts = 3, delay = \"10s\", max_delay = \"1h\" }", value)
        }
        var inner = try Section(value, of: section.file, at: section.path + ["retry"])
        let given = try inner.integer("attempts", in: 0...1000)
        let delay = try inner.duration("delay", zero: true)
        let maxDelay = try inner.duration("max_delay", zero: true)
        // First: a name that is misspelt is not missing.
        try inner.finish(known: ["attempts", "delay", "max_delay"])
        guard let attempts = given else {
            throw inner.failure(["attempts"], "is missing", cure: "say how many attempts may follow the first")
        }
        var retry = Retry(attempts: Int(attempts))
        if let delay { retry.delay = delay }
        if let maxDelay { retry.maxDelay = maxDelay }
        retry.maxDelay = max(retry.delay, retry.maxDelay)
        return attempts == 0 ? nil : retry
    }
}
