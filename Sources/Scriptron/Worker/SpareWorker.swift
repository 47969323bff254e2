/// A worker that was forked before anybody asked for one, and waits for its part. It has run no script and knows of no
/// job.
///
/// The host holds its channel and gives it its part without a word to the zygote: a launch then waits for no fork, and
/// for one process less to wake. It has the zygote's memory of the time of its fork: what was prepared by then it need
/// not prepare, and whether that still fits the machine it looks itself.
enum SpareWorker {
    /// The host's end of its channel, and its pid.
    struct Made {
        let pid: Int32
        let channel: PacketSocket
    }

    /// Forks one. `fork` is the zygote's way of doing it: 0 in the child; `control` the zygote's own socket.
    static func make(
        _ stage: WorkerStage, _ confinements: ConfinementCache, grants: GrantCache, control: Int32,
        fork: () throws -> Int32
    ) throws -> Made {
        let (hosts, own) = try PacketSocket.pair()
        // Opened before the look: what changes after the look is then seen by one of the two.
        let mounts = try MountTable()
        confinements.refresh()
        let pid = try fork()
        if pid == 0 {
            becomeWaiting(closing: [control, hosts.descriptor.number])
            confinements.watch(mounts)
            wait(on: own, stage, confinements, grants)
        }
        return Made(pid: pid, channel: hosts)
    }

    /// One that was confined for a key before anybody asked for it.
    struct Ahead {
        let made: Made
        /// When its files were looked at, on the monotonic clock.
        let looked: Double
        let files: ConfinedFiles
    }

    /// Forks one that confines itself for this grant at once: nothing but its script is left to do for its run. Whether
    /// that still fits the machine when the part comes it cannot see from inside: whoever gives it looks.
    static func makeAhead(
        _ stage: WorkerStage, _ confinements: ConfinementCache, grant: Grant, scratch: Path?, control: Int32,
        fork: () throws -> Int32
    ) throws -> Ahead {
        let (hosts, own) = try PacketSocket.pair()
        let mounts = Mount.parse(try Files.readSmall("/proc/self/mountinfo", max: 16 << 20))
        // The host looks at the files, and must never wait for them.
        guard !ConfinedFiles.mayHang(grant, scratch, mounts) else {
            throw Failure(code: "EHANG", "a file of the grant may not answer")
        }
        let looked = Monotonic.now
        confinements.refresh(wholly: true)
        // Before they are used: what changes in between is then seen by whoever gives the part.
        let files = ConfinedFiles.look(grant, scratch)
        let confinement = try confinements.confinement(for: grant, scratch: scratch)
        let pid = try fork()
        if pid == 0 {
            becomeWaiting(closing: [control, hosts.descriptor.number])
            waitConfined(on: own, stage, confinement)
        }
        return Ahead(made: Made(pid: pid, channel: hosts), looked: looked, files: files)
    }

    /// With these closed here, it hears that the host is gone, and the host that the zygote is.
    private static func becomeWaiting(closing descriptors: [Int32]) {
        Descriptor.close(descriptors)
        ProcessTree.dieWithParent()
    }

    /// The confined worker itself: where it cannot be confined it ends, and the next one tells the host why.
    private static func waitConfined(
        on channel: PacketSocket, _ stage: WorkerStage, _ confinement: Confinement
    ) -> Never {
        let number = channel.descriptor.number
        guard let (report, listener) = try? WorkerMain.confine(confinement, keep: [number]),
            let (request, packet) = part(on: channel)
        else { ProcessExit.now(0) }
        ProcessTree.nameSelf(request.name)
        let link = HostLink(channel: channel)
        withExtendedLifetime(packet) {
            WorkerMain.toTheEnd(link) {
                let grant = confinement.grant
                link.limit(grant.limits)
                link.send(.confined(report.description, anew: false, listener: listener))
                return try WorkerMain.work(
                    stage, link, files: packet.descriptors[0].number, listener: listener, grant,
                    programAddressSpace: grant.limits.programMemory)
            }
        }
    }

    /// Waits for a part, with its two descriptors; nil: the host is gone, or wants it no more.
    private static func part(on channel: PacketSocket) -> (SpawnRequest, PacketSocket.Packet)? {
        guard case .packet(let packet)? = try? channel.receive(descriptors: 2), packet.descriptors.count == 2,
            let value = try? ValueCodec.decode(packet.bytes), let request = SpawnRequest(value)
        else { return nil }
        return (request, packet)
    }

    /// The spare worker itself: it waits, and becomes a worker or ends.
    private static func wait(
        on channel: PacketSocket, _ stage: WorkerStage, _ confinements: ConfinementCache, _ grants: GrantCache
    ) -> Never {
        guard let (request, packet) = part(on: channel) else { ProcessExit.now(0) }
        let known = confinements.newest
        ProcessTree.nameSelf(request.name)
        withExtendedLifetime((channel, packet)) {
            WorkerMain.run(stage, channel: channel.descriptor.number, files: packet.descriptors[0].number) {
                let grant = try grants.grant(request.grantKey, in: packet.descriptors[1])
                let confinement = try confinements.confinement(for: grant, scratch: request.scratch)
                return WorkerMain.Part(confinement: confinement, anew: confinements.newest != known)
            }
        }
    }
}
