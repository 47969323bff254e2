/// The rows of pauses.
extension MemorySession {
    func pauses(at instant: Timestamp) throws -> [Pause] {
        try reading().pauses.values.filter { $0.until.map { $0 > instant } ?? true }.sorted { $0.id < $1.id }
    }

    func pauses(since instant: Timestamp) throws -> [Pause] {
        try reading().pauses.values.filter { $0.since > instant || $0.until.map { $0 > instant } ?? true }
            .sorted { $0.id < $1.id }
    }

    func insertPause(_ pause: Pause) throws -> Pause {
        try changing { content in
            content.lastPause += 1
            var inserted = pause
            inserted.id = content.lastPause
            content.pauses[inserted.id] = inserted
            return inserted
        }
    }

    func updatePause(_ pause: Pause) throws {
        try changing { content in
            guard content.pauses[pause.id] != nil else { throw StoreFailure.noPause(pause.id) }
            content.pauses[pause.id] = pause
        }
    }

    func prunePauses(before instant: Timestamp) throws -> Int {
        try changing { content in
            let gone = content.pauses.values.filter { $0.until.map { $0 < instant } ?? false }.map(\.id)
            for id in gone { content.pauses[id] = nil }
            return gone.count
        }
    }
}
