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
            // With these closed here, it hears that the host is gone, and the host that the zygote is.
            Descriptor.close([control, hosts.descriptor.number])
            ProcessTree.dieWithParent()
            confinements.watch(mounts)
            wait(on: own, stage, confinements, grants)
        }
        return Made(pid: pid, channel: hosts)
    }

    /// The spare worker itself: it waits, and becomes a worker or ends.
    private static func wait(
        on channel: PacketSocket, _ stage: WorkerStage, _ confinements: ConfinementCache, _ grants: GrantCache
    ) -> Never {
        guard case .packet(let packet)? = try? channel.receive(descriptors: 2), packet.descriptors.count == 2,
            let value = try? ValueCodec.decode(packet.bytes), let request = SpawnRequest(value)
        else { ProcessExit.now(0) }
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
