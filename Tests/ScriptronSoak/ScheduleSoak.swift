import Testing

@testable import Scriptron

/// Fire times against other programs, and over a simulated year.
@Suite("Fire times against others", .serialized) struct ScheduleSoak {
    @Test("250,000 triples against cronsim and croniter") func differential() throws {
        try #require(CronDifferential.isThere, "make cron-peers installs them")
        let outcome = try CronDifferential.run(triples: 250_000, seed: 2)
        for (peer, counts) in outcome.counts.sorted(by: { $0.key < $1.key }) {
            for (verdict, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(peer), \(verdict): \(count)") }
            let others = Set(counts.keys).subtracting(CronDifferential.known[peer, default: []].union(["same"]))
            #expect(others.isEmpty, "\(others)")
            #expect(counts.values.reduce(0, +) == 250_000)
        }
        print(outcome.examples.joined(separator: "\n"))
        print("\(outcome.judged) differences judged by a clock that is watched")
        #expect(outcome.counts.count == 2)
        #expect(outcome.wrongs.isEmpty, "\(outcome.wrongs.prefix(5).joined(separator: "\n"))")
    }

    @Test("A year of a thousand jobs in forty zones") func year() throws {
        // The whole of 2027.
        let time = try SimulatedTime(jobs: 1000, from: 1_798_761_600, seed: 3)
        try time.pass(days: 365)
        let (fireTimes, differences) = try time.compare(days: 365)
        print("\(fireTimes) fire times in a year")
        #expect(differences.isEmpty, "\(differences.prefix(5).joined(separator: "\n"))")
        #expect(fireTimes > 300_000)
    }
}
