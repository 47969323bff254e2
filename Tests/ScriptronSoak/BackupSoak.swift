import Glibc
import Testing

@testable import Scriptron

/// The long forms of the tests of backups and archives.
@Suite("Backups, at length", .serialized) struct BackupSoak {
    @Test("A hundred random trees come back the same, by tar itself too") func trees() throws {
        for seed: UInt64 in 1000..<1100 { try RandomTree.roundTrip(seed: seed) }
    }

    @Test("Three hundred copies of databases with a writer beside them are sound") func databases() throws {
        try DatabaseWriter.rounds(150, mode: "wal")
        try DatabaseWriter.rounds(150, mode: "delete")
    }

    @Test("Backups that are killed at random moments: what is published restores") func kills() throws {
        try kill("100 1")
    }

    @Test("The same with a bucket, whose server dies too", .enabled(if: access(rclone.text, X_OK) == 0, "make rclone"))
    func killsWithBucket() throws { try kill("100 2 '\(Self.rclone)'") }

    private static let rclone = Path(#filePath).parent.parent.parent.appending(".build/rclone/bin/rclone")

    private func kill(_ arguments: String) throws {
        let script = Path(#filePath).parent.appending("Crash/backup_kills.py")
        let built = try Path("/proc/self/exe").resolvingLinks().parent.appending("scriptron").text
        let binary = getenv("SCRIPTRON_BINARY").map { String(cString: $0) } ?? built
        #expect(system("python3 '\(script)' '\(binary)' \(arguments)") == 0)
    }
}
