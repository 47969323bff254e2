/// The forked worker: confines itself, takes its order, does it, says how it ended.
enum WorkerMain {
    /// The whole life of a worker. It ends with `_exit`: closing Lua's state would run what the script left in it.
    static func run(_ stage: WorkerStage, channel: Int32, files: Int32, _ confinement: Confinement) -> Never {
        let link = HostLink(channel: PacketSocket(owning: channel))
        do {
            let report = try confinement.apply(keep: [0, 1, 2, channel, files])
            link.send(.confined(report.description))
            link.send(.end(try work(stage, link, files: files, confinement.grant)))
        } catch {
            let failure = Failure.wrapping(error)
            var result = WorkerResult(.failed)
            result.reason = failure.description
            result.error = failure.description
            result.code = failure.code
            link.send(.end(result))
        }
        ProcessExit.now(0)
    }

    /// Takes the order and does it.
    static func work(
        _ stage: WorkerStage, _ link: HostLink, files: Int32, _ grant: Grant
    ) throws -> WorkerResult {
        let order = try link.order()
        let version = try ValueCodec.decode(try SealedMemory.read(files)).map ?? [:]
        let script = ScriptRunner(stage: stage, link: link, order: order, grant: grant, files: version)
        return script.result()
    }
}
