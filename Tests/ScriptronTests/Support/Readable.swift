import Glibc

@testable import Scriptron

extension Descriptor {
    /// Waits until there is something to read, at most so many seconds (poll(2)).
    func becomesReadable(within seconds: Double) -> Bool {
        let end = Monotonic.now + seconds
        while true {
            var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            let left = max(0, end - Monotonic.now)
            if poll(&entry, 1, Int32(left * 1000)) > 0 { return true }
            if left == 0 { return false }
        }
    }
}
