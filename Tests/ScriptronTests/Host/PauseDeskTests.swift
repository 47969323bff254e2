import Synchronization
import Testing

@testable import Scriptron

@Suite("Pauses", .timeLimit(.minutes(15))) struct PauseDeskTests {
    /// A desk on a clock that is moved by hand; what is to be called later is kept.
    private final class Bench: Sendable {
        let store: MemoryStore
        let clock = ManualClock(Timestamp(seconds: 1000))
        let later = Mutex<[(seconds: Double, body: @Sendable () -> Void)]>([])
        let announced = Mutex<[[String]]>([])
        private let made = Mutex<PauseDesk?>(nil)

        init(store: MemoryStore = MemoryStore()) { self.store = store }

        var desk: PauseDesk {
            made.withLock { made in
                if let made { return made }
                let desk = PauseDesk(
                    PauseDesk.Connections(
                        store: store, now: { [clock] in clock.now() },
                        later: { [unowned self] seconds, body in later.withLock { $0.append((seconds, body)) } },
                        changed: { [unowned self] pauses in announced.withLock { $0.append(pauses.map(\.job)) } }))
                made = desk
                return desk
            }
        }

        func ring() {
            let due = later.withLock { later in
                defer { later = [] }
                return later
            }
            for entry in due { entry.body() }
        }
    }

    @Test("A pause is in force at once, durable, and over when it is resumed") func pauseAndResume() throws {
        let bench = Bench()
        _ = try bench.desk.pause(["a"], .pause, by: "anna")
        #expect(bench.desk.inForce(for: "a")?.reason == "paused by anna")
        #expect(bench.desk.inForce(for: "b") == nil)
        #expect(bench.announced.withLock { $0.last } == ["a"])
        let next = Bench(store: bench.store)
        try next.desk.load(since: nil)
        #expect(next.desk.inForce.map(\.job) == ["a"] && next.announced.withLock { $0.last } == ["a"])
        next.clock.advance(by: 500)
        #expect(try next.desk.resume(["a"]).map(\.job) == ["a"])
        #expect(next.desk.inForce.isEmpty && next.announced.withLock { $0.last } == [])
        let kept = next.desk.about("a")
        #expect(kept.map(\.until) == [Timestamp(seconds: 1500)], "fire times within it may still come")
        let third = Bench(store: bench.store)
        try third.desk.load(since: Timestamp(seconds: 1400))
        #expect(third.desk.about("a") == kept)
    }

    @Test("A pause of all jobs covers those to come, not the runs of channels") func everything() throws {
        let bench = Bench()
        _ = try bench.desk.pause([Pause.everything], .pause, by: "x")
        #expect(bench.desk.inForce(for: "anything")?.kind == .pause && bench.desk.inForce(for: "@page") == nil)
        _ = try bench.desk.pause([Pause.everything], .drain, by: "y")
        #expect(bench.desk.inForce(for: "anything")?.kind == .drain, "a drain takes its place")
        #expect(bench.desk.inForce.count == 1)
        let error = #expect(throws: Failure.self) { try bench.desk.pause([Pause.everything], .pause, by: "z") }
        #expect(error?.code == ControlCode.conflict && error?.description.contains("drained by y") == true)
        _ = try bench.desk.pause(["a"], .pause, by: "z")
        #expect(try bench.desk.resume([Pause.everything]).map(\.kind) == [.drain])
        #expect(bench.desk.inForce.map(\.job) == ["a"])
    }

    @Test("A second pause of a job takes the place of the first") func again() throws {
        let bench = Bench()
        _ = try bench.desk.pause(["a"], .pause, by: "x")
        bench.clock.advance(by: 10)
        _ = try bench.desk.pause(["a"], .pause, for: 60, by: "y")
        #expect(bench.desk.inForce.map(\.until) == [Timestamp(seconds: 1070)])
        #expect(bench.desk.about("a").map(\.until) == [Timestamp(seconds: 1010), Timestamp(seconds: 1070)])
    }

    @Test("A pause with an end is told to be over when it is, also where the clock is set meanwhile") func timed()
        throws
    {
        let bench = Bench()
        _ = try bench.desk.pause(["a"], .pause, for: 200, by: "x")
        #expect(bench.later.withLock { $0.map(\.seconds) } == [60])
        bench.clock.advance(by: 60)
        bench.ring()
        #expect(bench.desk.inForce.count == 1 && bench.later.withLock { $0.count } == 1)
        bench.clock.set(to: Timestamp(seconds: 1199))
        bench.ring()
        #expect(bench.later.withLock { $0.map(\.seconds) } == [1])
        bench.clock.advance(by: 1)
        bench.ring()
        #expect(bench.announced.withLock { $0.last } == [] && bench.later.withLock { $0.isEmpty })
    }

    @Test("What is not paused cannot be resumed, and the error says what is") func notPaused() throws {
        let bench = Bench()
        #expect(throws: Failure.self) { try bench.desk.resume(["a"]) }
        _ = try bench.desk.pause(["b"], .pause, by: "x")
        let host = #expect(throws: Failure.self) { try bench.desk.resume([Pause.everything]) }
        #expect(host?.description.contains("scriptron resume b") == true)
        _ = try bench.desk.pause([Pause.everything], .pause, by: "x")
        let job = #expect(throws: Failure.self) { try bench.desk.resume(["a"]) }
        #expect(job?.code == ControlCode.conflict && job?.description.contains("not paused by its name") == true)
        #expect(throws: Failure.self) { try bench.desk.resume(["b", "a"]) }
        #expect(bench.desk.inForce.count == 2, "nothing is half done")
    }

    @Test("A store that refuses leaves things as they were") func refused() throws {
        let bench = Bench()
        _ = try bench.desk.pause(["a"], .pause, by: "x")
        bench.store.close()
        #expect(throws: Failure.self) { try bench.desk.pause(["b"], .pause, by: "x") }
        #expect(throws: Failure.self) { try bench.desk.resume(["a"]) }
        #expect(bench.desk.inForce.map(\.job) == ["a"])
    }
}

@Suite("News of runs", .timeLimit(.minutes(15))) struct RunWatchTests {
    @Test("News that comes before the wait is not lost, and wakes those whom it is for") func news() throws {
        let watch = RunWatch()
        try watch.watch(1, .end) { (end) throws(Failure) in
            try watch.watch(1, .anything) { (anything) throws(Failure) in
                try watch.watch(nil, .end) { (all) throws(Failure) in
                    watch.tell(2, .end)
                    watch.tell(1, .anything)
                    watch.tell(1, .anything)
                    let from = Monotonic.now
                    anything.wait(until: from + 30)
                    all.wait(until: from + 30)
                    #expect(Monotonic.now < from + 30)
                    // Nothing came for it: it waits until its end.
                    let before = Monotonic.now
                    end.wait(until: before + 0.05)
                    #expect(Monotonic.now >= before + 0.05)
                    anything.wait(until: before + 0.1)
                    #expect(Monotonic.now >= before + 0.1, "news in a row is one")
                    watch.tell(1, .end)
                    end.wait(until: before + 30)
                    watch.tellAll()
                    end.wait(until: before + 30)
                    #expect(Monotonic.now < before + 30)
                }
            }
        }
    }
}
