import Testing

@testable import Scriptron

@Suite("Queues that nobody works off") struct QueueWatchTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    /// A queue with tasks that have been ready for so many seconds, and was asked for tasks so many seconds ago.
    private static func queue(
        ready: Double? = nil, dead: Int64 = 0, claimed: Double? = nil, paused: Bool = false
    ) -> QueueFigures {
        var figures = QueueFigures(name: "q")
        figures.ready = ready == nil ? 0 : 2
        figures.oldest = ready.map { now - $0 }
        figures.dead = dead
        figures.claimed = claimed.map { now - $0 }
        figures.isPaused = paused
        return figures
    }

    @Test(
        "Tasks that wait or lie dead where no job asks for them are found",
        arguments: [
            (queue(), false), (queue(ready: 60), false), (queue(ready: 3600), true),
            (queue(ready: 7200, paused: true), false),
            (queue(ready: 7200, claimed: 7200), false), (queue(ready: 90_000, claimed: 90_001), true),
            (queue(ready: 90_000, claimed: 60), false), (queue(dead: 3, claimed: 60), false),
            (queue(dead: 3, claimed: 100_000), true), (queue(dead: 3, claimed: 100_000, paused: true), true),
        ])
    func findings(_ queue: QueueFigures, _ expected: Bool) {
        let found = QueueWatch.finding(queue, now: Self.now)
        #expect((found != nil) == expected)
        #expect(found.map { $0.job == Alert.host && $0.key == "queue q" } ?? true)
    }

    @Test("A look waits until jobs have had time to ask, and is kept for half a minute") func looks() throws {
        let store = MemoryStore()
        let clock = ManualClock(Self.now)
        let watch = QueueWatch(store: store, clock: clock)
        _ = try store.write {
            try $0.pushTask(queue: "typo", body: 1, key: nil, delay: 0, now: Self.now - 86400)
        }
        #expect(watch.findings().isEmpty)
        clock.advance(by: 600)
        #expect(watch.findings().map(\.key) == ["queue typo"])
        _ = try store.write { [now = clock.now()] in
            try $0.claimTasks(queue: "typo", run: 1, max: 1, lease: 60, crashLimit: 3, now: now)
        }
        #expect(watch.findings().map(\.key) == ["queue typo"])
        clock.advance(by: 30)
        #expect(watch.findings().isEmpty)
    }
}
