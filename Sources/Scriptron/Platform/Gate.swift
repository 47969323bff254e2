import Synchronization

/// Lets so many things go on at once; others wait for their turn, the oldest first.
package final class Gate: Sendable {
    /// Something that goes on until it calls what it is given, once, from any thread.
    package typealias Body = @Sendable (_ leave: @escaping @Sendable () -> Void) -> Void

    private struct State {
        var inside = 0
        var waiting: [Body] = []
    }

    private let width: Int
    private let state = Mutex(State())

    package init(width: Int) { self.width = width }

    /// Starts something now, or when others have left.
    package func enter(_ body: @escaping Body) {
        let starts = state.withLock { state in
            if state.inside < width {
                state.inside += 1
                return true
            }
            state.waiting.append(body)
            return false
        }
        if starts { body { [self] in leave() } }
    }

    private func leave() {
        let next = state.withLock { state -> Body? in
            if state.waiting.isEmpty {
                state.inside -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next? { [self] in leave() }
    }
}
