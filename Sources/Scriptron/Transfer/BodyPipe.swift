import Synchronization

/// The body of a request on its way from the thread that makes it to the one that sends it; little of it is held.
package final class BodyPipe: Sendable {
    /// The most bytes that wait, but for one piece.
    private static let mostHeld = 4 << 20

    private struct State {
        var pieces: [ArraySlice<UInt8>] = []
        var held = 0
        var hasBegun = false
        var isEnded = false
        /// One of both sides has given up.
        var isBroken = false
    }

    private let state = Mutex(State())
    private let came = Semaphore()
    private let room = Semaphore()

    package init() {}

    /// Takes a piece where there is room; else false at the latest in so many seconds. `ECANCELED` where the other side has
    /// given up.
    package func write(_ piece: [UInt8], seconds: Double) throws(SystemError) -> Bool {
        let until = Monotonic.now + seconds
        while true {
            let (isBroken, isTaken) = state.withLock { state -> (Bool, Bool) in
                if state.isBroken { return (true, false) }
                guard state.held < Self.mostHeld else { return (false, false) }
                if !piece.isEmpty { state.pieces.append(piece[...]) }
                state.held += piece.count
                return (false, true)
            }
            if isBroken { throw SystemError(ErrorNumber.canceled, call: "write") }
            if isTaken {
                came.signal()
                return true
            }
            let left = until - Monotonic.now
            if left <= 0 { return false }
            _ = room.wait(seconds: left)
        }
    }

    /// No more comes.
    package func end() {
        state.withLock { $0.isEnded = true }
        came.signal()
    }

    /// Gives up: the other side fails.
    package func abort() {
        state.withLock { $0.isBroken = true }
        came.signal()
        room.signal()
    }

    /// Whether some of it has been taken: then it cannot be sent again.
    package var hasBegun: Bool { state.withLock { $0.hasBegun } }

    /// Waits for at most so many bytes; empty at the end. `ECANCELED` where the other side has given up.
    package func read(_ most: Int, isCancelled: () -> Bool) throws(SystemError) -> ArraySlice<UInt8> {
        while true {
            let (piece, isBroken) = state.withLock { state -> (ArraySlice<UInt8>?, Bool) in
                if state.isBroken { return (nil, true) }
                guard let first = state.pieces.first else { return (state.isEnded ? [] : nil, false) }
                let piece = first.prefix(most)
                if piece.count == first.count {
                    state.pieces.removeFirst()
                } else {
                    state.pieces[0] = first[piece.endIndex...]
                }
                state.held -= piece.count
                state.hasBegun = true
                return (piece, false)
            }
            if isBroken || isCancelled() { throw SystemError(ErrorNumber.canceled, call: "read") }
            if let piece {
                room.signal()
                return piece
            }
            _ = came.wait(seconds: 0.2)
        }
    }
}
