import Synchronization

/// How a program of another user gives its host the listener of its filter, before it becomes what it is to be.
///
/// The freshly forked process, our own code still, says the listener's number and waits. The host takes the listener out
/// of it by the pidfd that the zygote sent, and answers; only then the program is executed. So nothing of another's
/// making ever runs with calls that nobody answers, or with a listener in its hands.
enum ListenerHandover {
    /// The word that lets the program go on; all others say why it may not.
    private static let goOn: [UInt8] = [1]

    /// The program's side: says the number, and waits.
    ///
    /// - Throws: What the host cannot do, or that it is gone.
    static func hand(_ listener: Int32, over channel: PacketSocket) throws(Failure) {
        let number = withUnsafeBytes(of: listener.littleEndian) { Array($0) }
        guard (try? channel.send(number)) == true, case .packet(let packet)? = try? channel.receive() else {
            throw Failure(code: "EHOST", "the host is gone")
        }
        if packet.bytes == goOn { return }
        throw Failure(code: "EHOST", String(decoding: packet.bytes, as: UTF8.self))
    }

    /// The host's side, for one program. Its methods run on the loop's thread.
    final class Taker: Sendable {
        private struct State {
            var watch: EventLoop.Token?
            var process: ProcessHandle?
            var number: Int32?
            var isOver = false
        }

        private let loop: EventLoop
        private let channel: PacketSocket
        private let take: @Sendable (CallListener) throws -> Void
        private let state = Mutex(State())

        /// - Parameters:
        ///   - take: Gets the listener, and has somebody answer from then on.
        init(_ loop: EventLoop, _ channel: PacketSocket, take: @escaping @Sendable (CallListener) throws -> Void) {
            self.loop = loop
            self.channel = channel
            self.take = take
        }

        /// Waits for the program's word; until it is over the loop keeps this.
        func begin() throws(SystemError) {
            let watch = try loop.watch(channel.descriptor) { self.receive() }
            let isOver = state.withLock { state in
                state.watch = watch
                return state.isOver
            }
            if isOver { loop.cancel(watch) }
        }

        /// The zygote made the process.
        func started(_ process: ProcessHandle) {
            state.withLock { $0.process = process }
            proceed()
        }

        private func receive() {
            guard case .packet(let packet)? = try? channel.receive(wait: false), packet.bytes.count == 4 else {
                // A program without such calls, or one that is gone.
                return end()
            }
            let number = packet.bytes.reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }
            state.withLock { $0.number = number }
            if let watch = state.withLock({ $0.watch }) { loop.change(watch, to: []) }
            proceed()
        }

        private func proceed() {
            let known = state.withLock { state in
                state.isOver ? nil : state.process.flatMap { process in state.number.map { (process, $0) } }
            }
            guard let (process, number) = known else { return }
            let word: [UInt8]
            do {
                try take(try CallListener(of: process, number: number))
                word = ListenerHandover.goOn
            } catch {
                word = Array("the host cannot answer for its connections: \(Failure.wrapping(error))".utf8)
            }
            _ = try? channel.send(word, wait: false)
            end()
        }

        /// It is over: the program was let go, or never will be.
        func end() {
            let watch = state.withLock { state in
                state.isOver = true
                return state.watch
            }
            if let watch { loop.cancel(watch) }
            channel.shutDown()
        }
    }
}
