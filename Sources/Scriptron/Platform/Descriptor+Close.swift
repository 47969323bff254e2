import CLinux

extension Descriptor {
    /// Closes every descriptor of this process but those of `keep`, whoever owns them: for a forked process that goes
    /// on with these alone.
    static func closeAll(except keep: [Int32]) throws(SystemError) {
        let sorted = keep.sorted()
        try checked("close_range", result: scriptron_close_all_but(sorted, sorted.count))
    }
}
