import Testing

@testable import Scriptron

/// Some days of what the soak does for a year.
@Suite("A thousand jobs in forty zones, on a simulated clock", .timeLimit(.minutes(15))) struct SimulatedTimeTests {
    @Test("They run when clocks that are watched minute by minute say so: over the change of New York") func days()
        throws
    {
        // 13 to 15 March 2027.
        let time = try SimulatedTime(jobs: 1000, from: 1_804_896_000, seed: 1)
        try time.pass(days: 2)
        let (fireTimes, differences) = try time.compare(days: 2)
        #expect(differences.isEmpty, "\(differences.prefix(5).joined(separator: "\n"))")
        #expect(fireTimes > 2000)
    }
}
