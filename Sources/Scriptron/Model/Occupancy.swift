/// What goes on of a job, as its rule for overlaps looks at it.
package struct Occupancy: Sendable, Hashable {
    /// A run of the schedule that has not begun: its fire time may still change.
    package struct Movable: Sendable, Hashable {
        package var run: Int64
        package var fireTime: Timestamp
        /// The fire time that it had before.
        package var left: Timestamp?

        package init(run: Int64, fireTime: Timestamp, left: Timestamp? = nil) {
            self.run = run
            self.fireTime = fireTime
            self.left = left
        }
    }

    /// The most runs of one job that wait.
    package static let mostWaiting = 1000

    /// The oldest run that has begun and not ended: it runs, or waits for its next attempt.
    package var begun: Int64?
    /// How many runs wait and have not begun, and the oldest of them.
    package var waiting = 0
    package var firstWaiting: Int64?
    package var movable: Movable?

    package init() {}

    package var isIdle: Bool { begun == nil && waiting == 0 }

    /// Why no run can start beside what goes on; nil: nothing goes on.
    package var reason: String? {
        if let begun { return "overlap: run \(begun) still runs" }
        return firstWaiting.map { "overlap: run \($0) still waits" }
    }

    /// Why no more can wait.
    package static let fullReason = "overlap: \(mostWaiting) runs of it wait"
}
