import Glibc

/// The unit of the times in /proc (proc(5)).
package enum ClockTicks {
    /// sysconf(3), _SC_CLK_TCK.
    package static let perSecond = max(1, sysconf(Int32(_SC_CLK_TCK)))
}
