/// The rows of pauses inside one transaction of a store.
package protocol PauseRows {
    /// Those that are not over at `instant`, the first first.
    func pauses(at instant: Timestamp) throws -> [Pause]
    /// Those that began or ended later than `instant`, or go on, the first first.
    func pauses(since instant: Timestamp) throws -> [Pause]
    /// Gives it its number.
    func insertPause(_ pause: Pause) throws -> Pause
    /// Replaces the pause of this number. Fails where there is none.
    func updatePause(_ pause: Pause) throws
    /// Removes those that were over before `instant`; how many.
    func prunePauses(before instant: Timestamp) throws -> Int
}
