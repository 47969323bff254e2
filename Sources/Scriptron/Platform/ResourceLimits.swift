import Glibc

/// The limits of a process that its children inherit (setrlimit(2)).
enum ResourceLimits {
    /// No core files.
    static func noCore() throws(SystemError) { try set(RLIMIT_CORE, "RLIMIT_CORE", soft: 0, hard: 0) }

    /// Open files: a soft limit that select(2) can take, and a hard one.
    static func openFiles(soft: UInt64, hard: UInt64) throws(SystemError) {
        var now = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &now)
        let most = min(hard, UInt64(now.rlim_max))
        try set(RLIMIT_NOFILE, "RLIMIT_NOFILE", soft: min(soft, most), hard: most)
    }

    /// Address space, in bytes.
    static func addressSpace(_ bytes: UInt64) throws(SystemError) {
        var now = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &now)
        let most = min(bytes, UInt64(now.rlim_max))
        try set(RLIMIT_AS, "RLIMIT_AS", soft: most, hard: most)
    }

    private static func set(
        _ resource: __rlimit_resource, _ name: String, soft: UInt64, hard: UInt64
    ) throws(SystemError) {
        var limit = rlimit(rlim_cur: rlim_t(soft), rlim_max: rlim_t(hard))
        try retrying("setrlimit", name) { setrlimit(__rlimit_resource_t(resource.rawValue), &limit) }
    }
}
