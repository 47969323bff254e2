import CLinux
import Glibc
import Synchronization

/// A few threads that run blocking work, oldest first. Threads are made as work comes, up to the limit.
package final class WorkQueue: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        /// Where the oldest of `work` stands; what lies before it is done.
        var head = 0
        var threads = 0
        var idle = 0
        var closed = false
    }

    private let name: String
    private let width: Int
    private let state = Mutex(State())
    private let wake: Semaphore

    /// `width`: how many threads at most.
    package init(name: String, width: Int) {
        self.name = name
        self.width = width
        wake = Semaphore()
    }

    deinit { close() }

    /// Queues work. After `close` it is dropped.
    package func submit(_ body: @escaping @Sendable () -> Void) {
        let grow = state.withLock { state in
            if state.closed { return false }
            state.work.append(body)
            let grow = state.work.count - state.head > state.idle && state.threads < width
            if grow { state.threads += 1 }
            return grow
        }
        if grow {
            do throws(SystemError) {
                try PlainThread.start(name: name) { [state = StateReference(self)] in state.queue?.serve() }
            } catch {
                // The threads that are there take the work; the first thread is tried again at the next work.
                state.withLock { $0.threads -= 1 }
            }
        }
        wake.signal()
    }

    /// Lets queued work end and takes no more.
    package func close() {
        let threads = state.withLock { state in
            state.closed = true
            return state.threads
        }
        for _ in 0..<threads { wake.signal() }
    }

    private func serve() {
        while true {
            let (work, closed) = state.withLock { state -> ((@Sendable () -> Void)?, Bool) in
                if state.head < state.work.count {
                    let work = state.work[state.head]
                    state.head += 1
                    if state.head > 256 && state.head * 2 > state.work.count {
                        state.work.removeFirst(state.head)
                        state.head = 0
                    }
                    return (work, false)
                }
                state.work.removeAll(keepingCapacity: true)
                state.head = 0
                if !state.closed { state.idle += 1 }
                return (nil, state.closed)
            }
            if let work {
                work()
            } else if closed {
                return
            } else {
                wake.wait()
                state.withLock { $0.idle -= 1 }
            }
        }
    }

    /// Keeps the queue alive for its threads.
    private struct StateReference: Sendable {
        let queue: WorkQueue?
        init(_ queue: WorkQueue) { self.queue = queue }
    }
}

/// A counting semaphore (sem_overview(7)).
package final class Semaphore: Sendable {
    // The memory belongs to this object alone, and sem_* may be called from any thread.
    nonisolated(unsafe) private let semaphore: UnsafeMutablePointer<sem_t>

    package init(_ value: UInt32 = 0) {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, value)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Adds one.
    package func signal() { sem_post(semaphore) }

    /// Waits until there is one, and takes it.
    package func wait() { while sem_wait(semaphore) != 0 {} }

    /// Waits at most so many seconds on the monotonic clock; false where there was none by then.
    package func wait(seconds: Double) -> Bool {
        scriptron_semaphore_wait(semaphore, Monotonic.now + max(0, min(seconds, 1e9))) == 0
    }
}
