/// What a zone's clock shows against UTC for a while.
package struct ZoneOffset: Sendable, Hashable {
    /// Seconds to add to UTC, positive in the east; within a day or so.
    package var seconds: Int64
    /// Whether the zone calls it daylight saving time.
    package var isSummer: Bool
    /// `CEST`, `+03`, `UTC`.
    package var abbreviation: String

    package init(seconds: Int64, isSummer: Bool, abbreviation: String) {
        self.seconds = seconds
        self.isSummer = isSummer
        self.abbreviation = abbreviation
    }

    /// `+02:00`, with the seconds only where there are some (`+00:53:28`).
    package var text: String {
        let size = abs(seconds)
        let text = (seconds < 0 ? "-" : "+") + twoDigits(size / 3600) + ":" + twoDigits(size % 3600 / 60)
        return size % 60 == 0 ? text : text + ":" + twoDigits(size % 60)
    }
}

/// A number of at most two digits with a leading zero.
func twoDigits(_ number: some BinaryInteger) -> String { number < 10 ? "0\(number)" : "\(number)" }
