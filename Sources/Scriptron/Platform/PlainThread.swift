import CLinux
import Glibc

/// A thread of the operating system, for work that blocks: never one of the cooperative pool's.
package enum PlainThread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Runs `body` on a new detached thread with all signals blocked, so that they reach the main thread.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let result = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                // Balances passRetained: the thread owns its start from here on.
                let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                _ = scriptron_set_process_name(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        if result != 0 {
            start.release()
            throw SystemError(result, call: "pthread_create", subject: name)
        }
    }
}
