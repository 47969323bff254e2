import Testing

@testable import Scriptron

@Suite("Prepared confinements") struct ConfinementCacheTests {
    private let directory: TemporaryDirectory
    /// A machine without mount namespaces: those may be made by a process of one thread alone, which a test is not.
    private let facts = SandboxFacts(
        landlockABI: Landlock.abi(), seccomp: true, mountNamespaces: false, pidNamespaces: false, canSwitchUser: false,
        uid: 12345)

    init() throws { directory = try TemporaryDirectory() }

    private func grant(_ name: String) throws -> Grant {
        var grant = Grant()
        grant.write = [try directory.directory(name)]
        return grant
    }

    @Test("The same grant is prepared once, another one or another scratch directory anew") func once() throws {
        let cache = ConfinementCache(facts: facts)
        let first = try cache.confinement(for: try grant("a"), scratch: nil)
        #expect(try cache.confinement(for: try grant("a"), scratch: nil) === first)
        #expect(try cache.confinement(for: try grant("b"), scratch: nil) !== first)
        let scratch = try directory.directory("scratch")
        let second = try cache.confinement(for: try grant("a"), scratch: scratch)
        #expect(second !== first)
        #expect(try cache.confinement(for: try grant("a"), scratch: scratch) === second)
    }

    @Test("A granted directory that was replaced is prepared anew; one that is gone is an error") func replaced() throws
    {
        let cache = ConfinementCache(facts: facts)
        let grant = try grant("a")
        let first = try cache.confinement(for: grant, scratch: nil)
        try StateFiles.rename(grant.write[0], to: directory.path.appending("moved"))
        let failure = #expect(throws: Failure.self) { try cache.confinement(for: grant, scratch: nil) }
        #expect(failure?.code == "ENOENT" && failure?.cure != nil)
        try directory.directory("a")
        #expect(try cache.confinement(for: grant, scratch: nil) !== first)
    }

    @Test("Of many grants the last used stay") func capacity() throws {
        let cache = ConfinementCache(facts: facts)
        let first = try cache.confinement(for: try grant("0"), scratch: nil)
        let second = try cache.confinement(for: try grant("1"), scratch: nil)
        for index in 2..<256 { _ = try cache.confinement(for: try grant("\(index)"), scratch: nil) }
        #expect(try cache.confinement(for: try grant("0"), scratch: nil) === first)
        _ = try cache.confinement(for: try grant("256"), scratch: nil)
        #expect(try cache.confinement(for: try grant("0"), scratch: nil) === first)
        #expect(try cache.confinement(for: try grant("1"), scratch: nil) !== second)
    }

    @Test("Every variant of the filter compiles, and denies more where less is granted") func variants() throws {
        let filters = FilterCache()
        for bits in 0..<128 {
            func bit(_ place: Int) -> Bool { bits >> place & 1 == 1 }
            var grant = Grant()
            if bit(0) { grant.programs = [Grant.Program(name: "x", path: "/x", files: [])] }
            if bit(1) { grant.ports = [80] }
            grant.setid = bit(2)
            var facts = facts
            facts.mountNamespaces = bit(3)
            facts.landlockABI = bit(4) ? 7 : 2
            facts.pidNamespaces = bit(5)
            let filter = try filters.filter(FilterVariant(grant, facts, hasScratch: bit(6)))
            #expect((100...4096).contains(filter.instructions.count))
        }
    }
}
