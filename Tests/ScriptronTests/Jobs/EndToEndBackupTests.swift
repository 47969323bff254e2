import Testing

@testable import Scriptron

/// The real binary's backups, killed; the long form is `make soak`.
@Suite("End to end: backups") struct EndToEndBackupTests {
    @Test("Backups that are killed at random moments: what is published restores") func kills() throws {
        let script = Path(#filePath).parent.parent.parent.appending("ScriptronSoak/Crash/backup_kills.py")
        let ran = try RanProgram.run("/usr/bin/env", ["python3", script.text, TestBinary.path.text, "4", "7"])
        #expect(ran.lines.last == "backup kills: as expected", "\(ran.output)")
    }

    @Test(
        "The same with a bucket, whose server dies too",
        .enabled(if: RcloneServer.isThere, "needs rclone: make rclone"))
    func killsWithBucket() throws {
        let script = Path(#filePath).parent.parent.parent.appending("ScriptronSoak/Crash/backup_kills.py")
        let ran = try RanProgram.run(
            "/usr/bin/env", ["python3", script.text, TestBinary.path.text, "4", "11", RcloneServer.program.text])
        #expect(ran.lines.last == "backup kills: as expected", "\(ran.output)")
    }
}
