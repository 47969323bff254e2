import Testing

@testable import Scriptron

/// What a dead host's processes are found by.
@Suite("Leases") struct LeasesTests {
    private let directory: TemporaryDirectory
    private var file: Path { directory.path.appending("leases") }

    init() throws { directory = try TemporaryDirectory() }

    private func lease(_ run: Int64) -> Leases.Lease {
        Leases.Lease(run: run, attempt: 1, pid: Int32(run) + 100, started: 42)
    }

    @Test("The next host finds what was not released, until it has ended it") func leftOver() throws {
        let leases = try Leases(path: file, boot: "boot-1")
        for run in 1...3 { leases.take(lease(Int64(run))) }
        leases.release(run: 2)
        let next = try Leases(path: file, boot: "boot-1")
        #expect(try next.leftOver() == [lease(1), lease(3)])
        // This one is killed before it has ended them: the one after it finds them still.
        let afterNext = try Leases(path: file, boot: "boot-1")
        #expect(try afterNext.leftOver() == [lease(1), lease(3)])
        try afterNext.forgetLeftOver()
        #expect(try afterNext.leftOver() == [])
    }

    @Test("The leases of another boot name nobody") func otherBoot() throws {
        let leases = try Leases(path: file, boot: "boot-1 and more")
        leases.take(lease(1))
        #expect(try Leases(path: file, boot: "another").leftOver() == [])
    }
}
