/// A worker's work gone through once in the zygote, before the first fork: unconfined, with a script of our own, and
/// with a Lua state that is thrown away.
///
/// What Swift makes at its first use (metadata of generic types, conformances) the zygote then has, and no worker makes
/// it again.
enum Rehearsal {
    private static let name = "jobs/rehearsal.lua"
    private static let script = "return job { run = function(settings) return { heard = settings.word } end }"

    static func run() throws {
        let (host, worker) = try PacketSocket.pair()
        let link = HostLink(channel: worker)
        var order = WorkerOrder(
            task: .run, job: "rehearsal", script: name, base: "/", deadline: Monotonic.now + 3600, grace: 1)
        order.settings = ["word": "hello"]
        for packet in MessageFraming.packets(try ValueCodec.encode(order.value)) { try host.send(packet) }
        let files = try SealedMemory.create(name: "rehearsal", try ValueCodec.encode([name: .text(script)]))
        link.send(.confined(SandboxReport(layers: ["none", "none"]).description, anew: false, listener: nil))
        let result = try WorkerMain.work(try WorkerStage(), link, files: files.number, .nothing)
        link.end(result)
        guard result.outcome == .succeeded else {
            throw Failure(code: "EZYGOTE", "a script that does nothing fails: \(result.error ?? "without a word")")
        }
    }
}
