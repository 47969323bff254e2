/// All schedules of a job in its zone: when it is due. An instant that several of them name is one fire time.
package struct JobSchedule: Sendable, Hashable {
    /// The schedules as written.
    package let texts: [String]
    package let zone: Zone
    /// One for each text.
    let schedules: [Schedule]

    /// Reads the schedules of a job; none is a job that only people start. An error says which one and what is wrong
    /// with it; one that never fires in the zone is refused.
    package init(_ texts: [String], zone: Zone, job: String) throws(Failure) {
        guard texts.count <= 64 else {
            throw Failure(
                code: "ESCHEDULE", "there are \(texts.count) schedules, at most 64 are allowed",
                cure: "join some of them by lists in their fields")
        }
        var schedules: [Schedule] = []
        for text in texts {
            let schedule = try Self.read(text, job)
            // A new year of our time; whatever never comes after it has nothing to wait for.
            if schedule != .start, schedule.next(after: 1_704_067_200, in: zone) == nil {
                throw Failure(
                    code: "ESCHEDULE",
                    "schedule `\(text)` never fires in \(zone.name): the clock passes over its times",
                    cure: "name a time that the clock shows, or write it without `*` in minute and hour")
            }
            schedules.append(schedule)
        }
        self.texts = texts
        self.zone = zone
        self.schedules = schedules
    }

    private static func read(_ text: String, _ job: String) throws(Failure) -> Schedule {
        do throws(ScheduleFault) { return try Schedule(text, job: job) } catch { throw error.failure }
    }

    /// Whether the job runs once when the host starts.
    package var runsAtStart: Bool { schedules.contains(.start) }

    /// Whether it has no fire times; it may still run at the host's start.
    package var isEmpty: Bool { schedules.allSatisfy { $0 == .start } }

    /// The first fire time later than an instant, in whole seconds.
    package func next(after instant: Timestamp) -> Timestamp? {
        let second = instant.seconds
        return schedules.compactMap { $0.next(after: second, in: zone) }.min().map(Timestamp.init(seconds:))
    }

    /// The last fire time earlier than an instant, in whole seconds.
    package func previous(before instant: Timestamp) -> Timestamp? {
        // The first whole second that is not earlier.
        let second = -Timestamp(microseconds: -instant.microseconds).seconds
        return schedules.compactMap { $0.previous(before: second, in: zone) }.max().map(Timestamp.init(seconds:))
    }

    /// The fire times later than `after` and not later than `through`, rising; at most the first `limit`.
    package func fireTimes(after: Timestamp, through: Timestamp, limit: Int) -> [Timestamp] {
        var times: [Timestamp] = []
        var last = after
        while times.count < limit, let time = next(after: last), time <= through {
            times.append(time)
            last = time
        }
        return times
    }

    /// The first `limit` fire times later than an instant, rising.
    package func nextTimes(after: Timestamp, limit: Int) -> [Timestamp] {
        fireTimes(after: after, through: Timestamp(microseconds: .max), limit: limit)
    }
}
