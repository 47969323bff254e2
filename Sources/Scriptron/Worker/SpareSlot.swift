/// The host's side of the spare worker: the one that waits, and which confinements the zygote had prepared when.
struct SpareSlot {
    /// A worker that waits for its part.
    struct Worker {
        let process: ProcessHandle
        let channel: PacketSocket
        /// The last confinement that it knows.
        let newest: Int
    }

    /// How many confinements are kept in mind; the zygote's own cache forgets by itself.
    private static let capacity = 256

    var worker: Worker?
    /// The number of each grant's confinement.
    private var numbers: [ConfinementKey: Int] = [:]
    private var asked: [Int64: ConfinementKey] = [:]

    /// The waiting worker, where it need not prepare anything for this.
    mutating func take(for key: ConfinementKey) -> Worker? {
        guard let worker, let number = numbers[key], number <= worker.newest else { return nil }
        self.worker = nil
        return worker
    }

    /// The zygote was asked for a worker.
    mutating func asked(_ id: Int64, _ key: ConfinementKey) { asked[id] = key }

    /// It made one, with the confinement of this number.
    mutating func prepared(_ id: Int64, _ number: Int) {
        guard let key = asked.removeValue(forKey: id) else { return }
        if numbers.count >= Self.capacity { numbers = [:] }
        numbers[key] = number
    }

    mutating func refused(_ id: Int64) { asked[id] = nil }

    /// The zygote's confinement for this launch no longer fits the machine: let it prepare another one.
    mutating func forget(_ key: ConfinementKey) { numbers[key] = nil }
}
