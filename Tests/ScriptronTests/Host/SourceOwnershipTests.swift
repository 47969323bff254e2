import Glibc
import Testing

@testable import Scriptron

@Suite("Ownership of the sources") struct SourceOwnershipTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.tree("app/jobs/backup.lua", "text")
    }

    private func refusal(_ path: String = "app/jobs/backup.lua") -> Failure? {
        do throws(Failure) {
            try SourceOwnership.check(directory.at(path))
            return nil
        } catch {
            return error
        }
    }

    @Test("Files of one's own below the temporary directory are fine") func fine() {
        #expect(refusal() == nil)
        #expect(refusal("app/jobs") == nil)
    }

    @Test(
        "What others can write is refused with the chmod that cures it",
        arguments: [
            ("app/jobs/backup.lua", 0o666, "chmod o-w"), ("app/jobs", 0o777, "chmod o-w"), ("app", 0o757, "chmod o-w"),
            // The sticky bit helps only where root owns the directory, and never the directory of the sources itself.
            ("app/jobs", 0o1777, getuid() == 0 ? nil : "chmod o-w"),
        ] as [(String, mode_t, String?)])
    func writable(name: String, mode: mode_t, cure: String?) throws {
        chmod(directory.at(name).text, mode)
        #expect(refusal()?.cure == cure.map { "\($0) \(directory.at(name))" })
        if mode == 0o1777 { #expect(refusal("app/jobs")?.code == "EMODE") }
        chmod(directory.at(name).text, 0o755)
        #expect(refusal() == nil)
    }

    @Test("A group may write where it is the owner's own", .enabled(if: getuid() == 0, "needs root"))
    func group() throws {
        let file = directory.at("app/jobs/backup.lua").text
        chown(file, 0, 0)
        chmod(file, 0o664)
        #expect(refusal() == nil)
        chown(file, 0, 12345)
        #expect(refusal()?.cure == "chmod g-w \(file)")
        chmod(file, 0o666)
        #expect(refusal()?.cure == "chmod go-w \(file)")
    }

    @Test("What belongs to somebody else is refused, also a link", .enabled(if: getuid() == 0, "needs root"))
    func owner() throws {
        let file = directory.at("app/jobs/backup.lua").text
        chown(file, 12345, 0)
        #expect(refusal()?.code == "EOWNER")
        #expect(refusal()?.cure == "chown root \(file)")
        // To the host of that user it belongs to the host.
        #expect(throws: Never.self) { try SourceOwnership(user: 12345).check(directory.at("app/jobs/backup.lua")) }
        chown(file, 0, 0)
        try directory.link("link", to: "app/jobs")
        #expect(refusal("link/backup.lua") == nil)
        lchown(directory.at("link").text, 12345, 0)
        #expect(refusal("link/backup.lua")?.cure == "chown root \(directory.at("link"))")
    }

    @Test("The way through a link is checked on both sides") func links() throws {
        try directory.tree("other/real/backup.lua", "text")
        try directory.link("app/link", to: "../other/real")
        #expect(refusal("app/link/backup.lua") == nil)
        chmod(directory.at("other").text, 0o777)
        #expect(refusal("app/link/backup.lua")?.cure == "chmod o-w \(directory.at("other"))")
        chmod(directory.at("other").text, 0o755)
        chmod(directory.at("app").text, 0o777)
        #expect(refusal("app/link/backup.lua")?.cure == "chmod o-w \(directory.at("app"))")
    }

    @Test("What is missing is named, and a loop of links ends") func missing() throws {
        #expect(
            refusal("app/none/backup.lua")?.message
                == "there is no \(directory.at("app/none")), to which \(directory.at("app/none/backup.lua")) leads")
        try directory.link("a", to: "b")
        try directory.link("b", to: "a")
        #expect(refusal("a")?.code == "ELOOP")
    }
}
