/// What the kernel says of the machine's load, read from the texts of /proc (proc(5)).
enum MachineFigures {
    /// Ticks that the processors spent, all together (the first line of /proc/stat).
    struct Processors: Sendable, Hashable {
        var user: UInt64
        var system: UInt64
        var idle: UInt64
        var iowait: UInt64
        var steal: UInt64
        /// How many processors are online.
        var count: Int

        /// Nil where the text is no /proc/stat.
        init?(_ text: String) {
            let lines = text.split(separator: "\n")
            guard let total = lines.first(where: { $0.hasPrefix("cpu ") }) else { return nil }
            let ticks = total.split(separator: " ").dropFirst().compactMap { UInt64($0) }
            guard ticks.count >= 7 else { return nil }
            // Guests' time is counted in user and nice already.
            user = ticks[0] + ticks[1]
            system = ticks[2] + ticks[5] + ticks[6]
            idle = ticks[3]
            iowait = ticks[4]
            steal = ticks.count > 7 ? ticks[7] : 0
            count = lines.count { $0.hasPrefix("cpu") && $0.dropFirst(3).first?.isNumber == true }
        }

        /// The shares of the time since an earlier look, each 0 to 1; null where no time has passed.
        func shares(since earlier: Processors) -> Value {
            // iowait and idle are known to step back a little (proc(5)): such a step counts as none.
            func passed(_ ticks: KeyPath<Processors, UInt64>) -> Double {
                let (now, before) = (self[keyPath: ticks], earlier[keyPath: ticks])
                return now > before ? Double(now - before) : 0
            }
            let parts: [(String, Double)] = [
                ("user", passed(\.user)), ("system", passed(\.system)), ("idle", passed(\.idle)),
                ("iowait", passed(\.iowait)), ("steal", passed(\.steal)),
            ]
            let total = parts.reduce(0) { $0 + $1.1 }
            guard total > 0 else { return .null }
            var shares = Dictionary(uniqueKeysWithValues: parts.map { ($0.0, Value.number($0.1 / total)) })
            shares["busy"] = .number((total - passed(\.idle) - passed(\.iowait)) / total)
            return .map(shares)
        }
    }

    /// `{total, available, free, cached, swap_total, swap_free}` in bytes, from /proc/meminfo.
    static func memory(_ text: String) -> Value? {
        var bytes: [Substring: Int64] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == " " })
            if parts.count >= 2, let number = Int64(parts[1]) { bytes[parts[0]] = number.multipliedByUnit(parts) }
        }
        guard let total = bytes["MemTotal"], let free = bytes["MemFree"] else { return nil }
        let cached = bytes["Cached", default: 0] + bytes["Buffers", default: 0]
        return [
            "total": .int(total), "free": .int(free), "cached": .int(cached),
            // Kernels before 3.14 do not say it.
            "available": .int(bytes["MemAvailable"] ?? min(total, free + cached)),
            "swap_total": .int(bytes["SwapTotal", default: 0]), "swap_free": .int(bytes["SwapFree", default: 0]),
        ]
    }

    /// The memory within a container's limit: /proc/meminfo speaks of the whole machine. The texts are those of
    /// memory.max, memory.current and memory.stat (cgroup v2); without a limit the figures stay as they are.
    ///
    /// What is cached and not in use counts as available, as the kernel takes it back before it kills.
    static func memory(_ memory: Value, limit: String, current: String, statistics: String) -> Value {
        guard var figures = memory.map, let total = figures["total"]?.integer, let free = figures["free"]?.integer,
            let available = figures["available"]?.integer, let most = Int64(limit.trimmingLineFeed), most < total,
            let taken = Int64(current.trimmingLineFeed)
        else { return memory }
        let line = statistics.split(separator: "\n").first { $0.hasPrefix("inactive_file ") }
        let cached = line.flatMap { Int64($0.dropFirst("inactive_file ".count)) } ?? 0
        figures["total"] = .int(most)
        figures["free"] = .int(min(free, max(0, most - taken)))
        figures["available"] = .int(min(available, max(0, most - taken + min(cached, taken))))
        return .map(figures)
    }

    /// `{one, five, fifteen, cores}`, from /proc/loadavg.
    static func load(_ text: String, cores: Int) -> Value? {
        let numbers = text.split(separator: " ").prefix(3).compactMap { Double($0) }
        guard numbers.count == 3 else { return nil }
        return [
            "one": .number(numbers[0]), "five": .number(numbers[1]), "fifteen": .number(numbers[2]),
            "cores": .int(Int64(cores)),
        ]
    }

    /// `{some10, some60, some300, full10, full60, full300}` in percent, from a file of /proc/pressure; the `full` ones
    /// are missing where the kernel does not say them (of the processors, before 5.13).
    static func pressure(_ text: String) -> Value? {
        var figures: [String: Value] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard let kind = parts.first, kind == "some" || kind == "full" else { continue }
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=")
                guard pair.count == 2, pair[0].hasPrefix("avg"), let percent = Double(pair[1]) else { continue }
                figures["\(kind)\(pair[0].dropFirst(3))"] = .number(percent)
            }
        }
        return figures.isEmpty ? nil : .map(figures)
    }

    /// Seconds since boot, from /proc/uptime.
    static func uptime(_ text: String) -> Double? { text.split(separator: " ").first.flatMap { Double($0) } }

    /// When the machine was booted, from /proc/stat.
    static func bootTime(_ text: String) -> Timestamp? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Int64($0.dropFirst(6)) }.map { Timestamp(seconds: $0) }
    }
}

extension String {
    fileprivate var trimmingLineFeed: Substring { hasSuffix("\n") ? dropLast() : self[...] }
}

extension Int64 {
    /// The number in the unit that follows it: kB (which means KiB in /proc), or none.
    fileprivate func multipliedByUnit(_ parts: [Substring]) -> Int64 {
        parts.count > 2 && parts[2] == "kB" ? self &* 1024 : self
    }
}
