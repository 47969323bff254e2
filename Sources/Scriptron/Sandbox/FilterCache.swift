/// The seccomp filters that were needed so far, compiled: a handful for all grants. For a process of one thread.
package final class FilterCache {
    private var filters: [FilterVariant: SystemCallFilter] = [:]

    package init() {}

    /// The variant, compiled now (some milliseconds) or before.
    func filter(_ variant: FilterVariant) throws(Failure) -> SystemCallFilter {
        if let filter = filters[variant] { return filter }
        let filter = try variant.compiled()
        filters[variant] = filter
        return filter
    }
}
