/// When each job is due next: tens of thousands of them, and the earliest at hand.
package struct Timetable: Sendable {
    private struct Entry: Comparable, Sendable {
        let instant: Timestamp
        let job: String

        static func < (left: Entry, right: Entry) -> Bool {
            left.instant == right.instant ? left.job < right.job : left.instant < right.instant
        }
    }

    private var heap = Heap<Entry>()
    /// The entry of each job that counts; older ones in the heap are passed over.
    private var current: [String: Timestamp] = [:]

    package init() {}

    /// How many jobs have a next fire time.
    package var count: Int { current.count }

    /// Sets when a job is due next; nil: never.
    package mutating func set(_ job: String, _ instant: Timestamp?) {
        guard let instant else {
            current.removeValue(forKey: job)
            return
        }
        if current.updateValue(instant, forKey: job) != instant { heap.insert(Entry(instant: instant, job: job)) }
    }

    /// When the job is due next.
    package func next(_ job: String) -> Timestamp? { current[job] }

    /// The earliest instant at which a job is due.
    package mutating func first() -> Timestamp? {
        dropStale()
        return heap.first?.instant
    }

    /// Takes out the jobs that are due at `now`, the earliest first, at most `limit`.
    package mutating func takeDue(_ now: Timestamp, limit: Int) -> [String] {
        var jobs: [String] = []
        while jobs.count < limit {
            dropStale()
            guard let entry = heap.first, entry.instant <= now else { break }
            heap.popFirst()
            current.removeValue(forKey: entry.job)
            jobs.append(entry.job)
        }
        return jobs
    }

    private mutating func dropStale() {
        while let entry = heap.first, current[entry.job] != entry.instant { heap.popFirst() }
    }
}
