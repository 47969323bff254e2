import Synchronization

@testable import Scriptron

/// A machine whose figures a test sets, behind the services of the host. At first all is well.
final class FakeMachine: Sendable {
    struct Figures: Sendable {
        /// Shares of 1; nil: there is no earlier look.
        var busy: Double? = 0.125
        var iowait = 0.02
        /// On two cores.
        var loadFive = 1.0
        /// Of 1000 MiB.
        var available: Int64 = 600
        var swapFree: Int64 = 90
        var swapTotal: Int64 = 100
        /// Percent of all three resources; nil: the kernel has no PSI.
        var pressure: Double? = 1.5
        var disks: [Value] = [FakeMachine.disk("/", used: 50)]
        var storeBytes: Int64 = 4 << 20
        var storeFree: Int64? = 8 << 30
        var jobs: [Value] = []
        var uptime = 5000.0
        /// Services that fail.
        var failing: Set<HostService> = []
        /// What the job keeps between its runs.
        var state: [String: Value] = [:]
    }

    private let figures = Mutex(Figures())

    func set(_ change: (inout Figures) -> Void) { figures.withLock { change(&$0) } }

    var state: [String: Value] { figures.withLock { $0.state } }

    /// A disk of 1000 MiB, so much of it used, in percent.
    static func disk(
        _ path: Value, used: Double = 50, inodes: Int64 = 1000, inodesUsed: Int64 = 100, readOnly: Bool = false
    ) -> Value {
        let taken = Int64(used * 10) << 20
        return [
            "path": path, "device": "/dev/vda", "type": "ext4", "size": .int(1100 << 20), "used": .int(taken),
            "free": .int(1000 << 20 - taken), "inodes": .int(inodes), "inodes_used": .int(inodesUsed),
            "read_only": .bool(readOnly),
        ]
    }

    /// A disk that gave no figures.
    static func silentDisk(_ path: Value, code: String) -> Value {
        ["path": path, "device": "server:/", "type": "nfs4", "error": "it did not answer", "code": .text(code)]
    }

    func answer(_ service: HostService, _ arguments: [String: Value]) -> Result<Value, Failure> {
        figures.withLock { figures in
            if figures.failing.contains(service) {
                return .failure(Failure(code: "EIO", "\(service.rawValue) does not work"))
            }
            return .success(figures.answer(service, arguments))
        }
    }
}

extension FakeMachine.Figures {
    fileprivate mutating func answer(_ service: HostService, _ arguments: [String: Value]) -> Value {
        switch service {
        case .sysCPU:
            guard let busy else { return .null }
            return ["busy": .number(busy), "iowait": .number(iowait)]
        case .sysLoad: return ["one": 0.5, "five": .number(loadFive), "fifteen": 0.5, "cores": 2]
        case .sysMemory:
            return [
                "total": .int(1000 << 20), "available": .int(available << 20), "free": 1, "cached": 1,
                "swap_total": .int(swapTotal), "swap_free": .int(swapFree),
            ]
        case .sysPressure:
            guard let pressure else { return .null }
            let resource: Value = ["some10": 0.0, "some60": .number(pressure), "some300": 0.0]
            return ["cpu": resource, "memory": resource, "io": resource]
        case .sysDisks: return .list(disks)
        case .sysStore: return ["bytes": .int(storeBytes), "free": storeFree.map { .int($0) } ?? .null]
        case .sysJobs: return .list(jobs)
        case .sysUptime: return .number(uptime)
        case .resolve: return .list([arguments["host"] ?? ""])
        case .stateGet: return state[arguments["key"]?.text ?? ""] ?? .null
        case .stateReplace:
            let key = arguments["key"]?.text ?? ""
            guard (state[key] ?? .null) == (arguments["expected"] ?? .null) else { return false }
            state[key] = arguments["value"]
            return true
        default: return .null
        }
    }
}
