import Synchronization
import Testing

@testable import Scriptron

@Suite("EventLoop", .timeLimit(.minutes(15))) struct EventLoopTests {
    @Test("Timers run in the order of their instants, and cancelled ones not at all") func timers() throws {
        let loop = try EventLoop()
        let order = Mutex<[Int]>([])
        loop.after(0.03) { order.withLock { $0.append(3) } }
        loop.after(0.01) { order.withLock { $0.append(1) } }
        let cancelled = loop.after(0.02) { order.withLock { $0.append(2) } }
        loop.cancel(cancelled)
        loop.after(0.04) { loop.stop() }
        loop.run()
        #expect(order.withLock { $0 } == [1, 3])
    }

    @Test("Work posted from another thread wakes a sleeping loop") func post() throws {
        let loop = try EventLoop()
        try PlainThread.start(name: "poster") { loop.post { loop.stop() } }
        loop.run()
    }

    @Test("A packet makes its socket's watch run, with its descriptors") func packets() throws {
        let loop = try EventLoop()
        let (left, right) = try PacketSocket.pair()
        let received = Mutex<[UInt8]>([])
        let token = try loop.watch(right.descriptor) {
            if case .packet(let packet) = try? right.receive(descriptors: 2, wait: false),
                let file = packet.descriptors.first
            {
                received.withLock { $0 = packet.bytes + ((try? SealedMemory.read(file.number)) ?? []) }
            }
            loop.stop()
        }
        let memory = try SealedMemory.create(name: "test", [4, 5])
        try left.send([1, 2, 3], descriptors: [memory.number])
        loop.run()
        loop.cancel(token)
        #expect(received.withLock { $0 } == [1, 2, 3, 4, 5])
        #expect(throws: SystemError.self) { try memory.write([6]) }
    }

    @Test("A watch that waits for nothing is not told that its peer is gone, and waits again when it is asked to")
    func nothing() throws {
        let loop = try EventLoop()
        let (left, right) = try PacketSocket.pair()
        let heard = Mutex(0)
        let token = try loop.watch(right.descriptor) {
            heard.withLock { $0 += 1 }
            if case .end? = try? right.receive(wait: false) { loop.stop() }
        }
        loop.change(token, to: [])
        left.shutDown()
        loop.after(0.02) {
            #expect(heard.withLock { $0 } == 0)
            loop.change(token, to: .readable)
        }
        loop.run()
        #expect(heard.withLock { $0 } == 1)
        loop.change(token, to: [])
        loop.cancel(token)
    }

    @Test("A descriptor that nobody asked for does not arrive") func unwanted() throws {
        let (left, right) = try PacketSocket.pair()
        try left.send([1], descriptors: [left.descriptor.number])
        if case .packet(let packet) = try right.receive() {
            #expect(packet.descriptors.isEmpty)
        } else {
            Issue.record("no packet came")
        }
    }
}
