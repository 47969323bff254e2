import Glibc

/// This process's resource limits (getrlimit(2)).
package enum ResourceLimits {
    /// Raises the number of open files to the most that is allowed: a host with many attempts has a few for each.
    package static func raiseOpenFiles() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }
}
