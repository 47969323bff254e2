/// The keys of `limits`, as the script and `jobs.NAME` of the configuration may say them.
enum LimitKeys {
    static let known = [
        "processes", "files", "file_size", "program_memory", "output", "log_rate", "scratch", "scratch_files",
    ]

    /// The limits with those that are given in place of the earlier ones.
    static func apply(_ section: Section, to limits: JobLimits) throws(Failure) -> JobLimits {
        var (section, limits) = (section, limits)
        if let count = try section.integer("processes", in: 2...1_000_000) { limits.processes = Int(count) }
        if let count = try section.integer("files", in: 32...1_000_000) { limits.files = Int(count) }
        if let size = try size("file_size", from: 1 << 10, &section) { limits.fileSize = size.bytes }
        if let size = try size("program_memory", from: 16 << 20, &section) { limits.programMemory = size.bytes }
        if let size = try section.size("output", in: 1 << 10...1 << 40) { limits.output = size }
        if let count = try section.integer("log_rate", in: 1...1_000_000) { limits.logRate = Int(count) }
        if let size = try section.size("scratch", in: 4 << 10...1 << 50) { limits.scratch = size }
        if let count = try section.integer("scratch_files", in: 1...100_000_000) { limits.scratchFiles = Int(count) }
        try section.finish(known: known)
        return limits
    }

    /// A size that may be absent by `false`; nil: it is not said.
    private static func size(
        _ key: String, from least: Int64, _ section: inout Section
    ) throws(Failure) -> (bytes: Int64?, Void)? {
        var copy = section
        if copy.take(key) == false {
            section = copy
            return (nil, ())
        }
        return try section.size(key, in: least...1 << 50).map { ($0, ()) }
    }
}
