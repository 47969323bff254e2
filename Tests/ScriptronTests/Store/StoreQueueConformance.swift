import Testing

@testable import Scriptron

/// What every store does with queues.
@Suite("Store, queues") struct StoreQueueConformance {
    private static let start = Timestamp(seconds: 1_700_000_000)

    /// A store with a queue `q`, its clock, and runs that hold leases.
    private final class Fixture {
        let opened: OpenedStore
        var now = StoreQueueConformance.start

        init(_ kind: StoreKind) throws { opened = try kind.open() }

        func write<Result: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> Result) throws -> Result {
            try opened.store.write(body)
        }

        @discardableResult
        func push(_ body: Value, key: String? = nil, delay: Double = 0, queue: String = "q") throws -> Int64 {
            try write { [now] in
                try $0.pushTask(queue: queue, body: body, key: key, delay: delay, now: now).id
            }
        }

        func claim(
            _ run: Int64 = 1, max: Int = 100, lease: Double = 60, crashLimit: Int = 3, queue: String = "q"
        ) throws -> [QueueTask] {
            try write { [now] in
                try $0.claimTasks(
                    queue: queue, run: run, max: max, lease: lease, crashLimit: crashLimit, now: now)
            }
        }

        func done(_ tasks: [QueueTask], run: Int64 = 1) throws -> [Int64] {
            let leases = tasks.map { TaskLease(id: $0.id, token: $0.token) }
            return try write { [now] in try $0.finishTasks(queue: "q", run: run, leases, now: now) }
        }

        func back(_ tasks: [QueueTask], _ fate: TaskReturn.Fate, error: String? = nil, run: Int64 = 1) throws -> [Int64]
        {
            let returns = tasks.map {
                TaskReturn(lease: TaskLease(id: $0.id, token: $0.token), fate: fate, error: error)
            }
            return try write { [now] in try $0.returnTasks(queue: "q", run: run, returns, now: now) }
        }

        func end(_ run: Int64?, crash: String?) throws -> Int {
            try write { [now] in try $0.endLeases(run: run, crash: crash, now: now) }
        }

        func all(_ state: QueueTask.State? = nil) throws -> [QueueTask] {
            try opened.store.read { try $0.tasks(TaskQuery(queue: "q", state: state)) }
        }

        func figures(_ queue: String = "q") throws -> QueueFigures? {
            try opened.store.read { [now] in try $0.queueFigures(now: now).first { $0.name == queue } }
        }
    }

    @Test(
        "Tasks come in the order they are due, each to one run, and are gone when done", arguments: StoreKind.allCases)
    func order(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        let body: Value = ["text": "é", "bytes": .bytes([0xFF, 0]), "list": [1, 2.5, true]]
        try store.push("late", delay: 10)
        try store.push(body)
        try store.push("second")
        try store.push("elsewhere", queue: "other")
        let first = try store.claim(max: 1)
        #expect(first.map(\.body) == [body])
        #expect(first[0].attempts == 1 && first[0].run == 1 && first[0].due == store.now + 60)
        let second = try store.claim(2)
        #expect(second.map(\.body) == ["second"])
        #expect(try store.claim(3).isEmpty)
        #expect(try store.done(first + second, run: 1) == [second[0].id], "another run's is not this run's to finish")
        #expect(try store.done(first, run: 1) == [first[0].id], "done once")
        store.now = store.now + 10
        #expect(try store.claim(3).map(\.body) == ["late"])
        let figures = try #require(try store.figures())
        #expect(figures.done == 1 && figures.leased == 2 && figures.ready == 0)
        #expect(try store.figures("other")?.ready == 1)
    }

    @Test("A key pushes once: while its task is there, and for a day after it is done", arguments: StoreKind.allCases)
    func keys(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        let id = try store.push(1, key: "k")
        #expect(try store.push(2, key: "k") == id)
        #expect(try store.push(3, key: "other") != id)
        #expect(try store.push(4, key: "k", queue: "q2") != id)
        #expect(try store.done(try store.claim()).isEmpty)
        #expect(try store.push(5, key: "k") == id && store.all().isEmpty)
        store.now = store.now + 86401
        #expect(try store.push(6, key: "k") != id)
        #expect(try store.all().map(\.body) == [6])
    }

    @Test("Many are pushed in one transaction, and a thousand leases ended one by one", arguments: StoreKind.allCases)
    func batches(_ kind: StoreKind) throws {
        let queue = try Fixture(kind)
        let bodies: [(body: Value, key: String?)] = (1...1000).map { (["n": .int($0)], $0 % 2 == 0 ? "k\($0)" : nil) }
        let now = queue.now
        let pushed = try queue.write { try $0.pushTasks(queue: "q", bodies, delay: 0, now: now) }
        #expect(pushed.count == 1000 && pushed.allSatisfy(\.isNew))
        #expect(pushed.map(\.id) == pushed.map(\.id).sorted())
        let again = try queue.write { try $0.pushTasks(queue: "q", bodies, delay: 0, now: now) }
        #expect(again.filter(\.isNew).count == 500, "those with keys are known")
        let claimed = try queue.claim(max: 1000)
        #expect(claimed.map(\.body) == bodies.map(\.body))
        #expect(claimed.allSatisfy { $0.attempts == 1 && $0.token == 1 && $0.run == 1 && $0.state == .leased })
        // Another run, and another token, take nothing out of it.
        #expect(try queue.done(claimed, run: 2).count == 1000)
        var older = claimed[0]
        older.token = 0
        #expect(try queue.done([older]) == [claimed[0].id])
        #expect(try queue.done(claimed).isEmpty)
        #expect(try queue.done(claimed).count == 1000)
        let figures = try #require(try queue.figures())
        #expect(figures.done == 1000 && figures.ready == 500, "\(figures)")
        // Their keys are still known.
        let third = try queue.write { try $0.pushTasks(queue: "q", bodies, delay: 0, now: now) }
        #expect(third.filter(\.isNew).count == 500)
    }

    @Test("A failed try counts and waits; a dead one stays until it is requeued", arguments: StoreKind.allCases)
    func failures(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        try store.push("a")
        #expect(try store.back(try store.claim(), .retry(after: 30), error: "refused").isEmpty)
        #expect(try store.claim().isEmpty)
        store.now = store.now + 30
        let again = try store.claim()
        #expect(again.map(\.attempts) == [2] && again.map(\.error) == ["refused"])
        #expect(try store.back(again, .postponed(5), error: "no try").isEmpty)
        store.now = store.now + 5
        let third = try store.claim()
        #expect(third.map(\.attempts) == [2], "what was postponed was no try")
        #expect(try store.back(third, .dead, error: "gone").isEmpty)
        store.now = store.now + 400 * 86400
        #expect(try store.claim().isEmpty)
        let removed = try store.write { [now = store.now] in try $0.prune(Retention(), now: now, limit: 1000) }
        #expect(removed.isEmpty)
        let dead = try store.all(.dead)
        #expect(dead.map(\.error) == ["gone"] && dead.map(\.attempts) == [2])
        let count = try store.write { [now = store.now] in
            try $0.requeueTasks(queue: "q", nil, delay: 0, limit: 10, now: now)
        }
        #expect(count == 1)
        #expect(try store.claim().map(\.attempts) == [1], "attempts start again")
        let figures = try #require(try store.figures())
        #expect(figures.failed == 2 && figures.dead == 0)
    }

    @Test("A lease that ran out, or an older token, finishes nothing", arguments: StoreKind.allCases)
    func fencing(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        try store.push("a")
        let first = try store.claim(lease: 60)
        store.now = store.now + 60
        #expect(try store.done(first) == first.map(\.id), "it has run out, though nobody has claimed it since")
        let second = try store.claim(lease: 60)
        #expect(second.map(\.crashes) == [1] && second.map(\.attempts) == [1], "a crash, and no failure")
        #expect(try store.done(first) == first.map(\.id), "the same run with the older token")
        #expect(try store.back(first, .dead) == first.map(\.id))
        let extended = try store.write { [now = store.now] in
            try $0.extendTasks(
                queue: "q", run: 1, second.map { TaskLease(id: $0.id, token: $0.token) }, lease: 600, now: now)
        }
        #expect(extended.isEmpty)
        store.now = store.now + 599
        #expect(try store.done(second).isEmpty)
        #expect(try store.all().isEmpty)
    }

    @Test("The end of a run gives its tasks back: as crashes, or as if nothing had been", arguments: StoreKind.allCases)
    func ends(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        for body in ["a", "b", "c"] { try store.push(.text(body)) }
        _ = try store.claim(1, max: 2)
        let other = try store.claim(2)
        #expect(try store.end(1, crash: nil) == 2)
        #expect(try store.all(.waiting).map(\.attempts) == [0, 0])
        #expect(try store.all(.waiting).map(\.crashes) == [0, 0])
        #expect(try store.claim(3).count == 2)
        #expect(try store.end(3, crash: "crashed: SIGKILL") == 2)
        let suspects = try store.all(.waiting)
        #expect(suspects.map(\.crashes) == [1, 1] && suspects.map(\.attempts) == [0, 0])
        #expect(suspects.allSatisfy { $0.error?.contains("crashed: SIGKILL") == true })
        #expect(try store.all(.leased).map(\.id) == other.map(\.id), "another run's stay")
        #expect(try store.end(nil, crash: "the host died") == 1)
        #expect(try store.figures()?.crashed == 3)
    }

    @Test("A task whose worker died comes alone, and dies itself after so many", arguments: StoreKind.allCases)
    func suspects(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        let poison = try store.push("poison")
        for index in 0..<3 { try store.push(.int(Int64(index))) }
        #expect(try store.claim(1).count == 4)
        _ = try store.end(1, crash: "crashed: SIGSEGV")
        store.now = store.now + 1
        try store.push("new")
        var run: Int64 = 2
        var seen: [[Value]] = []
        while true {
            let claimed = try store.claim(run, crashLimit: 3)
            if claimed.isEmpty { break }
            seen.append(claimed.map(\.body))
            if claimed.contains(where: { $0.id == poison }) {
                _ = try store.end(run, crash: "crashed: SIGSEGV")
            } else {
                #expect(try store.done(claimed, run: run).isEmpty)
            }
            run += 1
        }
        #expect(seen.allSatisfy { $0.count == 1 }, "\(seen)")
        let dead = try store.all()
        #expect(dead.map(\.id) == [poison] && dead.map(\.state) == [.dead] && dead.map(\.crashes) == [3])
        #expect(dead[0].error?.contains("3 times") == true)
        let count = try store.write { [now = store.now] in
            try $0.requeueTasks(queue: "q", [poison], delay: 0, limit: 1, now: now)
        }
        #expect(count == 1)
        #expect(try store.claim(run).map(\.crashes) == [0], "what was requeued by hand starts anew")
    }

    @Test("A paused queue hands out nothing, until it is resumed or its time comes", arguments: StoreKind.allCases)
    func pauses(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        try store.push("a")
        try store.write { [now = store.now] in try $0.pauseQueue("q", until: nil, now: now) }
        store.now = store.now + 1e6
        #expect(try store.claim().isEmpty)
        #expect(try store.figures()?.isPaused == true)
        try store.write { try $0.resumeQueue("q") }
        let claimed = try store.claim()
        #expect(try store.back(claimed, .postponed(0)).isEmpty)
        try store.write { [now = store.now] in try $0.pauseQueue("q", until: now + 60, now: now) }
        #expect(try store.claim().isEmpty)
        #expect(try store.figures()?.pausedUntil == store.now + 60)
        store.now = store.now + 60
        #expect(try store.figures()?.isPaused == false)
        #expect(try store.claim().count == 1)
    }

    @Test("What is worked on is neither requeued nor removed; the rest may be", arguments: StoreKind.allCases)
    func removal(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        let ids = try ["a", "b", "c"].map { try store.push(.text($0)) }
        let held = try store.claim(max: 1)
        #expect(held.map(\.id) == [ids[0]])
        let removed = try store.write { [ids] in try $0.removeTasks(queue: "q", ids) }
        #expect(removed == 2)
        let requeued = try store.write { [ids, now = store.now] in
            try $0.requeueTasks(queue: "q", ids, delay: 0, limit: 10, now: now)
        }
        #expect(requeued == 0)
        #expect(try store.done(held).isEmpty)
        let foreign = try store.push("d", queue: "other")
        #expect(try store.write { try $0.removeTasks(queue: "q", [foreign]) } == 0)
    }

    @Test("A clock that is set back lets nothing wait for the time it has shown", arguments: StoreKind.allCases)
    func setBack(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        try store.push("before", delay: 30)
        let right = store.now
        // A boot in another century: what it sets is later than all that follows.
        store.now = right + 73 * 365 * 86400
        try store.push("wrong", key: "w", delay: 20)
        try store.push("done", key: "k")
        try store.push("retried")
        let claimed = try store.claim()
        #expect(claimed.map(\.body) == ["before", "done", "retried"])
        #expect(try store.back([claimed[0], claimed[2]], .retry(after: 10)).isEmpty)
        #expect(try store.done([claimed[1]]).isEmpty)
        try store.write { [now = store.now] in try $0.pauseQueue("q", until: now + 5, now: now) }
        store.now = right + 1
        try store.write { [now = store.now] in try $0.setBackQueues(to: now) }
        #expect(try store.all().allSatisfy { $0.born <= right + 1 && $0.since <= right + 1 })
        #expect(try store.figures()?.claimed == right + 1)
        #expect(try store.claim().isEmpty, "the pause goes on for its time")
        store.now = right + 7
        #expect(try store.claim().isEmpty, "and so do the waits")
        store.now = right + 11
        #expect(try store.claim().map(\.body) == ["before", "retried"])
        store.now = right + 21
        #expect(try store.claim().map(\.body) == ["wrong"])
        store.now = right + 86402
        #expect(try store.push("again", key: "k") != claimed[1].id, "a key is remembered for a day, not for decades")
    }

    @Test(
        "Leases are told by a clock of their own; age counts from the push, or the requeue",
        arguments: StoreKind.allCases)
    func clocks(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        try store.push("a")
        let steady = Timestamp(seconds: 500)
        let claimed = try store.write { [now = store.now] in
            try $0.claimTasks(queue: "q", run: 1, max: 1, lease: 60, crashLimit: 3, now: now, leaseNow: steady)
        }
        let task = try #require(claimed.first)
        #expect(task.due == steady + 60)
        store.now = store.now + 10 * 365 * 86400
        let back = TaskReturn(lease: TaskLease(id: task.id, token: task.token), fate: .dead)
        let lost = try store.write { [now = store.now] in
            try $0.returnTasks(queue: "q", run: 1, [back], now: now, leaseNow: steady + 59)
        }
        #expect(lost.isEmpty, "a step of the clock ends no lease")
        let requeued = try store.write { [now = store.now] in
            try $0.requeueTasks(queue: "q", nil, delay: 0, limit: 10, now: now)
        }
        #expect(requeued == 1)
        let again = try #require(try store.claim().first)
        #expect(again.born == store.now && again.pushed == StoreQueueConformance.start, "its key goes by the push")
    }

    @Test("A claim hands out no more bytes than a worker takes, but one task always", arguments: StoreKind.allCases)
    func bytes(_ kind: StoreKind) throws {
        let store = try Fixture(kind)
        let body = Value.bytes([UInt8](repeating: 0x61, count: 200 << 10))
        for _ in 0..<30 { try store.push(body) }
        let claimed = try store.claim()
        #expect(claimed.count == QueueTask.claimCap / ((200 << 10) + 2))
        #expect(try store.claim().count == 30 - claimed.count)
    }
}
