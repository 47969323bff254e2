import Synchronization

/// The calls of the coroutines of `parallel`, each on a thread of its own while the script goes on.
///
/// Only one thread at a time is inside the host API: that whose turn it is. The script's own thread has it but while it
/// waits here; a call gives it away only where it waits for the world (`LiveEffects`), and touches nothing of the run
/// meanwhile.
package final class ParallelCalls: Sendable {
    /// Seconds for which a thread without work stays.
    private static let patience = 2.0

    /// One call. The body runs in its turn, as all of the host API does, which makes it safe to hand over.
    private struct Work: @unchecked Sendable {
        let id: Int64
        let mark: Turn.Mark
        let body: () throws -> [Value]
    }

    private struct State {
        var waiting: [Work] = []
        var running: [Int64: Turn.Mark] = [:]
        var finished: [Int64: Result<[Value], any Error>] = [:]
        var threads = 0
        var idle = 0
    }

    private let turn: Turn
    private let names: Set<String>
    private let state = Mutex(State())
    private let came = Semaphore()
    private let done = Semaphore()

    /// - Parameters:
    ///   - turn: Held by the calling thread, the script's.
    ///   - names: The functions that may go on elsewhere (`http.get`).
    package init(turn: Turn, names: Set<String>) {
        self.turn = turn
        self.names = names
    }

    /// Takes a call of the task `id`; false: it is to be made at once, here.
    func take(_ name: String, _ id: Int64, _ body: @escaping () throws -> [Value]) -> Bool {
        guard names.contains(name) else { return false }
        let work = Work(id: id, mark: Turn.Mark(), body: body)
        let needsThread = state.withLock { state in
            state.waiting.append(work)
            state.running[id] = work.mark
            return state.idle < state.waiting.count
        }
        if needsThread, !startThread() {
            let isAlone = state.withLock { state in
                guard state.threads == 0 else { return false }
                state.waiting.removeAll { $0.id == id }
                state.running[id] = nil
                return true
            }
            if isAlone { return false }
        }
        came.signal()
        return true
    }

    /// Waits until a task with a number above `floor` can go on; which. It still has to be taken by `outcome`.
    package func wait(above floor: Int64) -> Int64 {
        turn.leave()
        defer { turn.enter(nil) }
        while true {
            let id = state.withLock { state in state.finished.keys.filter { $0 > floor }.min() }
            if let id { return id }
            done.wait()
        }
    }

    /// What a task's call came to, once.
    func outcome(_ id: Int64) -> Result<[Value], any Error>? { state.withLock { $0.finished.removeValue(forKey: id) } }

    /// Ends the calls of tasks with numbers above `floor`, and forgets them; returns when none goes on.
    package func cancel(above floor: Int64) {
        state.withLock { state in
            for work in state.waiting where work.id > floor { state.running[work.id] = nil }
            state.waiting.removeAll { $0.id > floor }
            for (id, mark) in state.running where id > floor { mark.cancel() }
        }
        turn.leave()
        while state.withLock({ state in state.running.keys.contains { $0 > floor } }) { done.wait() }
        turn.enter(nil)
        state.withLock { state in state.finished = state.finished.filter { $0.key <= floor } }
    }

    private func startThread() -> Bool {
        state.withLock { $0.threads += 1 }
        do throws(SystemError) {
            try PlainThread.start(name: "parallel") { [self] in serve() }
            return true
        } catch {
            state.withLock { $0.threads -= 1 }
            return false
        }
    }

    private func serve() {
        while let work = next() {
            turn.enter(work.mark)
            let outcome = Result { try work.body() }
            turn.leave()
            state.withLock { state in
                state.running[work.id] = nil
                state.finished[work.id] = outcome
            }
            done.signal()
        }
    }

    private func next() -> Work? {
        state.withLock { $0.idle += 1 }
        while true {
            let isLate = !came.wait(seconds: Self.patience)
            let (work, ends) = state.withLock { state -> (Work?, Bool) in
                let work = state.waiting.isEmpty ? nil : state.waiting.removeFirst()
                let ends = work == nil && isLate
                if work != nil || ends { state.idle -= 1 }
                if ends { state.threads -= 1 }
                return (work, ends)
            }
            if work != nil || ends { return work }
        }
    }
}
