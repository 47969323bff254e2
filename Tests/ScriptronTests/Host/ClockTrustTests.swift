import Testing

@testable import Scriptron

@Suite("How far the clock is believed") struct ClockTrustTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let century = 73 * 365 * 86400.0

    @Test("A boot in 2099 forgets nothing for a day; its correction, and a usual downtime, are believed at once")
    func boot() {
        var trust = ClockTrust(now: Self.now + Self.century, monotonic: 10, newest: Self.now)
        #expect(!trust.mayForget(monotonic: 10) && !trust.mayForget(monotonic: 86409))
        #expect(trust.mayForget(monotonic: 86410), "a day later it is what it seems")
        #expect(trust.look(now: Self.now + 5, monotonic: 15) == -Self.century)
        #expect(trust.mayForget(monotonic: 15))
        #expect(ClockTrust(now: Self.now, monotonic: 10, newest: Self.now - 6 * 86400).mayForget(monotonic: 10))
        #expect(ClockTrust(now: Self.now, monotonic: 10, newest: nil).mayForget(monotonic: 10))
        #expect(ClockTrust(now: Self.now, monotonic: 10, newest: Self.now + 9e6).mayForget(monotonic: 10))
    }

    @Test("A leap in mid-run is doubted, steps as people and NTP make them are not") func leaps() {
        var trust = ClockTrust(now: Self.now, monotonic: 0, newest: Self.now)
        #expect(abs(trust.look(now: Self.now + 3600.5, monotonic: 3600)) == 0.5)
        #expect(trust.look(now: Self.now + 90_000, monotonic: 3601) > 86000)
        #expect(trust.mayForget(monotonic: 3601))
        _ = trust.look(now: Self.now + 9 * 86400, monotonic: 3602)
        #expect(!trust.mayForget(monotonic: 3602))
    }
}
