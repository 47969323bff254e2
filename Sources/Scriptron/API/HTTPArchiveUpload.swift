/// Archives that are sent by HTTP while they are made.
extension HTTPArguments {
    /// Makes the archive on this thread, and the request on another one, which takes it piece by piece; the answer, with
    /// what is in the archive.
    func result(sending archive: ArchiveUpload) throws -> Value {
        guard !takes, !looks else {
            throw Failure(
                code: "EARGUMENT", "\(call.call): sink and progress are not given with an archive",
                cure: "send a file, or take them out")
        }
        var request = self
        guard let turn = session.effects.turn else {
            let totals = try archive.make(session.effects) { _ in }
            request.call.body = .bytes([])
            let outcome = try request.perform()
            return .map((try request.answer(outcome).map ?? [:]).merging(["archive": archiveTotals(totals)]) { $1 })
        }
        let pipe = BodyPipe()
        request.call.body = .pipe(pipe)
        request.pipe = pipe
        let running = RunningRequest(turn)
        defer { running.close() }
        try running.start {
            // Whoever still makes the archive hears that it is over.
            defer { pipe.abort() }
            let outcome = try request.perform()
            return try request.answer(outcome)
        }
        let totals: ArchiveTotals
        do {
            totals = try archive.make(session.effects) { piece in
                var isTaken = false
                while !isTaken {
                    isTaken = try turn.apart { (_) throws(SystemError) -> Bool in try pipe.write(piece, seconds: 0.2) }
                }
            }
            pipe.end()
        } catch {
            // Where the request has ended before, its own words say why.
            let isOver = running.isOver
            pipe.abort()
            running.close()
            if isOver { _ = try running.finish() }
            throw error
        }
        wait: while true { if case .end = try running.next() { break wait } }
        return .map((try running.finish().map ?? [:]).merging(["archive": archiveTotals(totals)]) { $1 })
    }
}
