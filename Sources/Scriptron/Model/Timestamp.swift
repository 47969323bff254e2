/// An instant of the wall clock: microseconds since 1970-01-01 00:00:00 UTC, leap seconds not counted.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since the epoch; negative before it.
    package var microseconds: Int64

    /// An instant from microseconds since the epoch.
    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// An instant from whole seconds since the epoch.
    package init(seconds: Int64) { self.microseconds = seconds &* 1_000_000 }

    /// An instant from seconds with a fraction since the epoch, to the microsecond.
    package init(_ seconds: Double) { self.microseconds = Int64((seconds * 1_000_000).rounded()) }

    /// Whole seconds since the epoch, rounded down.
    package var seconds: Int64 {
        microseconds >= 0 ? microseconds / 1_000_000 : -((-microseconds + 999_999) / 1_000_000)
    }

    /// Seconds since the epoch with the fraction, as records and `--json` show it.
    package var epoch: Double { Double(microseconds) / 1_000_000 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// The instant `seconds` later.
    package static func + (instant: Timestamp, seconds: Double) -> Timestamp {
        Timestamp(microseconds: instant.microseconds + Int64((seconds * 1_000_000).rounded()))
    }

    /// The instant `seconds` earlier.
    package static func - (instant: Timestamp, seconds: Double) -> Timestamp { instant + -seconds }

    /// The seconds from `earlier` to this instant.
    package static func - (instant: Timestamp, earlier: Timestamp) -> Double {
        Double(instant.microseconds - earlier.microseconds) / 1_000_000
    }
}
