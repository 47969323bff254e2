/// The sources that wait to be loaded, in the order in which they came; of each job the newest.
struct LoadQueue {
    private var order: [(turn: Int, name: String)] = []
    private var first = 0
    private var waiting: [String: (turn: Int, source: JobSource)] = [:]
    private var lastTurn = 0

    var isEmpty: Bool { waiting.isEmpty }

    /// What waits, the next one first.
    var sources: [JobSource] {
        order[first...].compactMap { entry in waiting[entry.name].flatMap { $0.turn == entry.turn ? $0.source : nil } }
    }

    /// Adds a source at the end, in place of an earlier one of the same job.
    mutating func append(_ source: JobSource) {
        lastTurn += 1
        order.append((lastTurn, source.name))
        waiting[source.name] = (lastTurn, source)
    }

    /// Takes out the next one.
    mutating func popFirst() -> JobSource? {
        while first < order.count {
            let entry = order[first]
            first += 1
            guard let found = waiting[entry.name], found.turn == entry.turn else { continue }
            waiting.removeValue(forKey: entry.name)
            if waiting.isEmpty { self = LoadQueue() }
            return found.source
        }
        return nil
    }

    /// Keeps only the jobs of these names.
    mutating func keep(_ names: Set<String>) {
        waiting = waiting.filter { names.contains($0.key) }
        if waiting.isEmpty { self = LoadQueue() }
    }

    func contains(_ name: String) -> Bool { waiting[name] != nil }
}
