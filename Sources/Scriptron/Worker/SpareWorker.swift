/// A worker that was forked before anybody asked for one, and waits for its part: a launch then need not wait for a
/// fork. It has run no script and knows of no job.
///
/// It can only become what was prepared before its own fork, because it has the zygote's memory of that time.
struct SpareWorker {
    let process: ProcessHandle
    /// The newest confinement that it knows.
    private let newest: Int
    private let socket: PacketSocket

    /// Whether it can be confined so.
    func knows(_ confinement: Confinement) -> Bool { confinement.number <= newest }

    /// Tells it its part; kills it where it does not hear.
    func become(_ confinement: Confinement, name: String, channel: Descriptor, files: Descriptor) {
        let part: Value = ["confinement": .int(Int64(confinement.number)), "name": .text(name)]
        let bytes = (try? ValueCodec.encode(part)) ?? []
        let told = try? socket.send(bytes, descriptors: [channel.number, files.number], wait: false)
        if told != true { process.kill() }
    }

    /// Forks one. `fork` is the zygote's way of doing it: 0 in the child.
    static func make(
        _ stage: WorkerStage, _ confinements: ConfinementCache, control: Int32, fork: () throws -> Int32
    ) throws -> SpareWorker {
        let (mine, theirs) = try PacketSocket.pair()
        let newest = confinements.newest
        let pid = try fork()
        if pid == 0 {
            // With the zygote's ends closed here, it hears that the zygote is gone, and the host hears it too.
            Descriptor.close([control, mine.descriptor.number])
            wait(on: theirs, stage, confinements)
        }
        return SpareWorker(process: try ProcessHandle(pid: pid), newest: newest, socket: mine)
    }

    /// The spare worker itself: it waits, and becomes a worker or ends.
    private static func wait(
        on socket: PacketSocket, _ stage: WorkerStage, _ confinements: ConfinementCache
    ) -> Never {
        guard case .packet(let packet)? = try? socket.receive(descriptors: 2), packet.descriptors.count == 2,
            let part = try? ValueCodec.decode(packet.bytes), let name = part["name"]?.text,
            let number = part["confinement"]?.integer, let confinement = confinements.prepared(number: Int(number))
        else { ProcessExit.now(0) }
        ProcessTree.nameSelf(name)
        let (channel, files) = (packet.descriptors[0].number, packet.descriptors[1].number)
        withExtendedLifetime(packet) { WorkerMain.run(stage, channel: channel, files: files, confinement) }
    }
}
