// Any bytes as a zone's file (TZif): they are refused, or the periods they give hold together.
// Sources: Schedule/CivilDate Schedule/LocalTime Schedule/PosixZoneRule Schedule/ZoneOffset Schedule/ZoneTable

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzZone(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    var tables = [try? ZoneTable(tzif: input)]
    // The rule at the end of a file alone, which few random files reach.
    tables.append(PosixZoneRule(input).map { ZoneTable(rule: $0) })
    for case let table? in tables {
        for instant: Int64 in [.min, -3_000_000_000, 0, 1_790_000_000, 4_000_000_000, .max] {
            let period = table.period(at: instant)
            precondition(period.start < period.end, "a period ends before it starts")
            // Beyond that all instants are one.
            if period.end < 9_000_000_000_000, period.end > -9_000_000_000_000 {
                precondition(table.period(at: period.end).start == period.end, "two periods leave a gap")
            }
        }
    }
    return 0
}
