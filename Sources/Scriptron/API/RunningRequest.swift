import Synchronization

/// A request that goes on beside the script, which meanwhile takes what comes of it: the pieces of the answer's body, and
/// how far it is.
///
/// As in `parallel`, a thread of its own makes it, in its turn; the script gives its turn away while it waits for the next
/// piece. A script that takes its time holds the server up: no more than `mostHeld` waits here.
final class RunningRequest: Sendable {
    /// What the script is told next.
    enum Event {
        case piece([UInt8])
        case progress(TransferProgress)
        /// It is over: `finish` says how.
        case end
    }

    /// The most bytes that wait for the script, but for one piece.
    private static let mostHeld = 1 << 20
    /// Seconds between two words of how far it is.
    private static let interval = 0.5

    private struct State {
        var pieces: [[UInt8]] = []
        var held = 0
        var hasGiven = false
        var progress: TransferProgress?
        var told: TransferProgress?
        var toldAt = -Double.infinity
        var outcome: Result<Value, any Error>?
        var isClosed = false
    }

    /// The body runs in its turn, as all of the host API does, which makes it safe to hand over.
    private struct Work: @unchecked Sendable {
        let body: () throws -> Value
    }

    private let turn: Turn?
    private let mark = Turn.Mark()
    private let state = Mutex(State())
    private let came = Semaphore()
    private let room = Semaphore()

    /// - Parameter turn: Held by the calling thread; nil: the request is made by `start` itself.
    init(_ turn: Turn?) { self.turn = turn }

    /// Makes the request: `body` returns what the script gets at last.
    func start(_ body: @escaping () throws -> Value) throws(Failure) {
        guard let turn else {
            let outcome = Result { try body() }
            state.withLock { $0.outcome = outcome }
            return
        }
        let work = Work(body: body)
        do throws(SystemError) {
            try PlainThread.start(name: "http") { [self] in
                turn.enter(mark)
                let outcome = Result { try work.body() }
                turn.leave()
                state.withLock { $0.outcome = outcome }
                came.signal()
            }
        } catch {
            let failure = error.failure()
            state.withLock { $0.outcome = .failure(failure) }
            throw failure
        }
    }

    // The request's side.

    /// Takes a piece; waits where too much is held. `ECANCELED` where nobody wants it any more.
    func give(_ piece: [UInt8]) throws(SystemError) {
        while true {
            let (isClosed, isTaken) = state.withLock { state -> (Bool, Bool) in
                if state.isClosed { return (true, false) }
                guard turn == nil || state.held < Self.mostHeld else { return (false, false) }
                state.pieces.append(piece)
                state.held += piece.count
                state.hasGiven = true
                return (false, true)
            }
            if isClosed { throw SystemError(ErrorNumber.canceled, call: "write") }
            if isTaken { return came.signal() }
            _ = room.wait(seconds: 1)
        }
    }

    /// Takes how far it is.
    func tell(_ progress: TransferProgress) {
        let isDue = state.withLock { state -> Bool in
            state.progress = progress
            return Monotonic.now - state.toldAt >= Self.interval
        }
        if isDue { came.signal() }
    }

    /// Whether a piece has gone out: then the request cannot be made again.
    var hasGiven: Bool { state.withLock { $0.hasGiven } }

    // The script's side.

    /// Waits for the next event.
    func next() throws(Failure) -> Event {
        guard let turn else { return waiting() ?? .end }
        return try turn.apart { (mark) throws(Failure) -> Event in
            while true {
                if let event = waiting() { return event }
                if mark?.isCancelled == true {
                    throw Failure(code: "ECANCELED", "given up, for another call of parallel failed")
                }
                _ = came.wait(seconds: 0.2)
            }
        }
    }

    private func waiting() -> Event? {
        let (event, isRoom) = state.withLock { state -> (Event?, Bool) in
            if !state.pieces.isEmpty {
                let pieces = state.pieces
                state.pieces = []
                state.held = 0
                return (.piece(Array(pieces.joined())), true)
            }
            let now = Monotonic.now
            if let progress = state.progress, progress != state.told,
                state.outcome != nil || now - state.toldAt >= Self.interval
            {
                state.told = progress
                state.toldAt = now
                return (.progress(progress), false)
            }
            return (state.outcome == nil ? nil : .end, false)
        }
        if isRoom { room.signal() }
        return event
    }

    /// Whether it has ended.
    var isOver: Bool { state.withLock { $0.outcome != nil } }

    /// What came of it; raises its error.
    func finish() throws -> Value {
        guard let outcome = state.withLock({ $0.outcome }) else {
            throw Failure(code: "EINTERNAL", "the request goes on")
        }
        return try outcome.get()
    }

    /// Gives it up where it goes on, and returns when nothing of it is left. Idempotent.
    func close() {
        mark.cancel()
        state.withLock { $0.isClosed = true }
        room.signal()
        turn?.apart { _ in
            while state.withLock({ $0.outcome == nil }) { _ = came.wait(seconds: 0.2) }
        }
    }
}
