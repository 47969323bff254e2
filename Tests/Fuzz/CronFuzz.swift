// Any text as a schedule: it is refused, or its fire times rise, lead back, and are counted right, in a zone that puts
// its clock forward and back.
// Longest: 256
// Sources: Schedule/CivilDate Schedule/Cron* Schedule/DaySeconds Schedule/JobSchedule* Schedule/LocalTime
// Sources: Schedule/PosixZoneRule Schedule/Schedule* Schedule/Zone Schedule/ZoneOffset Schedule/ZoneTable

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
    guard let schedule = try? JobSchedule(texts, zone: zone), !schedule.isEmpty else { return 0 }
    for start in starts {
        let times = schedule.fireTimes(after: start, through: start + 200_000, limit: 200)
        var last = start
        for time in times {
            precondition(time > last, "fire times do not rise")
            precondition(schedule.previous(before: time).map { $0 <= last } ?? true, "a fire time was left out")
            last = time
        }
        let end = times.count < 200 ? start + 200_000 : last
        precondition(schedule.count(after: start, through: end) == Int64(times.count), "the count is another")
        precondition(schedule.next(after: start) != nil, "a schedule that was taken never fires")
    }
    return 0
}
