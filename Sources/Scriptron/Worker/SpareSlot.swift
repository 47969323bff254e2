/// The host's side of the spare workers: those that wait, and which confinements the zygote had prepared when.
struct SpareSlot {
    /// A worker that waits for its part.
    struct Worker {
        let process: ProcessHandle
        let channel: PacketSocket
        /// The last confinement that it knows.
        let newest: Int
        /// Its start time, read while nobody waits for it.
        let started: UInt64

        init(process: ProcessHandle, channel: PacketSocket, newest: Int = 0) {
            self.process = process
            self.channel = channel
            self.newest = newest
            started = ProcessHandle.startTime(pid: process.pid) ?? 0
        }
    }

    /// A worker that waits, confined for this key already.
    struct Ahead {
        let worker: Worker
        let key: ConfinementKey
        /// When the files of its confinement were looked at, on the monotonic clock.
        let looked: Double
        let files: ConfinedFiles
        /// How many launches of other keys it has seen.
        var passedBy = 0
    }

    /// How many confinements are kept in mind; the zygote's own cache forgets by itself.
    private static let capacity = 256
    /// How many workers wait confined: the jobs that run every minute are few, and each costs a megabyte.
    private static let mostAhead = 4
    /// How many launches pass by a confined worker until one for another key may take its place.
    private static let patience = 16
    /// Seconds until a confined worker that never came is asked for again.
    private static let askPeriod = 1.0

    var worker: Worker?
    private(set) var ahead: [ConfinementKey: Ahead] = [:]
    /// The number of each grant's confinement.
    private var numbers: [ConfinementKey: Int] = [:]
    private var asked: [Int64: ConfinementKey] = [:]
    /// When confined workers were asked for that did not come yet, on the monotonic clock.
    private var wanted: [ConfinementKey: Double] = [:]
    private var machine = MachineWatch()

    /// The waiting worker that has the least left to do for this: one that is confined for it, or one that need not
    /// prepare anything.
    mutating func take(for key: ConfinementKey, _ grant: Grant) -> Worker? {
        if let confined = takeAhead(for: key, grant) { return confined }
        guard let worker, let number = numbers[key], number <= worker.newest else { return nil }
        self.worker = nil
        return worker
    }

    private mutating func takeAhead(for key: ConfinementKey, _ grant: Grant) -> Worker? {
        for other in ahead.keys where other != key { ahead[other]?.passedBy += 1 }
        // Let go of, it hears that nobody wants it.
        guard let taken = ahead.removeValue(forKey: key), !machine.hasChanged(since: taken.looked),
            ConfinedFiles.look(grant, key.scratch) == taken.files
        else { return nil }
        return taken.worker
    }

    /// Whether a confined worker is to be made for the next launch like this one.
    mutating func wantsAhead(_ key: ConfinementKey) -> Bool {
        // What never knows its own confinement's number has parts that are made for each run.
        guard let number = numbers[key], number != .max, ahead[key] == nil else { return false }
        let now = Monotonic.now
        wanted = wanted.filter { now - $0.value < Self.askPeriod }
        guard wanted[key] == nil else { return false }
        if ahead.count + wanted.count >= Self.mostAhead {
            guard let idle = ahead.max(by: { $0.value.passedBy < $1.value.passedBy }),
                idle.value.passedBy >= Self.patience
            else { return false }
            ahead[idle.key] = nil
        }
        wanted[key] = now
        return true
    }

    /// The confined worker that was asked for came.
    mutating func came(_ worker: Ahead) {
        wanted[worker.key] = nil
        ahead[worker.key] = worker
    }

    /// A process of the zygote's ended.
    mutating func ended(_ pid: Int32) {
        if worker?.process.pid == pid { worker = nil }
        for (key, waiting) in ahead where waiting.worker.process.pid == pid { ahead[key] = nil }
    }

    /// The zygote was asked for a worker.
    mutating func asked(_ id: Int64, _ key: ConfinementKey) { asked[id] = key }

    /// It made one, with the confinement of this number.
    mutating func prepared(_ id: Int64, _ number: Int) {
        guard let key = asked.removeValue(forKey: id) else { return }
        if numbers.count >= Self.capacity { numbers = [:] }
        numbers[key] = number
        // One that was forked before knows nothing of it: let go of, it makes room for one that does.
        if number != .max, let worker, worker.newest < number { self.worker = nil }
    }

    mutating func refused(_ id: Int64) { asked[id] = nil }

    /// The zygote's confinement for this launch no longer fits the machine: let it prepare another one.
    mutating func forget(_ key: ConfinementKey) { numbers[key] = nil }
}
