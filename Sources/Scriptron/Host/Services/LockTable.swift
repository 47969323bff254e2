import Synchronization

/// The locks that runs hold by `lock.hold`, by name across all jobs. Waiting runs are served in the order they came.
package final class LockTable: Sendable {
    fileprivate struct Holder {
        let run: Int64
        let token: Int64
    }

    fileprivate struct Waiter {
        let id: Int64
        let run: Int64
        let reply: @Sendable (Int64?) -> Void
    }

    fileprivate struct State {
        var holders: [String: Holder] = [:]
        var waiters: [String: [Waiter]] = [:]
        /// Rises with every lock that is given and every waiter: a token is never used twice.
        var last: Int64 = 0

        mutating func number() -> Int64 {
            last += 1
            return last
        }
    }

    private let state = Mutex(State())
    /// Calls a body so many seconds later, from any thread.
    private let after: @Sendable (Double, @escaping @Sendable () -> Void) -> Void

    package init(after: @escaping @Sendable (Double, @escaping @Sendable () -> Void) -> Void) { self.after = after }

    /// Asks for a lock; `reply` is called once, at once or within `wait` seconds, with the lock's token, or nil where
    /// another run still holds it then. A run that holds it already is an error: it would wait for itself.
    package func hold(
        _ name: String, run: Int64, wait: Double, reply: @escaping @Sendable (Int64?) -> Void
    ) throws(Failure) {
        enum Asked {
            case given(Int64)
            case waiting(Int64)
            case own
        }
        let asked = state.withLock { state -> Asked in
            guard let holder = state.holders[name] else {
                let token = state.number()
                state.holders[name] = Holder(run: run, token: token)
                return .given(token)
            }
            if holder.run == run { return .own }
            let id = state.number()
            if wait > 0 { state.waiters[name, default: []].append(Waiter(id: id, run: run, reply: reply)) }
            return .waiting(id)
        }
        switch asked {
        case .given(let token): reply(token)
        case .own:
            throw Failure(
                code: "EDEADLK", "lock.hold: this run holds the lock \(name) already", cure: "release it first")
        case .waiting where wait <= 0: reply(nil)
        case .waiting(let id): after(wait) { [weak self] in self?.giveUp(name, id) }
        }
    }

    /// Releases a lock; a token that is not the run's own, or no longer, is an error.
    package func release(token: Int64, run: Int64) throws(Failure) {
        let next = try state.withLock { state throws(Failure) in
            guard let name = state.holders.first(where: { $0.value.token == token && $0.value.run == run })?.key else {
                throw Failure(code: "ENOLCK", "lock.release: this run does not hold that lock")
            }
            return state.passOn(name)
        }
        next?()
    }

    /// Releases all that a run holds, and forgets what it waits for.
    package func release(run: Int64) {
        let next = state.withLock { state in
            for name in state.waiters.keys { state.waiters[name]?.removeAll { $0.run == run } }
            return state.holders.filter { $0.value.run == run }.keys.compactMap { state.passOn($0) }
        }
        for body in next { body() }
    }

    /// The run that holds a lock.
    package func holder(_ name: String) -> Int64? { state.withLock { $0.holders[name]?.run } }

    private func giveUp(_ name: String, _ id: Int64) {
        let waiter = state.withLock { state in
            guard let index = state.waiters[name]?.firstIndex(where: { $0.id == id }) else { return nil as Waiter? }
            return state.waiters[name]?.remove(at: index)
        }
        waiter?.reply(nil)
    }
}

extension LockTable.State {
    /// Gives the lock to the run that has waited longest; what tells it, to be called without the table's own lock.
    fileprivate mutating func passOn(_ name: String) -> (@Sendable () -> Void)? {
        guard let next = waiters[name]?.first else {
            holders[name] = nil
            waiters[name] = nil
            return nil
        }
        waiters[name]?.removeFirst()
        let token = number()
        holders[name] = LockTable.Holder(run: next.run, token: token)
        return { next.reply(token) }
    }
}
