/// The forked worker: confines itself, takes its order, does it, says how it ended.
enum WorkerMain {
    /// How a worker is confined.
    struct Part {
        let confinement: Confinement
        /// Whether the worker had to prepare that itself: the zygote does not have it.
        var anew = false
        /// The control groups that it enters.
        var group: RunGroup?
    }

    /// The whole life of a worker. It ends with `_exit`: closing Lua's state would run what the script left in it.
    static func run(_ stage: WorkerStage, channel: Int32, files: Int32, _ part: () throws -> Part) -> Never {
        let link = HostLink(channel: PacketSocket(owning: channel))
        toTheEnd(link) {
            let part = try part()
            let grant = part.confinement.grant
            try part.group?.enter()
            let (report, listener) = try confine(part.confinement, keep: [channel, files])
            link.limit(grant.limits)
            link.send(.confined(report.description, anew: part.anew, listener: listener))
            let addressSpace = part.group?.limitsMemory == true ? nil : grant.limits.programMemory
            return try work(stage, link, files: files, listener: listener, grant, programAddressSpace: addressSpace)
        }
    }

    /// Confines this process; of its descriptors only `keep` and the standard ones stay open.
    static func confine(
        _ confinement: Confinement, keep: [Int32]
    ) throws(Failure) -> (report: SandboxReport, listener: Int32?) {
        // Libraries may not be readable to a confined worker; one that asks nobody anything needs none.
        if confinement.grant.connects || confinement.grant.plansConnections {
            TransferClient.load()
            PostgresConnection.load()
        }
        return try confinement.apply(keep: [0, 1, 2] + keep)
    }

    /// Does the work, says how it ended, and ends this process.
    static func toTheEnd(_ link: HostLink, _ work: () throws -> WorkerResult) -> Never {
        do {
            link.end(try work())
        } catch {
            let failure = Failure.wrapping(error)
            var result = WorkerResult(.failed)
            result.reason = failure.description
            result.error = failure.description
            result.code = failure.code
            link.end(result)
        }
        ProcessExit.now(0)
    }

    /// Takes the order and does it. The host has taken the listener when the order comes. `programAddressSpace` bounds
    /// each program, where no control group bounds them all.
    static func work(
        _ stage: WorkerStage, _ link: HostLink, files: Int32, listener: Int32? = nil, _ grant: Grant,
        programAddressSpace: Int64? = nil
    ) throws -> WorkerResult {
        let order = try link.order()
        if let listener { Descriptor.close([listener]) }
        let version = try ValueCodec.decode(try SealedMemory.read(files)).map ?? [:]
        var script = ScriptRunner(stage: stage, link: link, order: order, grant: grant, files: version)
        script.programAddressSpace = programAddressSpace
        return script.result()
    }
}
