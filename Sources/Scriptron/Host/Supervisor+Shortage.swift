/// Attempts that cannot be started because the machine has too little of something: descriptors, processes, memory, disk.
/// They wait a while, and fail with that as the reason where it lasts.
extension Supervisor {
    /// Seconds until a start that the machine refused is tried again, and for which that goes on.
    static let shortagePatience = (retry: 1.0, all: 60.0)

    /// Has an attempt whose start was refused wait, where it may be over soon. False: it may not, or lasts too long.
    func waitsFor(_ failure: Failure, _ run: Int64) -> Bool {
        guard failure.isShortage else { return false }
        let now = Monotonic.now
        let active = state.withLock { state -> ActiveAttempt? in
            guard var active = state.active[run], active.cancelled == nil, !active.stopped else { return nil }
            let since = active.shortSince ?? now
            guard now - since < Self.shortagePatience.all else { return nil }
            active.shortSince = since
            active.worker = nil
            active.scratch = nil
            state.active[run] = active
            state.isShort = true
            return active
        }
        guard let active else { return false }
        connections.shortage(failure)
        connections.loop.after(Self.shortagePatience.retry) { [self] in
            launch(run, grant: active.grant ?? active.claimed.job.grant, facts: active.facts)
        }
        return true
    }

    /// An attempt could be started: there is enough again.
    func endShortage() {
        let wasShort = state.withLock { state in
            defer { state.isShort = false }
            return state.isShort
        }
        if wasShort { connections.shortage(nil) }
    }
}

extension Failure {
    /// Whether the machine has too little of something now, and may have enough of it soon.
    var isShortage: Bool {
        ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "ENOSPC", "EDQUOT"].contains(code)
    }
}

extension WorkerEnd {
    /// Why there was no attempt: no worker could be made, or it could not confine itself. Nil: there was one.
    func refusal(wasConfined: Bool) -> Failure? {
        switch verdict {
        case .refused(let failure): failure
        case .finished(let result) where !wasConfined && result.outcome == .failed:
            result.code.map { Failure(code: $0, result.reason ?? $0) }
        default: nil
        }
    }
}
