import Glibc
import Testing

@testable import Scriptron

@Suite("One look at the sources") struct SourceScanTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.tree("jobs/backup.lua", "backup 1")
        try directory.tree("jobs/lib/retention.lua", "retention 1")
        try directory.tree("scriptron.lua", "return {}")
    }

    private func scan() -> SourceScan {
        SourceScan(
            SourceLocations(configuration: directory.at("scriptron.lua"), jobs: directory.at("jobs")),
            ownership: SourceOwnership())
    }

    private func move(_ from: String, _ to: String) {
        #expect(rename(directory.at(from).text, directory.at(to).text) == 0)
    }

    @Test("A fresh file that is read once more keeps its job while its directory is away") func awayWhileUnsettled() {
        var scan = scan()
        let first = SystemClock().now()
        scan.look(SourceScan.Changes(everything: true), now: first)
        #expect(scan.snapshot.scripts.keys.sorted() == ["backup"])
        let unsettled = scan.unsettled
        #expect(unsettled.contains(directory.at("jobs/backup.lua")))

        move("jobs", "away")
        scan.look(SourceScan.Changes(touched: unsettled), now: first + 2.5)
        #expect(scan.snapshot.scripts.keys.sorted() == ["backup"])
        #expect(scan.snapshot.libraries.keys.sorted() == ["retention"])

        move("away", "jobs")
        scan.look(SourceScan.Changes(everything: true), now: first + 5)
        #expect(scan.snapshot.scripts.keys.sorted() == ["backup"])
        #expect(scan.snapshot.failures.isEmpty)
        #expect(scan.unsettled.isEmpty)
    }

    @Test("A file that was deleted from a directory that is there takes its job along") func deleted() {
        var scan = scan()
        scan.look(SourceScan.Changes(everything: true), now: SystemClock().now())
        #expect(unlink(directory.at("jobs/backup.lua").text) == 0)
        scan.look(SourceScan.Changes(touched: [directory.at("jobs/backup.lua")]), now: SystemClock().now())
        #expect(scan.snapshot.scripts.isEmpty)
    }

    @Test("A script that cannot be a job because of its name is named, and forgotten when it is renamed")
    func misnamed() throws {
        for name in ["Backup.lua", "my job.lua", "foo.bar.lua", "old.LUA"] { try directory.tree("jobs/" + name, "x") }
        for name in [".hidden.lua", "backup_spec.lua", "#backup.lua#", "notes.txt"] {
            try directory.tree("jobs/" + name, "x")
        }
        try directory.directory("jobs/Folder.lua")
        var scan = scan()
        scan.look(SourceScan.Changes(everything: true), now: SystemClock().now())
        let failures = scan.snapshot.failures
        let expected = ["Backup.lua", "foo.bar.lua", "my job.lua", "old.LUA"].map { directory.at("jobs/" + $0).text }
        #expect(failures.map(\.place) == expected)
        #expect(failures.allSatisfy { $0.code == "ENAME" })
        for name in ["Backup.lua", "my job.lua", "foo.bar.lua", "old.LUA"] {
            #expect(unlink(directory.at("jobs/" + name).text) == 0)
        }
        scan.look(SourceScan.Changes(everything: true), now: SystemClock().now())
        #expect(scan.snapshot.failures.isEmpty)
    }
}
