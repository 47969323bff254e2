@testable import Scriptron

/// Grants as a host makes them.
enum TestGrant {
    private static let facts = SandboxFacts(
        landlockABI: 7, seccomp: true, mountNamespaces: true, pidNamespaces: true, canSwitchUser: true, uid: 0)

    /// A grant with these programs, and directories that may be written.
    static func programs(_ names: [String], write: [Path] = [], read: [Path] = []) throws -> Grant {
        var needs = Needs()
        needs.run = names.map { Needs.Program(name: $0) }
        do throws(GrantRefusals) {
            let terms = GrantTerms(base: "/", stateDirectory: "/nowhere", facts: facts)
            var grant = try GrantResolver(job: "test", terms: terms).resolve(needs)
            grant.write = write
            grant.read = read
            return grant
        } catch {
            throw error.failure
        }
    }
}
