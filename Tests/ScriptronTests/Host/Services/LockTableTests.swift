import Synchronization
import Testing

@testable import Scriptron

/// Timers that the test fires.
private final class ManualTimers: Sendable {
    private let waiting = Mutex<[@Sendable () -> Void]>([])

    func add(_ body: @escaping @Sendable () -> Void) { waiting.withLock { $0.append(body) } }

    func fireAll() {
        let due = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for body in due { body() }
    }
}

/// What was replied, in order.
private final class Replies: Sendable {
    private let state = Mutex<(said: [String], tokens: [Int64: Int64])>(([], [:]))

    func add(run: Int64, _ token: Int64?) {
        state.withLock { state in
            state.said.append("\(run) \(token == nil ? "no" : "yes")")
            if let token { state.tokens[run] = token }
        }
    }

    var said: [String] { state.withLock { $0.said } }
    func token(_ run: Int64) -> Int64 { state.withLock { $0.tokens[run] ?? -1 } }
}

@Suite("LockTable") struct LockTableTests {
    private let timers = ManualTimers()
    private let replies = Replies()
    private let table: LockTable

    init() {
        let timers = timers
        table = LockTable { _, body in timers.add(body) }
    }

    private func hold(_ run: Int64, _ name: String = "l", wait: Double = 0) throws {
        try table.hold(name, run: run, wait: wait) { [replies] in replies.add(run: run, $0) }
    }

    @Test("A lock is one run's; others wait in their order, or go without") func order() throws {
        try hold(1)
        try hold(2, wait: 10)
        try hold(3, wait: 10)
        try hold(4)
        try hold(5, "another")
        #expect(replies.said == ["1 yes", "4 no", "5 yes"])
        try table.release(token: replies.token(1), run: 1)
        #expect(replies.said.last == "2 yes")
        #expect(table.holder("l") == 2)
        try table.release(token: replies.token(2), run: 2)
        try table.release(token: replies.token(3), run: 3)
        #expect(replies.said.suffix(2) == ["2 yes", "3 yes"])
        #expect(table.holder("l") == nil)
        timers.fireAll()
        #expect(replies.said.count == 5, "a timer of one that was served says nothing")
    }

    @Test("One that waited too long goes without, and is passed over") func timeout() throws {
        try hold(1)
        try hold(2, wait: 1)
        timers.fireAll()
        #expect(replies.said == ["1 yes", "2 no"])
        try hold(3, wait: 1)
        try table.release(token: replies.token(1), run: 1)
        #expect(replies.said == ["1 yes", "2 no", "3 yes"])
    }

    @Test("A run's end frees what it holds and forgets what it waits for") func end() throws {
        try hold(1, "a")
        try hold(1, "b")
        try hold(2, "a", wait: 5)
        try hold(3, "b", wait: 5)
        try hold(3, "a", wait: 5)
        table.release(run: 3)
        table.release(run: 1)
        #expect(replies.said == ["1 yes", "1 yes", "2 yes"])
        #expect(table.holder("a") == 2 && table.holder("b") == nil)
        table.release(run: 99)
    }

    @Test("A token is its run's own, and works once") func fenced() throws {
        try hold(1)
        let token = replies.token(1)
        #expect(throws: Failure.self) { try table.release(token: token, run: 2) }
        #expect(throws: Failure.self) { try table.release(token: token + 1, run: 1) }
        try table.release(token: token, run: 1)
        try hold(1)
        #expect(throws: Failure.self) { try table.release(token: token, run: 1) }
        #expect(table.holder("l") == 1)
    }

    @Test("A run cannot wait for itself") func ownLock() throws {
        try hold(1)
        let error = #expect(throws: Failure.self) { try hold(1, wait: 100) }
        #expect(error?.code == "EDEADLK")
    }
}
