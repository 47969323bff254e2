// Any text as a schedule: it is refused at a character that it has, or its fire times rise, lead back, are counted right
// and can be told in words, in a zone that puts its clock forward and back.
// Longest: 256
// Sources: Schedule/CivilDate Schedule/ClockEffect Schedule/Cron* Schedule/DaySeconds Schedule/JobSchedule*
// Sources: Schedule/LocalTime Schedule/PosixZoneRule Schedule/Schedule* Schedule/StableChoice Schedule/Zone
// Sources: Schedule/Zone+Format Schedule/ZoneOffset Schedule/ZoneTable

private let zone: Zone = {
    guard let rule = PosixZoneRule("CET-1CEST,M3.5.0,M10.5.0/3".utf8) else { fatalError("the rule is right") }
    return Zone(name: "fuzz", table: ZoneTable(rule: rule))
}()

/// A day before the clock is put forward in 2026, and a day before it is put back.
private let starts = [Timestamp(seconds: 1_774_659_600), Timestamp(seconds: 1_792_803_600)]

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzCron(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
    let texts = input.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
    for text in texts {
        do throws(ScheduleFault) { _ = try Schedule(text, job: "fuzz") } catch {
            precondition((0...text.count).contains(error.index), "a character that the text does not have")
            precondition(!error.message.isEmpty && !error.cure.isEmpty, "nothing is said")
            _ = error.pointing
        }
    }
    guard let schedule = try? JobSchedule(texts, zone: zone, job: "fuzz"), !schedule.isEmpty else { return 0 }
    for (_, words) in schedule.explanations { precondition(words.count > 5, "no words") }
    for start in starts {
        let times = schedule.fireTimes(after: start, through: start + 200_000, limit: 50)
        var last = start
        for time in times {
            precondition(time > last, "fire times do not rise")
            precondition(schedule.previous(before: time).map { $0 <= last } ?? true, "a fire time was left out")
            last = time
        }
        if let time = times.last {
            precondition(schedule.row(time)["schedule"]?.list?.isEmpty == false, "nothing fires at a fire time")
        }
        let end = times.count < 50 ? start + 200_000 : last
        precondition(schedule.count(after: start, through: end) == Int64(times.count), "the count is another")
        precondition(schedule.next(after: start) != nil, "a schedule that was taken never fires")
    }
    return 0
}
