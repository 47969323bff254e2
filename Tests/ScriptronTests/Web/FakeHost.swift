import Glibc
import Synchronization

@testable import Scriptron

/// A host that answers from what it was given, and notes what it was asked.
final class FakeHost: HostControl {
    struct State {
        var asked: [String] = []
        var started: [(request: StartRequest, peer: PeerCredentials)] = []
        var failure: Failure?
        var rows: [Value] = []
        /// The log's lines, its offset counted in lines.
        var log: [Value] = []
    }

    let state: Mutex<State>
    /// Called while a request waits, on its connection's thread.
    let whileWaiting: @Sendable () -> Void

    init(
        rows: [Value] = [], log: [Value] = [], failure: Failure? = nil,
        whileWaiting: @escaping @Sendable () -> Void = {}
    ) {
        state = Mutex(State(failure: failure, rows: rows, log: log))
        self.whileWaiting = whileWaiting
    }

    var asked: [String] { state.withLock(\.asked) }

    private func note(_ asked: String) throws(Failure) -> [Value] {
        let (failure, rows) = state.withLock { state in
            state.asked.append(asked)
            return (state.failure, state.rows)
        }
        if let failure { throw failure }
        return rows
    }

    func status() throws(Failure) -> Value { try note("status").first ?? [:] }

    func jobs() throws(Failure) -> [Value] { try note("jobs") }

    func next(job: String?, limit: Int) throws(Failure) -> [Value] { try note("next \(job ?? "-") \(limit)") }

    func history(_ query: RunQuery) throws(Failure) -> [Value] {
        try note(
            "history \(query.job ?? "-") \(query.outcome?.rawValue ?? "-") \(query.before ?? 0) \(query.limit)")
    }

    func missed(job: String?, limit: Int) throws(Failure) -> [Value] { try note("missed \(job ?? "-") \(limit)") }

    func run(_ id: Int64, wait seconds: Double) throws(Failure) -> Value {
        let rows = try note("run \(id) \(seconds)")
        if seconds > 0 { whileWaiting() }
        return rows.first { $0["id"]?.integer == id } ?? ["id": .int(id)]
    }

    func show(run: Int64) throws(Failure) -> Value { try note("show \(run)").first ?? [:] }

    func logs(run: Int64, from offset: Int64, wait seconds: Double) throws(Failure) -> LogPiece {
        _ = try note("logs \(run) \(offset) \(seconds)")
        let log = state.withLock(\.log)
        return LogPiece(lines: Array(log.dropFirst(Int(offset))), next: Int64(log.count), ended: true)
    }

    func start(_ request: StartRequest, by peer: PeerCredentials) throws(Failure) -> Int64 {
        state.withLock { $0.started.append((request, peer)) }
        return Int64(try note("start \(request.job)").count)
    }

    func rerun(run: Int64, by peer: PeerCredentials) throws(Failure) -> Int64 {
        Int64(try note("rerun \(run) \(peer.uid)").count)
    }

    func pause(jobs: [String], drains: Bool, for seconds: Double?, by peer: PeerCredentials) throws(Failure) -> Value {
        try note("pause \(jobs.joined(separator: ",")) \(drains) \(seconds ?? 0) \(peer.uid)").first ?? [:]
    }

    func resume(jobs: [String], by peer: PeerCredentials) throws(Failure) -> Value {
        try note("resume \(jobs.joined(separator: ",")) \(peer.uid)").first ?? [:]
    }

    func pauses(wait seconds: Double) throws(Failure) -> Value {
        let rows = try note("pauses \(seconds)")
        whileWaiting()
        return rows.first ?? [:]
    }

    func cancel(run: Int64, by peer: PeerCredentials) throws(Failure) { _ = try note("cancel \(run) \(peer.uid)") }

    func approve(job: String, by peer: PeerCredentials) throws(Failure) -> Value {
        try note("approve \(job) \(peer.uid)").first ?? [:]
    }

    func queue(_ order: QueueOrder) throws(Failure) -> [Value] { try note("queue \(order)") }

    func alerts(isOpen: Bool, limit: Int) throws(Failure) -> Value {
        try note("alerts \(isOpen) \(limit)").first ?? [:]
    }

    func acknowledge(alert: String, by peer: PeerCredentials) throws(Failure) -> Value {
        try note("acknowledge \(alert) \(peer.uid)").first ?? [:]
    }

    func silence(alerts name: String, for seconds: Double, by peer: PeerCredentials) throws(Failure) -> Value {
        try note("silence \(name) \(seconds)").first ?? [:]
    }

    func test(channel: String, by peer: PeerCredentials) throws(Failure) -> Value {
        try note("test \(channel)").first ?? [:]
    }

    func settings(job: String) throws(Failure) -> [Value] { try note("settings \(job)") }
}
