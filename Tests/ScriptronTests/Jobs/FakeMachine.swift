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
        /// Units of systemd that are known, and whether each is active.
        var units: [String: Bool] = [:]
        /// Seconds until a disk is full, by its path, where it fills.
        var filling: [String: Double] = [:]
        /// Its open alerts by their keys, kept as the host keeps them; the run that speaks of them.
        fileprivate(set) var alerts: [String: Alert] = [:]
        fileprivate var run: Int64 = 1
        /// What it measured in its last run: `disk_used{disk=/}`.
        fileprivate(set) var metrics: [String: Double] = [:]

        init() {}

        /// A machine that is well, of which the host knows what it knew of another.
        init(alerts other: Figures) {
            (state, alerts, run) = (other.state, other.alerts, other.run)
        }
    }

    private let figures = Mutex(Figures())

    func set(_ change: (inout Figures) -> Void) { figures.withLock { change(&$0) } }

    var state: [String: Value] { figures.withLock { $0.state } }
    var alerts: [String: Alert] { figures.withLock { $0.alerts } }
    var metrics: [String: Double] { figures.withLock { $0.metrics } }

    /// A run begins.
    func begin() { figures.withLock { $0.metrics = [:] } }

    /// A run has succeeded: what it did not report is on its way to its end.
    func end() {
        figures.withLock { figures in
            for (key, alert) in figures.alerts where alert.lastRun < figures.run {
                let next = AlertRules.silent(alert, now: SystemClock().now()).alert
                figures.alerts[key] = next?.state == .resolved ? nil : next
            }
            figures.run += 1
        }
    }

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
            do throws(Failure) {
                switch service {
                case .alertReport: return .success(try figures.report(arguments))
                case .alertLook:
                    var copy = figures
                    return .success(try copy.report(arguments))
                default: return .success(figures.answer(service, arguments))
                }
            } catch {
                return .failure(error)
            }
        }
    }
}

extension FakeMachine.Figures {
    /// By the host's own rules.
    fileprivate mutating func report(_ arguments: [String: Value]) throws(Failure) -> Value {
        let report = try AlertReport(arguments)
        var state = "ok"
        for report in [report.aboutKnowing, report] {
            let step = AlertRules.step(
                alerts[report.key], report, job: "health", run: run, now: SystemClock().now())
            alerts[report.key] = step.alert?.state == .resolved ? nil : step.alert
            state = step.alert.word
        }
        return ["state": .text(state)]
    }

    private mutating func measure(_ arguments: [String: Value]) {
        let labels = (arguments["labels"]?.map ?? [:]).map { "\($0)=\($1.text ?? "?")" }.sorted()
        let name = (arguments["name"]?.text ?? "?") + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}")
        metrics[name] = arguments["value"]?.double
    }

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
        case .metricAdd:
            measure(arguments)
            return .null
        case .metricForecast:
            let disk = arguments["labels"]?["disk"]?.text ?? ""
            return filling[disk].map { ["seconds": .number($0), "rate": -1.0, "covers": 86400.0] } ?? .null
        case .unitActive: return units[arguments["unit"]?.text ?? ""].map { .bool($0) } ?? .null
        case .resolve: return .list([arguments["host"] == "localhost" ? "127.0.0.1" : arguments["host"] ?? ""])
        case .stateGet: return state[arguments["key"]?.text ?? ""] ?? .null
        case .stateSet:
            state[arguments["key"]?.text ?? ""] = arguments["value"]
            return .null
        case .stateReplace:
            let key = arguments["key"]?.text ?? ""
            guard (state[key] ?? .null) == (arguments["expected"] ?? .null) else { return false }
            state[key] = arguments["value"]
            return true
        default: return .null
        }
    }
}
