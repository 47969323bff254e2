import Glibc
import Synchronization

/// Whether a write to a pipe that nobody reads ends this process (SIGPIPE) or fails.
enum BrokenPipes {
    private struct State {
        /// How many want it to fail.
        var users = 0
        /// What was before.
        var before: (@convention(c) (Int32) -> Void)?
    }

    private static let state = Mutex(State())

    /// It fails until as many calls of `restore` have followed.
    static func ignore() {
        state.withLock { state in
            state.users += 1
            if state.users == 1 { state.before = signal(SIGPIPE, SIG_IGN) }
        }
    }

    static func restore() {
        state.withLock { state in
            state.users -= 1
            if state.users == 0 { signal(SIGPIPE, state.before) }
        }
    }
}
