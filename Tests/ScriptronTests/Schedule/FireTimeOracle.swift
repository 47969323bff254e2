@testable import Scriptron

/// Fire times found the slow way: the clock of the zone is watched second by second (or minute by minute), as cron
/// itself does it. It shares the zone's offsets with the code under test, and nothing else.
struct FireTimeOracle {
    let expression: CronExpression
    let zone: Zone
    /// 60 where the expression fires at second 0 only.
    var step: Int64 = 60
    /// How long before the first fire time the clock is watched, in seconds: longer than any hour was ever repeated.
    var lookback: Int64 = 4 * 3600

    /// The fire times later than `after` and not later than `through`, for a schedule that is no interval.
    func fireTimes(after: Int64, through: Int64) -> [Int64] {
        var times: [Int64] = []
        // The latest that the clock has shown so far.
        var highest = Int64.min
        var instant = floorDivide(after - lookback, step) * step
        while instant <= through {
            let shown = instant + zone.offset(at: Timestamp(seconds: instant)).seconds
            let before = highest == .min ? shown - step : highest
            highest = max(before, shown)
            if instant > after {
                let fires =
                    expression.isCadence
                    ? fits(shown)
                    : stride(from: before + step, through: shown, by: Int64.Stride(step)).contains(where: fits)
                if fires { times.append(instant) }
            }
            instant += step
        }
        return times
    }

    private func fits(_ local: Int64) -> Bool {
        let shown = LocalTime(localSeconds: local)
        return expression.second.contains(shown.second) && expression.minute.contains(shown.minute)
            && expression.hour.contains(shown.hour) && expression.fits(shown.date, weekday: shown.date.weekday)
    }
}

/// The schedules that every zone and change is tried with.
enum SampleSchedules {
    static let minutely = [
        "* * * * *", "*/30 * * * *", "30 * * * *", "0 */2 * * *", "*/15 0-3 * * *", "7 1-5 * * *", "30 2 * * *",
        "0,30 2 * * *", "0 0 * * *", "0 3 * * *", "59 23 * * *", "0 1 * * sun", "15 2 1-7 * */7", "30 1 29 2 *",
        "@hourly", "@daily",
    ]
    static let secondly = ["*/7 * * * * *", "15,45 59 1,2 * * *", "* 0 2 * * *", "0 30 0-23/2 * * *"]
}

/// The instants at which a zone's clock is put forward or back, in a range.
func changes(of zone: Zone, from: Int64, to end: Int64) -> [Int64] {
    var found: [Int64] = []
    var instant = Timestamp(seconds: from)
    while let next = zone.nextTransition(after: instant), next.seconds < end {
        found.append(next.seconds)
        instant = next
    }
    return found
}
