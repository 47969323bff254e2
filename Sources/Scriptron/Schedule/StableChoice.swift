/// The values that `~` stands for: they look random, differ from job to job, and are the same on every machine and
/// after every restart.
///
/// A value is chosen by the 64-bit FNV-1a hash of `JOB/FIELD/N`: the job's name, the field's name and which `~` of the
/// field it is, from 1. The hash is mixed by the finalizer of SplitMix64, and its remainder by the number of values
/// that may be chosen counts into them.
enum StableChoice {
    /// A number from 0 up to, not including, `count`.
    static func index(job: String, field: String, ordinal: Int, count: Int) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(job)/\(field)/\(ordinal)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        hash ^= hash >> 31
        return Int(hash % UInt64(max(count, 1)))
    }
}
