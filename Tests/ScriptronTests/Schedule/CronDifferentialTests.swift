import Testing

@testable import Scriptron

/// A sample of what the soak compares in full.
@Suite("Fire times against cronsim and croniter", .enabled(if: CronDifferential.isThere, "make cron-peers"))
struct CronDifferentialTests {
    @Test("They differ in known ways only, and are right there") func differ() throws {
        let outcome = try CronDifferential.run(triples: 2000, seed: 1)
        #expect(outcome.wrongs.isEmpty, "\(outcome.wrongs.prefix(5).joined(separator: "\n"))")
        for (peer, known) in CronDifferential.known {
            let counts = try #require(outcome.counts[peer])
            let others = Set(counts.keys).subtracting(known.union(["same"]))
            #expect(others.isEmpty, "\(outcome.examples.joined(separator: "\n"))")
            #expect(counts.values.reduce(0, +) == 2000)
            #expect(counts["same", default: 0] > 1500)
        }
    }
}
