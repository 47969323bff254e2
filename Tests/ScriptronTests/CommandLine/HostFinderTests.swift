import Testing

@testable import Scriptron
@testable import scriptron

@Suite("Finding the host") struct HostFinderTests {
    private func finder(
        root: Bool = false, variables: [String: String] = [:], files: [Path: UInt32] = [:]
    ) -> HostFinder {
        HostFinder(workingDirectory: "/here", isRoot: root, variable: { variables[$0] }, owner: { files[$0] })
    }

    @Test("The configuration is the one of the option, the variable, the directory, the machine, in this order")
    func configuration() throws {
        let files: [Path: UInt32] = ["/here/scriptron.lua": 1, "/etc/scriptron/scriptron.lua": 0]
        let named = finder(variables: ["SCRIPTRON_CONFIG": "../v.lua"], files: files)
        #expect(try named.configuration(option: "o.lua").file == "/here/o.lua")
        #expect(try named.configuration(option: nil).file == "/v.lua")
        #expect(try finder(files: files).configuration(option: nil).file == "/here/scriptron.lua")
        #expect(try finder(root: true, files: files).configuration(option: nil).file == "/etc/scriptron/scriptron.lua")
    }

    @Test("Root is told to name a configuration that lies in the working directory") func noConfiguration() throws {
        let finder = finder(root: true, files: ["/here/scriptron.lua": 1])
        let failure = try #require(throws: Failure.self) { _ = try finder.configuration(option: nil) }
        #expect(failure.code == "ECONFIG")
        #expect(failure.cure?.contains("root must") == true)
    }

    private func socket(_ finder: HostFinder, option: String? = nil, config: String? = nil) throws -> Path {
        try finder.socket(option: option, config: config) { _ throws(Failure) in "/located" }
    }

    @Test("Without a configuration the working directory counts where it holds jobs, but not for root")
    func workingDirectory() throws {
        let files: [Path: UInt32] = ["/here/jobs": 1]
        let place = try finder(files: files).configuration(option: nil)
        #expect(place == ConfigurationPlace(file: nil, workingDirectory: "/here"))
        #expect(place.base == "/here")
        #expect(throws: Failure.self) { _ = try finder(root: true, files: files).configuration(option: nil) }
    }

    @Test("The socket is the one of the option, the variable, or the configuration's state directory")
    func sockets() throws {
        let files: [Path: UInt32] = ["/here/scriptron.lua": 1, "/here/var/scriptron.sock": 1, "/c/s.lua": 1]
        let finder = finder(variables: ["SCRIPTRON_SOCKET": "s"], files: files)
        #expect(try socket(finder, option: "o") == "/here/o")
        #expect(try socket(finder) == "/here/s")
        #expect(try socket(self.finder(files: files)) == "/here/var/scriptron.sock")
        #expect(try socket(self.finder(files: files), config: "/c/s.lua") == "/located/scriptron.sock")
    }

    @Test("Where it may not be looked for, a socket is not looked for elsewhere") func hidden() throws {
        var finder = finder(files: ["/here/scriptron.lua": 1])
        finder.isHidden = { $0 == "/here/var/scriptron.sock" }
        #expect(try socket(finder) == "/here/var/scriptron.sock")
    }

    @Test("Root talks to a host in the working directory only where it is root's own") func rootSockets() throws {
        let machine: [Path: UInt32] = ["/etc/scriptron/scriptron.lua": 0]
        let foreign = machine.merging(["/here/var/scriptron.sock": 1000]) { $1 }
        let own = machine.merging(["/here/var/scriptron.sock": 0]) { $1 }
        #expect(try socket(finder(root: true, files: foreign)) == "/located/scriptron.sock")
        #expect(try socket(finder(root: true, files: own)) == "/here/var/scriptron.sock")
    }

    @Test("Without a configuration no host is reachable") func nothing() throws {
        let failure = try #require(throws: Failure.self) { _ = try socket(finder()) }
        #expect(ExitCode(for: failure) == .unreachable)
    }
}
