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
    }

    /// How many confinements are kept in mind; the zygote's own cache forgets by itself.
    private static let capacity = 256
    /// How many launches pass by the confined worker until another one takes its place.
    private static let patience = 8
    /// Seconds until a confined worker that never came is asked for again.
    private static let askPeriod = 1.0

    var worker: Worker?
    private(set) var ahead: Ahead?
    /// The number of each grant's confinement.
    private var numbers: [ConfinementKey: Int] = [:]
    private var asked: [Int64: ConfinementKey] = [:]
    /// When a confined worker was asked for that did not come yet, on the monotonic clock.
    private var wantedAt: Double?
    private var passedBy = 0
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
        guard let ahead else { return nil }
        guard ahead.key == key else {
            passedBy += 1
            return nil
        }
        passedBy = 0
        self.ahead = nil
        // Let go of, it hears that nobody wants it.
        guard !machine.hasChanged(since: ahead.looked), ConfinedFiles.look(grant, key.scratch) == ahead.files else {
            return nil
        }
        return ahead.worker
    }

    /// Whether a confined worker is to be made for the next launch like this one.
    mutating func wantsAhead(_ key: ConfinementKey) -> Bool {
        // What never knows its own confinement's number has parts that are made for each run.
        guard let number = numbers[key], number != .max else { return false }
        if let ahead {
            guard ahead.key != key, passedBy >= Self.patience else { return false }
            self.ahead = nil
        }
        let now = Monotonic.now
        if let wantedAt, now - wantedAt < Self.askPeriod { return false }
        wantedAt = now
        passedBy = 0
        return true
    }

    /// The confined worker that was asked for came.
    mutating func came(_ worker: Ahead) {
        ahead = worker
        wantedAt = nil
    }

    /// A process of the zygote's ended.
    mutating func ended(_ pid: Int32) {
        if worker?.process.pid == pid { worker = nil }
        if ahead?.worker.process.pid == pid { ahead = nil }
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
