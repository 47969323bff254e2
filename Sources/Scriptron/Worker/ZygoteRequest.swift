/// What the host says to its zygote.
enum ZygoteRequest: Sendable, Hashable {
    /// A worker is wanted. The packet carries three descriptors: the worker's end of its channel, the version's files,
    /// and the grant.
    case spawn(SpawnRequest)
    /// The spare worker has got its part: another one may be made.
    case taken(pid: Int32)
    /// A worker is wanted that waits for its part confined already, for a grant that the zygote knows.
    case ahead(ConfinementKey)
    /// A program of another user is wanted beside a worker. The packet carries seven descriptors: the grant, what is
    /// executed (`ForeignProgram`), and what become its input, output, errors, status and channel.
    case program(ProgramOrder)
    /// A signal for such a program, of this worker, and its process group.
    case signal(program: Int64, worker: Int32, signal: Int32)

    var value: Value {
        switch self {
        case .spawn(let request): request.value
        case .taken(let pid): ["taken": .int(Int64(pid))]
        case .ahead(let key): ["ahead": key.value]
        case .program(let order): order.value
        case .signal(let program, let worker, let signal):
            ["to": .int(program), "of": .int(Int64(worker)), "signal": .int(Int64(signal))]
        }
    }

    init?(_ value: Value) {
        if let pid = value["taken"]?.integer.flatMap({ Int32(exactly: $0) }) {
            self = .taken(pid: pid)
        } else if let key = value["ahead"].flatMap(ConfinementKey.init) {
            self = .ahead(key)
        } else if let order = ProgramOrder(value) {
            self = .program(order)
        } else if let program = value["to"]?.integer,
            let worker = value["of"]?.integer.flatMap({ Int32(exactly: $0) }),
            let signal = value["signal"]?.integer.flatMap({ Int32(exactly: $0) })
        {
            self = .signal(program: program, worker: worker, signal: signal)
        } else if let request = SpawnRequest(value) {
            self = .spawn(request)
        } else {
            return nil
        }
    }
}
