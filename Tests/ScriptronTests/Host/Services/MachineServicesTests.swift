import Glibc
import Testing

@testable import Scriptron

@Suite("MachineServices") struct MachineServicesTests {
    private let directory: TemporaryDirectory
    private let services: MachineServices

    init() throws {
        directory = try TemporaryDirectory()
        services = MachineServices(probe: OwnDiskProbe(executable: TestBinary.path)) { _, _ in }
    }

    private func ask(
        _ service: HostService, _ arguments: [String: Value] = [:], job: String = "health", run: Int64 = 1,
        grant: Grant = .nothing
    ) throws(Failure) -> Value {
        try services.answer(service, arguments, job: job, run: run, grant: grant)
    }

    @Test("The machine's figures are plausible") func figures() throws {
        let memory = try ask(.sysMemory)
        #expect(try #require(memory["total"]?.integer) > 1 << 20)
        #expect(try #require(memory["available"]?.integer) <= #require(memory["total"]?.integer))
        #expect(try #require(ask(.sysLoad)["cores"]?.integer) >= 1)
        #expect(try #require(ask(.sysUptime).double) > 0)
        #expect(try ask(.sysHostname).text?.isEmpty == false)
        let pressure = try ask(.sysPressure)
        #expect(pressure.isNull || pressure["memory"]?["some10"]?.double != nil)
    }

    @Test("Processors are told since the job's own last look") func cpu() throws {
        #expect(try ask(.sysCPU, job: "a") == .null)
        #expect(try ask(.sysCPU, job: "b") == .null)
        // Work until the ticks move, or the shares would be of no time at all.
        var shares = Value.null
        while shares.isNull { shares = try ask(.sysCPU, job: "a") }
        let sum = ["user", "system", "idle", "iowait", "steal"].reduce(0) { $0 + (shares[$1]?.double ?? 0) }
        #expect(abs(sum - 1) < 1e-9)
    }

    @Test("Disks are told with their figures, and a path's file system by its mount") func disks() throws {
        let disks = try #require(try ask(.sysDisks, ["timeout": 30]).list)
        #expect(Set(disks.compactMap { $0["path"]?.text }).count == disks.count)
        for disk in disks { #expect(try #require(disk["size"]?.integer) >= #require(disk["used"]?.integer)) }
        let usage = try ask(
            .diskUsage, ["path": .bytes(directory.path.bytes + Array("/not/there".utf8)), "timeout": 30])
        #expect(try usage["size"]?.integer == FileSystemSpace.of(directory.path).size)
    }

    @Test("Open files are told one by one and many at once", .enabled(if: getuid() == 0, "needs root"))
    func openFiles() throws {
        let file = try directory.file("open")
        let free = try directory.file("free")
        let holder = try StateFiles.open(file, .read)
        let ids = try [file, free].map { try #require(try FileStatus.of($0, follow: false)).id }
        let entries = ids.map {
            Value.map(["device": .int(Int64(bitPattern: $0.device)), "inode": .int(Int64(bitPattern: $0.inode))])
        }
        #expect(try ask(.openAny, ["entries": .list(entries)]) == [true, false])
        let openers = try ask(.openers, try #require(entries[0].map))
        #expect(openers.list?.first?["pid"]?.integer == Int64(getpid()))
        // Of several at once, in their order.
        let lists = try ask(.openers, ["entries": .list(entries)])
        #expect(lists.list?.first == openers)
        #expect(lists.list?.count == entries.count)
        let paths: [String: Value] = ["paths": [.bytes(file.bytes)]]
        var grant = Grant()
        grant.read = [directory.path]
        #expect(try ask(.openers, paths, grant: grant).list?.count == 1)
        let error = #expect(throws: Failure.self) { try ask(.openers, paths) }
        #expect(error?.code == "EGRANT")
        withExtendedLifetime(holder) {}
    }

    @Test("Names are resolved within the grant") func resolve() throws {
        var grant = Grant()
        grant.connect = ["localhost:80", "db.invalid:443"]
        let addresses = try #require(try ask(.resolve, ["host": "localhost"], grant: grant).list)
        #expect(addresses.contains("127.0.0.1") || addresses.contains("::1"))
        for host in ["example.org", "invalid", "x.db.invalid", "localhost.evil"] {
            let error = #expect(throws: Failure.self) { try ask(.resolve, ["host": .text(host)], grant: grant) }
            #expect(error?.code == "EGRANT")
        }
    }

    @Test("A pidfile outside the grant is not read") func pidfile() throws {
        let error = #expect(throws: Failure.self) { try ask(.findProcesses, ["pidfile": "/etc/shadow"]) }
        #expect(error?.code == "EGRANT")
        var grant = Grant()
        grant.read = ["/run"]
        #expect(throws: Failure.self) { try ask(.findProcesses, ["pidfile": "/run/../etc/shadow"], grant: grant) }
        #expect(try ask(.findProcesses, ["pidfile": "/run/no-such.pid"], grant: grant) == [])
    }

    @Test("No link of the job leads the host out of the grant: not to a pidfile, nor to a file that is open")
    func plantedLinks() throws {
        let secret = try directory.directory("secret")
        let file = try directory.file("secret/file", "\(getpid())\n")
        let holder = try StateFiles.open(file, .read)
        try directory.directory("box/inner")
        try directory.file("box/inner/own.pid", "\(getpid())\n")
        var grant = Grant()
        grant.read = [try directory.path.resolvingLinks().appending("box")]
        func at(_ name: String) -> Value { .bytes(grant.read[0].appending(name).bytes) }
        for (name, target) in [("way", secret), ("link.pid", file), ("relative.pid", "../secret/file")] {
            try directory.link("box/" + name, to: target)
        }
        for name in ["way/file", "link.pid", "relative.pid"] {
            let error = #expect(throws: Failure.self) {
                try ask(.findProcesses, ["pidfile": at(name)], grant: grant)
            }
            #expect(error?.code == "EGRANT", "\(name): \(error as Any)")
        }
        let error = #expect(throws: Failure.self) {
            try ask(.openers, ["paths": .list([at("way/file")])], grant: grant)
        }
        #expect(error?.code == "EGRANT")
        // Links that stay inside are ways, and what is no file is none.
        try directory.link("box/current", to: "inner")
        #expect(try ask(.findProcesses, ["pidfile": at("current/own.pid")], grant: grant).list?.count == 1)
        #expect(try ask(.findProcesses, ["pidfile": at("inner")], grant: grant) == [])
        #expect(try ask(.findProcesses, ["pidfile": at("inner/own.pid/x")], grant: grant) == [])
        withExtendedLifetime(holder) {}
    }

    @Test("Locks are held and released by their tokens") func locks() throws {
        let token = try ask(.lockHold, ["name": "l"], run: 1)
        #expect(token.integer != nil)
        #expect(try ask(.lockHold, ["name": "l", "wait": 0], run: 2) == .null)
        #expect(throws: Failure.self) { try ask(.lockRelease, ["token": token], run: 2) }
        #expect(try ask(.lockRelease, ["token": token], run: 1) == .null)
        #expect(try ask(.lockHold, ["name": "l"], run: 2).integer != nil)
        services.release(run: 2)
        #expect(try ask(.lockHold, ["name": "l"], run: 3).integer != nil)
    }

    @Test(
        "Hostile arguments are errors",
        arguments: [
            (.diskUsage, [:]), (.diskUsage, ["path": "relative"]), (.diskUsage, ["path": "/a\u{0}b"]),
            (.diskUsage, ["path": 7]), (.sysDisks, ["timeout": "soon"]), (.sysDisks, ["timeout": .number(.nan)]),
            (.openAny, [:]), (.openAny, ["entries": [1]]), (.openAny, ["entries": [["device": 1]]]),
            (.openers, ["device": 1]), (.openers, ["paths": "x"]), (.lockHold, [:]), (.lockHold, ["name": ""]),
            (.lockHold, ["name": "l", "wait": "long"]), (.lockRelease, ["token": "x"]), (.lockRelease, ["token": 99]),
            (.findProcesses, [:]), (.findProcesses, ["name": .bytes([0xFF])]),
            (.signalProcesses, ["name": "x", "signal": "STOPPED"]), (.signalProcesses, ["name": "x", "signal": 0]),
            (.resolve, ["host": ""]), (.resolve, ["host": .list([])]), (.stateGet, ["key": "k"]),
        ] as [(HostService, [String: Value])]
    ) func hostile(_ row: (service: HostService, arguments: [String: Value])) {
        #expect(throws: Failure.self) { try ask(row.service, row.arguments) }
    }
}
