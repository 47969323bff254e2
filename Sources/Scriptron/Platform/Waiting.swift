/// Waiting for an answer that comes by a call back. For threads that may block.
package enum Waiting {
    /// Calls `start` with a function that takes the answer, and waits until that is called, once, from any thread.
    package static func answer<Answer: Sendable>(_ start: (@escaping @Sendable (Answer) -> Void) -> Void) -> Answer {
        let slot = Shared<Answer?>(nil)
        let came = Semaphore()
        start { answer in
            slot.value.withLock { $0 = answer }
            came.signal()
        }
        while true {
            came.wait()
            if let answer = slot.value.withLock({ $0 }) { return answer }
        }
    }
}
