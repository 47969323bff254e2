import Glibc
import Testing

@testable import Scriptron

@Suite("Wall clocks and their alarms", .timeLimit(.minutes(15))) struct ClockTests {
    @Test("The system's clock is that of the C library, and its boot has a name") func system() {
        let clock = SystemClock()
        #expect(abs(clock.now().seconds - Int64(time(nil))) <= 1)
        #expect(clock.monotonic > 0)
        #expect(clock.bootID.count == 36)
    }

    @Test("An alarm rings at its instant, once") func rings() throws {
        let clock = SystemClock()
        let alarm = try clock.alarm()
        #expect(try alarm.read() == nil)
        let due = clock.now() + 0.05
        try alarm.arm(due)
        // A clock that is set meanwhile (another test does it) is told, or rings the alarm that is armed at that moment at
        // once; the alarm is armed again, as a host does.
        var early = 0
        while clock.now() < due, early < 10 {
            try alarm.arm(due)
            #expect(alarm.descriptor.becomesReadable(within: 10))
            if try alarm.read() != .expired || clock.now() < due { early += 1 }
        }
        #expect(clock.now() >= due)
        #expect(try alarm.read() != .expired)
    }

    @Test("An alarm for an instant that is over rings at once", arguments: [-1, 0, 1, 1_000_000])
    func past(microseconds: Int64) throws {
        let alarm = try ClockTimer()
        repeat {
            try alarm.arm(Timestamp(microseconds: microseconds))
            #expect(alarm.descriptor.becomesReadable(within: 10))
        } while try alarm.read() != .expired
    }

    @Test("A cleared alarm does not ring") func cleared() throws {
        let alarm = try ClockTimer()
        try alarm.arm(Timestamp(seconds: 1))
        try alarm.arm(nil)
        #expect(try alarm.read() != .expired)
    }

    @Test(
        "A clock that is set is told, whether an alarm is armed or not",
        .enabled(if: maySetClock, "needs the right to set the clock"), arguments: [true, false])
    func clockSet(armed: Bool) throws {
        let alarm = try ClockTimer()
        try alarm.arm(armed ? SystemClock().now() + 3600 : nil)
        try #require(setClockToItself())
        #expect(alarm.descriptor.becomesReadable(within: 10))
        #expect(try alarm.read() == .clockSet)
        // And again, after it was told.
        try #require(setClockToItself())
        #expect(alarm.descriptor.becomesReadable(within: 10))
        #expect(try alarm.read() == .clockSet)
    }

    @Test("A manual clock stands still until it is moved, and rings its alarms") func manual() throws {
        let clock = ManualClock(Timestamp(seconds: 1000))
        let alarm = try clock.alarm()
        #expect(clock.now() == Timestamp(seconds: 1000))
        try alarm.arm(Timestamp(seconds: 1010))
        clock.advance(by: 9)
        #expect(try alarm.read() == nil)
        #expect(!alarm.descriptor.becomesReadable(within: 0))
        clock.advance(to: Timestamp(seconds: 1010))
        #expect(clock.monotonic == 10)
        #expect(alarm.descriptor.becomesReadable(within: 0))
        #expect(try alarm.read() == .expired)
        #expect(try alarm.read() == nil)
        try alarm.arm(Timestamp(seconds: 5))
        #expect(try alarm.read() == .expired)
    }

    @Test("A manual clock that is set tells its alarms, and its monotonic clock stays") func manualSet() throws {
        let clock = ManualClock(Timestamp(seconds: 1000))
        let alarm = try clock.alarm()
        try alarm.arm(Timestamp(seconds: 2000))
        clock.set(to: Timestamp(seconds: 3000))
        #expect(clock.monotonic == 0)
        #expect(alarm.descriptor.becomesReadable(within: 0))
        #expect(try alarm.read() == .clockSet)
        clock.set(to: Timestamp(seconds: 10))
        #expect(try alarm.read() == .clockSet)
        clock.reboot(bootID: "second")
        #expect(clock.bootID == "second")
    }
}

/// Sets the clock to what it shows; the kernel takes that for a step. Whether that was allowed.
private func setClockToItself() -> Bool {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return clock_settime(CLOCK_REALTIME, &time) == 0
}

private let maySetClock = getuid() == 0 && setClockToItself()
