import Glibc

/// The calling thread's signal mask (pthread_sigmask(3)).
package enum SignalMask {
    /// Runs `body` with all signals blocked: threads that it starts inherit that, so that signals reach the main
    /// thread.
    package static func blockingAll<Result>(_ body: () -> Result) -> Result {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return body()
    }
}
