import Synchronization

/// Whose turn it is: of the threads that share it only one at a time goes on, in the order in which they came.
package final class Turn: Sendable {
    /// What a thread holds the turn for; it can be told to give up.
    package final class Mark: Sendable {
        private let cancelled = Atomic(false)

        package init() {}

        package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
        package func cancel() { cancelled.store(true, ordering: .relaxed) }
    }

    private struct State {
        var isTaken = true
        var mark: Mark?
        var waiting: [(gate: Semaphore, mark: Mark?)] = []
    }

    private let state = Mutex(State())

    /// The thread that makes it has the turn.
    package init() {}

    /// Waits for the turn.
    package func enter(_ mark: Mark?) {
        let gate = state.withLock { state -> Semaphore? in
            if state.isTaken {
                let gate = Semaphore()
                state.waiting.append((gate, mark))
                return gate
            }
            state.isTaken = true
            state.mark = mark
            return nil
        }
        gate?.wait()
    }

    /// Gives it to the next one.
    package func leave() {
        state.withLock { state in
            guard let next = state.waiting.first else {
                state.isTaken = false
                state.mark = nil
                return
            }
            state.waiting.removeFirst()
            state.mark = next.mark
            next.gate.signal()
        }
    }

    /// What the thread that has the turn holds it for.
    package var mark: Mark? { state.withLock { $0.mark } }

    /// Lets those go on who wait for it.
    package func yield() {
        let (isWanted, mark) = state.withLock { (!$0.waiting.isEmpty, $0.mark) }
        guard isWanted else { return }
        leave()
        enter(mark)
    }

    /// Gives the turn away for as long as `body` takes, which gets what it was held for.
    package func apart<Result, Problem: Error>(
        _ body: (Mark?) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        let mark = mark
        leave()
        defer { enter(mark) }
        return try body(mark)
    }
}
