import Testing

@testable import Scriptron

@Suite("What each need takes of the kernel") struct KernelFloorTests {
    private static let bare = SandboxFacts(
        landlockABI: 1, seccomp: true, mountNamespaces: false, pidNamespaces: false, canSwitchUser: false,
        broker: .none, uid: 1000)

    private func holder(_ who: String, _ what: String, _ change: (inout SandboxFacts) -> Void = { _ in }) -> String? {
        var facts = Self.bare
        change(&facts)
        return KernelFloor.floors.first { $0.who == who && $0.what.hasPrefix(what) }?.holder(facts)?.text
    }

    @Test("The best that is there holds it, else what stands in, else nothing") func holders() {
        #expect(holder("every job", "truncating")?.hasPrefix("seccomp: ") == true)
        #expect(holder("every job", "truncating") { $0.mountNamespaces = true } == "the mount namespace")
        #expect(
            holder("every job", "truncating") { ($0.mountNamespaces, $0.landlockABI) = (true, 3) }
                == "Landlock ABI 3 (Linux 6.2)")
        #expect(holder("without run", "signals") == "seccomp: none at all")
        #expect(holder("run", "signals") == nil)
        #expect(holder("run", "signals") { $0.pidNamespaces = true } == "the PID namespace")
        #expect(holder("connect", "which server") == nil)
        #expect(holder("connect", "which server") { $0.broker = .ownUser } == "the host's broker (Linux 5.9)")
        #expect(holder("as root", "mode") == nil)
        #expect(holder("as another user", "mode")?.hasPrefix("seccomp: none by path") == true)
        #expect(holder("user", "running") { ($0.canSwitchUser, $0.uid) = (true, 0) } != nil)
    }

    @Test("What can be refused says what cures it; what cannot has something on each machine that has a sandbox")
    func refusals() {
        for floor in KernelFloor.floors where !floor.refuses {
            #expect(floor.holder(Self.bare) != nil, "\(floor.who): \(floor.what)")
        }
        for floor in KernelFloor.floors where floor.refuses { #expect(floor.cure?.isEmpty == false) }
    }

    /// A floor as a row of the table in docs/security.md, without its marks of code.
    private func row(_ floor: KernelFloor) -> [String] {
        let none =
            !floor.refuses
            ? "" : floor.isRefusedAlways ? "refused, with best-effort too" : "refused"
        return [
            floor.who, floor.what, floor.holders[0].text,
            floor.holders.dropFirst().map(\.text).joined(separator: "; "),
            floor.atBest.map { "\(none); with best-effort \($0)" } ?? none,
        ]
    }

    @Test("docs/security.md has the same table") func documentation() throws {
        let root = Path(#filePath).parent.parent.parent.parent
        let text = String(decoding: try Files.readSmall(root.appending("docs/security.md")), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "## What each need takes of the kernel"))
        let rows = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }.filter { $0.hasPrefix("|") }.dropFirst(2).map {
            $0.filter { $0 != "`" }.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map {
                String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        #expect(rows == KernelFloor.floors.map(row))
    }
}
