/// `time`, and `os.date` and `os.time` in the job's zone.
package func timeModule(_ context: APIContext) -> HostModule {
    HostModule(
        "time",
        functions: [
            HostFunction("now") { arguments in
                try arguments.end(0)
                return [.int(try context.current("time.now").effects.now().seconds)]
            },
            HostFunction("precise") { arguments in
                try arguments.end(0)
                return [.number(try context.current("time.precise").effects.now().epoch)]
            },
            HostFunction("steady") { arguments in
                try arguments.end(0)
                return [.number(try context.current("time.steady").effects.steady())]
            },
            HostFunction("format") { arguments in
                let instant = try instant(arguments, 0)
                let pattern = arguments[1].isNull ? "%Y-%m-%d %H:%M:%S" : try arguments.text(1, "format")
                return [.text(try zone(arguments, 2, context).format(instant, pattern))]
            },
            HostFunction("parse") { arguments in
                let text = try arguments.text(0, "text")
                let instant = try zone(arguments, 1, context).instant(parsing: text)
                let isWhole = instant.microseconds % 1_000_000 == 0
                return [isWhole ? .int(instant.seconds) : .number(instant.epoch)]
            },
            HostFunction("seconds") { arguments in
                try arguments.end(1)
                guard let seconds = Quantity.seconds(arguments[0]) else {
                    throw noDuration(arguments)
                }
                return [Int64(exactly: seconds).map { .int($0) } ?? .number(seconds)]
            },
            HostFunction("sleep") { arguments in
                try arguments.end(1)
                guard let seconds = Quantity.seconds(arguments[0]) else {
                    throw noDuration(arguments)
                }
                try context.current("time.sleep").effects.sleep(seconds: seconds)
                return []
            },
            HostFunction("os_date") { arguments in
                let session = try context.current("os.date")
                var format = arguments[0].isNull ? "%c" : try arguments.text(0, "format")
                let instant = arguments[1].isNull ? session.effects.now() : try instant(arguments, 1)
                var zone = session.zone
                if format.hasPrefix("!") {
                    zone = .utc
                    format.removeFirst()
                }
                if format.hasPrefix("*t") { return [broken(instant, zone)] }
                return [.text(try zone.format(instant, format))]
            },
            HostFunction("os_time") { arguments in
                let session = try context.current("os.time")
                if arguments[0].isNull { return [.int(session.effects.now().seconds)] }
                return [.int(session.zone.instant(of: try local(arguments)).seconds)]
            },
        ],
        prelude: prelude
    )
}

private let prelude = """
    local time, base = ...
    base.os.date, base.os.time = time.os_date, time.os_time
    time.os_date, time.os_time = nil, nil
    """

private func instant(_ arguments: Arguments, _ index: Int) throws(Failure) -> Timestamp {
    let seconds = try arguments.number(index, "time")
    guard abs(seconds) < 253_402_300_800 else { throw arguments.mismatch(index, "time", "seconds since 1970") }
    return Timestamp(seconds)
}

/// The zone of the options at `index`; the job's where none is given.
private func zone(_ arguments: Arguments, _ index: Int, _ context: APIContext) throws(Failure) -> Zone {
    var options = try arguments.options(index)
    let name = try options.text("zone")
    try options.finish(known: ["zone"])
    if let name { return try Zone(named: name) }
    return try context.current(arguments.function).zone
}

/// The table of `os.date("*t")`.
private func broken(_ instant: Timestamp, _ zone: Zone) -> Value {
    let local = zone.local(instant)
    let first = CivilDate(year: local.date.year, month: 1, day: 1)
    // 1970-01-01, day 0, was a Thursday; Lua counts from Sunday, which is 1.
    let weekday = ((local.date.dayNumber + 4) % 7 + 7) % 7 + 1
    return [
        "year": .int(local.date.year), "month": .int(Int64(local.date.month)), "day": .int(Int64(local.date.day)),
        "hour": .int(Int64(local.hour)), "min": .int(Int64(local.minute)), "sec": .int(Int64(local.second)),
        "wday": .int(weekday), "yday": .int(local.date.dayNumber - first.dayNumber + 1),
        "isdst": .bool(zone.offset(at: instant).isSummer),
    ]
}

/// The local time of `os.time`'s table; fields beyond their range carry over, as in C's mktime.
private func local(_ arguments: Arguments) throws(Failure) -> LocalTime {
    guard let fields = arguments[0].map else { throw arguments.mismatch(0, "time", "a table of date fields") }
    func field(_ name: String, _ fallback: Int64?) throws(Failure) -> Int64 {
        guard let value = fields[name] else {
            if let fallback { return fallback }
            throw Failure(code: "EARGUMENT", "os.time: the field \(name) is missing")
        }
        guard let number = value.integer ?? value.text.flatMap({ Int64($0) }), abs(number) < 1_000_000_000 else {
            throw Failure(code: "EARGUMENT", "os.time: the field \(name) must be a whole number")
        }
        return number
    }
    let year = try field("year", nil)
    let months = year * 12 + (try field("month", nil)) - 1
    let normal = months >= 0 ? months / 12 : -((11 - months) / 12)
    guard abs(normal) < 1_000_000 else { throw Failure(code: "EARGUMENT", "os.time: the year is out of range") }
    let first = CivilDate(year: normal, month: Int(months - normal * 12) + 1, day: 1)
    let day = first.dayNumber + (try field("day", nil)) - 1
    let seconds = try field("hour", 12) * 3600 + (try field("min", 0)) * 60 + (try field("sec", 0))
    return LocalTime(localSeconds: day * 86400 + seconds)
}

/// The failure of what is no duration; the shortest that a text can say is a second.
private func noDuration(_ arguments: Arguments) -> Failure {
    let isShort = arguments[0].text?.hasSuffix("ms") == true
    return arguments.mismatch(
        0, "duration", "a duration such as \"90s\" or \"7d\", or seconds",
        cure: isShort ? "write a part of a second as a number: 0.5" : nil)
}
