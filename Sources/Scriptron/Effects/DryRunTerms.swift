/// On what terms a dry run is made: what is asked for real, and what is answered by a spec.
package struct DryRunTerms {
    /// Whether what only reads is asked of the network.
    package var network = false
    /// When files were born and last changed, in nanoseconds since the epoch.
    var born: [(path: Path, time: Int64)] = []
    private var programs: [Value] = []
    private var web: [Value] = []

    package init() {}

    /// As an order carries them; what is not understood is left out, for the host wrote it.
    package init(_ value: Value) {
        network = value["network"]?.bool ?? false
        programs = value["programs"]?.list ?? []
        web = value["web"]?.list ?? []
        for pair in value["born"]?.list ?? [] {
            guard let pair = pair.list, pair.count == 2, case .bytes(let path) = pair[0], let time = pair[1].integer
            else { continue }
            born.append((Path(bytes: path), time))
        }
    }

    /// What programs answer by a spec: the first answer whose `argv` the first program's arguments begin with.
    func answer(_ call: ProgramCall) -> ProgramResult? {
        guard let first = call.stages.first else { return nil }
        let argv = first.arguments.map { Path(bytes: $0).text }
        let answer = programs.first { answer in
            let wanted = answer["argv"]?.list?.compactMap(\.text) ?? []
            return wanted.count <= argv.count && zip(wanted, argv).allSatisfy { Wildcard.matches($0, $1) }
        }
        guard let answer else { return nil }
        var output: [UInt8] = []
        if case .bytes(let bytes)? = answer["stdout"] { output = bytes }
        var errors: [UInt8] = []
        if case .bytes(let bytes)? = answer["stderr"] { errors = bytes }
        let code = Int32(clamping: answer["code"]?.integer ?? 0)
        let stages = call.stages.enumerated().map { index, stage in
            let isLast = index == call.stages.count - 1
            return ProgramResult.Stage(
                name: stage.name, code: isLast ? code : 0, signal: nil, standardError: isLast ? errors : [])
        }
        return ProgramResult(stages: stages, standardOutput: output, seconds: answer["seconds"]?.double ?? 0)
    }

    /// What a server answers by a spec: the first answer whose `url` and `method` (any) are those of the request.
    func answer(_ call: WebCall) -> TransferResponse? {
        let answer = web.first { answer in
            Wildcard.matches(answer["method"]?.text ?? "*", call.isHandshake ? "TLS" : call.method)
                && Wildcard.matches(answer["url"]?.text ?? "*", call.shown)
        }
        guard let answer else { return nil }
        var response = TransferResponse()
        response.status = Int(clamping: answer["status"]?.integer ?? 200)
        if case .bytes(let body)? = answer["body"] { response.body = body }
        response.bytes = Int64(response.body.count)
        response.headers = (answer["headers"]?.map ?? [:]).sorted { $0.key < $1.key }
            .map { TransferRequest.Header($0.key, $0.value.text ?? "") }
        response.seconds = answer["seconds"]?.double ?? 0
        return response
    }
}

extension PlannedEffects {
    /// Files look as old as a spec says, also by the times that no call can set.
    func dress() {
        for (path, time) in terms.born {
            guard let found = try? overlay.look(path), found.status.kind != .directory else { continue }
            let file = overlay.adopt(found)
            (file.status.born, file.status.changed) = (time, time)
            overlay.put(path, file)
        }
    }
}
