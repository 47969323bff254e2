import Glibc

/// How a child process ended.
package struct ProcessExit: Sendable, Hashable {
    package let pid: Int32
    /// Its exit code; nil where a signal killed it.
    package let code: Int32?
    /// The signal that killed it.
    package let signal: Int32?
    /// User and system time of it and the descendants it waited for.
    package var cpuSeconds: Double
    /// The largest resident set among them.
    package var maxRSSBytes: Int64

    /// SIGXFSZ: what a process gets that writes beyond RLIMIT_FSIZE.
    package static let fileSizeSignal = SIGXFSZ
    /// SIGKILL.
    package static let killSignal = SIGKILL

    /// What waiting for a child found.
    package enum Reaped: Sendable, Hashable {
        case exit(ProcessExit)
        /// Children live, none has ended.
        case none
        /// There is no child.
        case noChild
    }
}
