/// The keys of a job's header, as the script and `jobs.NAME` of the configuration may say them.
enum HeaderKeys {
    /// Known from the start, so that nobody believes that they work: their behaviour is not there yet.
    static let later = ["jitter", "after", "expect", "except", "group"]

    /// The keys with a plain value.
    static let plain = [
        "about", "schedule", "timezone", "timeout", "memory", "overlap", "catch_up", "catch_up_window", "retry", "redo",
        "user", "limits", "alert_after", "priority",
    ]

    /// The longest `about`, in bytes.
    static let aboutLimit = 1000
    /// How many schedules a job may have.
    static let scheduleLimit = 100

    /// Takes the plain keys that are given, and sets them in the header.
    static func apply(_ section: inout Section, to header: inout JobHeader) throws(Failure) {
        try section.refuse(later)
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
            header.overlap = try supported(word, .skip, "overlap", section)
        }
        if let word = try section.word("catch_up", of: CatchUp.allCases.map(\.rawValue)) {
            header.catchUp = word == CatchUp.none.rawValue ? .none : try supported(word, .once, "catch_up", section)
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
        if let word = try section.word("priority", of: Priority.allCases.map(\.rawValue)) {
            header.priority = Priority(rawValue: word) ?? .normal
        }
    }

    private static func applySchedule(_ section: inout Section, to header: inout JobHeader) throws(Failure) {
        if let value = section.take("schedule") {
            if value == false {
                header.schedules = []
            } else {
                let expected = "a schedule such as \"*/30 * * * *\", \"@daily\", \"every 90s\", or a list of them"
                let texts = value.list ?? [value]
                guard texts.count <= scheduleLimit else {
                    throw section.failure(["schedule"], "must be at most \(scheduleLimit) schedules")
                }
                var schedules: [String] = []
                for (index, value) in texts.enumerated() {
                    guard let text = value.text, !text.isEmpty, text.utf8.count <= 1000 else {
                        throw section.mismatch(
                            texts.count > 1 ? ["schedule", "[\(index + 1)]"] : ["schedule"], expected, value)
                    }
                    schedules.append(text)
                }
                header.schedules = schedules
            }
        }
        if let timezone = try section.text("timezone") { header.timezone = timezone }
    }

    /// The one value of a key that works already.
    private static func supported<Word: RawRepresentable<String>>(
        _ word: String, _ value: Word, _ key: String, _ section: Section
    ) throws(Failure) -> Word {
        guard word == value.rawValue else {
            throw section.failure([key], "\"\(word)\" is not supported yet", cure: "take \"\(value.rawValue)\"")
        }
        return value
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
