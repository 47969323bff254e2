import Glibc
import Synchronization
import Testing

@testable import Scriptron

@Suite("The reserve on the store's disk", .enabled(if: getuid() == 0, "needs root")) struct DiskKeeperTests {
    /// A keeper on a small disk, whose looks come when the test lets them.
    private final class Bench {
        let disk: SmallDisk
        let keeper: DiskKeeper
        private let waiting = Shared<[@Sendable () -> Void]>([])
        let said = Shared<[String]>([])
        let overs = Shared(0)

        init(_ disk: SmallDisk) {
            self.disk = disk
            keeper = DiskKeeper(
                DiskKeeper.Connections(
                    directory: disk.path, later: { [waiting] _, body in waiting.value.withLock { $0.append(body) } },
                    aside: { $0() }, say: { [said] text in said.value.withLock { $0.append(text) } },
                    changed: { [overs] isFull in overs.value.withLock { $0 += isFull ? 0 : 1 } }))
        }

        /// Lets the time of all that waits come.
        func pass() {
            let bodies = waiting.value.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for body in bodies { body() }
        }

        var reserve: Int64 { ReservedFile(disk.path.appending("reserve")).held }
    }

    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func disk(_ mebibytes: Int) throws -> SmallDisk {
        try SmallDisk(directory.directory("disk"), bytes: mebibytes << 20)
    }

    @Test("It is released when the disk is full, lets the store write, and is taken back when there is room")
    func full() throws {
        let bench = Bench(try disk(64))
        bench.keeper.start()
        #expect(bench.reserve == 8 << 20)
        let store = try SQLiteStore(directory: bench.disk.path)
        defer { store.close() }
        try bench.disk.fill()
        let large = Value.bytes([UInt8](repeating: 1, count: 400_000))
        let failure = #expect(throws: Failure.self) {
            try store.write { try $0.setState(job: "j", key: "k", value: large) }
        }
        bench.keeper.notice(try #require(failure))
        #expect(bench.keeper.isFull && bench.reserve == 0)
        #expect(bench.keeper.failure?.cure?.contains("free space") == true)
        try store.write { try $0.setState(job: "j", key: "k", value: large) }
        bench.pass()
        #expect(bench.keeper.isFull, "what it released is no room")
        try bench.disk.empty()
        bench.pass()
        #expect(!bench.keeper.isFull && bench.reserve == 8 << 20)
        #expect(bench.overs.value.withLock { $0 } == 1)
        #expect(bench.said.value.withLock { $0.count } == 2)
        bench.pass()
        #expect(bench.overs.value.withLock { $0 } == 1)
    }

    @Test("A host that starts on a full disk has the reserve of the last one") func startsFull() throws {
        let disk = try disk(64)
        Bench(disk).keeper.start()
        try disk.fill()
        let bench = Bench(disk)
        #expect(bench.keeper.isFull && bench.reserve == 0)
        let store = try SQLiteStore(directory: disk.path)
        try store.write { try $0.setState(job: "j", key: "k", value: 1) }
        store.close()
    }

    @Test("A disk that fills between two looks is found before a write fails; another disk's trouble is not ours")
    func looks() throws {
        let bench = Bench(try disk(64))
        bench.keeper.start()
        bench.keeper.notice(Failure(code: "ENOSPC", "some other disk is full"))
        #expect(!bench.keeper.isFull)
        bench.keeper.notice(Failure(code: "SQLITE_BUSY", "it is locked"))
        try bench.disk.fill()
        bench.pass()
        #expect(bench.keeper.isFull && bench.reserve == 0)
    }

    @Test("Where there never is room for the reserve, all jobs run as long as anything can be written") func noRoom()
        throws
    {
        let disk = try disk(64)
        let filler = ReservedFile(disk.path.appending("much"))
        try filler.take(59 << 20)
        let bench = Bench(disk)
        bench.keeper.start()
        #expect(!bench.keeper.isFull && bench.reserve == 0)
        filler.release()
        bench.pass()
        #expect(bench.reserve == 8 << 20)
    }
}
