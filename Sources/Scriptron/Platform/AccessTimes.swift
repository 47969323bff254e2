import Synchronization

/// Whether reading a file leaves the time of its last access as it is, where the kernel lets this process do so: for
/// who reads to see what would be done, and must leave no trace.
package enum AccessTimes {
    private static let kept = Atomic(false)

    /// From now on, in the whole process.
    package static func keep() { kept.store(true, ordering: .relaxed) }

    static var areKept: Bool { kept.load(ordering: .relaxed) }
}
