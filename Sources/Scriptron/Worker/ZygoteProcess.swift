import Synchronization

/// The zygote as its host holds it: its process, and the control socket.
package final class ZygoteProcess: Sendable {
    /// What becomes of zygotes.
    package enum Change: Sendable {
        case started(pid: Int32)
        case died(pid: Int32)
        /// A new one could not be made; it is tried again.
        case failed(Failure)
    }

    private struct State {
        var watch: EventLoop.Token?
        var loop: EventLoop?
        var pending: [(bytes: [UInt8], descriptors: [Descriptor])] = []
        var ended = false
    }

    package let pid: Int32
    private let control: PacketSocket
    private let state = Mutex(State())

    private init(pid: Int32, control: PacketSocket) {
        self.pid = pid
        self.control = control
    }

    /// What a test breaks in a debug binary.
    private static var tried: [String] {
        #if DEBUG
            if let fault = BrokenOverlay.fault { return ["SCRIPTRON_TEST_OVERLAY=\(fault.rawValue)"] }
        #endif
        return []
    }

    /// Starts `executable zygote` and waits for its first word, at most 30 seconds.
    static func spawn(executable: Path, rungs: KillRungs = .all) throws(Failure) -> ZygoteProcess {
        let pid: Int32
        let mine: PacketSocket
        do throws(SystemError) {
            let pair = try PacketSocket.pair()
            mine = pair.0
            pid = try Spawn.start(
                executable, ["scriptron", "zygote"] + rungs.arguments,
                // Bound now, or each worker would look up again what it calls first.
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "LD_BIND_NOW=1"] + tried,
                socket: pair.1.descriptor)
        } catch {
            throw error.failure(cure: "check that the binary \(executable) is there and may be executed")
        }
        let deadline = Monotonic.now + 30
        while Monotonic.now < deadline {
            guard let received = try? mine.receive(wait: true, patience: 1) else { break }
            if case .packet(let packet) = received, let value = try? ValueCodec.decode(packet.bytes) {
                if ZygoteReport(value) == .ready { return ZygoteProcess(pid: pid, control: mine) }
                if case .refused(_, let failure)? = ZygoteReport(value) { throw failure }
            }
            if case .end = received { break }
        }
        ProcessExit.killAndReap(pid)
        throw Failure(
            code: "EZYGOTE", "the zygote (\(executable) zygote) did not start",
            cure: "run `scriptron doctor`; its last words are on the host's standard error")
    }

    /// Hears its reports (with the descriptors that they bring), and its end.
    func listen(
        on loop: EventLoop, _ report: @escaping @Sendable (ZygoteReport, [Descriptor]) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        let token = try loop.watch(control.descriptor) { [weak self] in
            guard let self else { return }
            self.flush()
            while !self.state.withLock({ $0.ended }) {
                switch try? self.control.receive(descriptors: 2, wait: false) {
                case .packet(let packet):
                    if let value = try? ValueCodec.decode(packet.bytes), let known = ZygoteReport(value) {
                        report(known, packet.descriptors)
                    }
                case .nothing: return
                case .end, nil: return onEnd()
                }
            }
        }
        state.withLock { state in
            state.watch = token
            state.loop = loop
        }
    }

    /// Sends a request; it waits in memory where the socket has no room.
    func send(_ request: ZygoteRequest, descriptors: [Descriptor] = []) {
        guard let bytes = try? ValueCodec.encode(request.value) else { return }
        state.withLock { $0.pending.append((bytes, descriptors)) }
        flush()
    }

    /// Sends what the socket has room for; the rest goes when it has room again.
    private func flush() {
        state.withLock { state in
            let before = state.pending.count
            while let first = state.pending.first,
                (try? control.send(first.bytes, descriptors: first.descriptors.map(\.number), wait: false)) == true
            {
                state.pending.removeFirst()
            }
            guard let watch = state.watch, before > 0 else { return }
            state.loop?.change(watch, to: state.pending.isEmpty ? .readable : [.readable, .writable])
        }
    }

    /// Lets go of the control socket, upon which the zygote kills its workers and ends; kills it where it does not.
    func end(_ loop: EventLoop) {
        let watch = state.withLock { state -> EventLoop.Token?? in
            if state.ended { return nil }
            state.ended = true
            state.pending = []
            state.loop = nil
            return .some(state.watch)
        }
        guard let watch else { return }
        if let watch { loop.cancel(watch) }
        control.shutDown()
        ProcessExit.reapWithin(pid, seconds: 2)
    }
}
