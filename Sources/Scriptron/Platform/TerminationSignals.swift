import CLinux
import Glibc

/// SIGTERM, SIGINT and SIGHUP as a descriptor (signalfd(2)), for a process that ends in order.
package final class TerminationSignals: Sendable {
    package let descriptor: Descriptor

    /// Blocks the signals on this thread and those that it starts: to be made before any other thread.
    package init() throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // A client that goes away must not take the host along.
        signal(SIGPIPE, SIG_IGN)
        descriptor = Descriptor(owning: try checked("signalfd", result: scriptron_signalfd(&set)))
    }

    /// The numbers of the signals that came; never blocks.
    package func take() -> [Int32] {
        var numbers: [Int32] = []
        while let bytes = try? descriptor.read(128), bytes.count == 128 {
            // ssi_signo is the first member of signalfd_siginfo.
            numbers.append(bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) })
        }
        return numbers
    }

    /// Whether the signal asks to read the configuration again rather than to end.
    package static func isReload(_ number: Int32) -> Bool { number == SIGHUP }
}
