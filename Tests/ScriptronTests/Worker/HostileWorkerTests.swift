import CLinux
import Glibc
import Testing

@testable import Scriptron

/// A worker that was broken into says to its host what it likes: its own channel, with bytes that no worker of ours
/// sends.
@Suite("Hostile workers", .enabled(if: getuid() == 0, "needs root"), .timeLimit(.minutes(15)))
struct HostileWorkerTests {
    /// What is said, as packets.
    struct Words: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let packets: [[UInt8]]

        init(_ name: String, _ packets: [[UInt8]]) {
            testDescription = name
            self.packets = packets
        }

        init(_ name: String, message: [UInt8]) { self.init(name, MessageFraming.packets(message)) }

        init(_ name: String, _ value: Value) {
            self.init(name, message: (try? ValueCodec.encode(value)) ?? [])
        }
    }

    private static let full = [UInt8](repeating: 0, count: PacketSocket.maxPacket - 1)

    /// A list of as many values as its bytes can hold: each of them takes dozens of bytes of memory.
    private static let bomb: [UInt8] = {
        // The tag of a list, and its length in groups of seven bits.
        var bytes: [UInt8] = [6]
        var rest = 60 << 20
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)] + [UInt8](repeating: 0, count: 60 << 20)
    }()

    private static let forged: [Words] = [
        Words("no frame", [[7, 7, 7]]),
        Words("no value", message: [0xFF, 1, 2, 3]),
        Words("half a value", message: [6, 5, 0]),
        Words("more than is ever taken", (0..<1100).map { _ in [1] + full }),
        Words("a list that fills the memory", message: bomb),
        Words("nesting without end", message: [UInt8](repeating: 0, count: 5000).flatMap { _ in [6, 1] } + [0]),
        Words("no message", ["is": "nothing"]), Words("no map", 7),
        Words("another's report", ["is": "exited", "pid": 1, "cpu": 1.5, "rss": 1, "limits": []]),
        Words("an outcome that is the host's to say", ["is": "end", "outcome": "lost", "result": .null]),
        Words("a request without a name", ["is": "request", "id": 1]),
        Words("a progress that is none", ["is": "progress", "done": .number(.nan), "label": "x"]),
    ]

    /// A process's end of its channel.
    private static func channel(of pid: Int32) throws -> PacketSocket {
        for number: Int32 in 3..<64 {
            let taken = scriptron_take_descriptor(pid, number)
            if taken < 0 { continue }
            let socket = PacketSocket(owning: taken)
            var type: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            if getsockopt(taken, SOL_SOCKET, SO_TYPE, &type, &size) == 0, type == Int32(SOCK_SEQPACKET.rawValue) {
                return socket
            }
        }
        throw Failure(code: "ETEST", "process \(pid) has no channel")
    }

    /// A run that goes on for ever, whose worker's channel is given to `act` on a thread of its own once its script
    /// runs.
    private func run(
        _ harness: WorkerHarness, timeout: Double, asNobody: Bool, _ act: @escaping @Sendable (PacketSocket) -> Void
    ) async throws -> WorkerHarness.Ended {
        var grant = Grant.nothing
        if asNobody {
            grant.identity = Grant.Identity(name: "nobody", uid: 65534, gid: 65534, groups: [], home: "/")
        }
        let pid = Shared<Int32>(0)
        return try await harness.run(
            "return job { run = function() state.get('x') while true do time.sleep(0.05) end end }",
            order: WorkerHarness.order(.run, timeout: timeout), grant: grant,
            answer: { _, _ in
                let number = pid.value.withLock { $0 }
                try? PlainThread.start(name: "attack") {
                    do { act(try Self.channel(of: number)) } catch { Issue.record("\(error)") }
                }
                return .success(.null)
            }, onSpawn: { _, number in pid.value.withLock { $0 = number } })
    }

    @Test(
        "Forged and oversized frames end the run as crashed, and the host lives (attack 80)", arguments: forged,
        [false, true])
    func frames(words: Words, asNobody: Bool) async throws {
        let harness = try WorkerHarness()
        let zygote = harness.workers.zygotePID
        let ended = try await run(harness, timeout: 60, asNobody: asNobody) { channel in
            for packet in words.packets where (try? channel.send(packet)) != true { break }
        }
        guard case .crashed(let why) = ended.end.verdict else {
            Issue.record("\(ended.end.verdict)")
            return
        }
        #expect(!why.isEmpty && !why.contains("SIG"), "\(why)")
        let next = try await harness.run("return job { run = function() return 7 end }")
        guard case .finished(let result) = next.end.verdict else {
            Issue.record("\(next.end.verdict)")
            return
        }
        #expect(result.result == 7)
        #expect(harness.workers.zygotePID == zygote)
    }

    @Test("A descriptor that a worker sends is not kept (attack 80)") func descriptors() async throws {
        let harness = try WorkerHarness()
        let (read, write) = try {
            let pipe = try Pipe()
            return (pipe.read, Shared<Descriptor?>(pipe.write))
        }()
        let note = MessageFraming.packets(
            try ValueCodec.encode(["is": "log", "level": "info", "message": "x", "fields": [:]]))
        let ended = try await run(harness, timeout: 2, asNobody: false) { channel in
            let end = write.value.withLock { end in
                defer { end = nil }
                return end
            }
            if let end { _ = try? channel.send(note[0], descriptors: [end.number]) }
        }
        #expect(ended.end.verdict == .timedOut)
        // Nobody has the other end any more: the pipe is at its end, or else this would wait.
        #expect(try read.read(1).isEmpty)
    }
}
