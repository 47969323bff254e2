import Testing

@testable import Scriptron

/// The real host killed, stopped and met by another, and its store checked by a program that shares no code with it
/// (`Tests/ScriptronSoak/Crash`, `Alerts`). The long form is `make soak`.
@Suite("Crashes") struct CrashTests {
    @Test("After kills of the host, the zygote and workers every second is accounted for, once") func kills() throws {
        try Self.crash("kills", "--hosts", "4", "--zygotes", "1", "--workers", "1", "--seed", "20")
    }

    @Test("After faults of every kind, clocks that are set among them, every second is accounted for, once")
    func faults() throws {
        let driver = Path(#filePath).parent.parent.parent.appending("ScriptronSoak/Faults/faults.py")
        let ran = try RanProgram.run(
            "/usr/bin/env",
            ["python3", driver.text, TestBinary.path.text, "--rounds", "8", "--jobs", "10", "--seed", "3"])
        #expect(ran.lines.last == "faults: as expected", "\(ran.output)")
    }

    @Test(
        "Ends in order, and hosts that meet",
        arguments: ["finishes", "redone", "second-signal", "second-host", "stale-socket", "orphans"])
    func scenario(_ name: String) throws {
        try Self.crash(name)
    }

    @Test("Alerts reach a webhook and a mail server that are down for a while, over kills of the host")
    func alerts() throws {
        let driver = Path(#filePath).parent.parent.parent.appending("ScriptronSoak/Alerts/alerts.py")
        let hasMailServer = (try? FileStatus.of("/usr/lib/python3/dist-packages/aiosmtpd", follow: true)) ?? nil != nil
        let ran = try RanProgram.run(
            "/usr/bin/env",
            ["python3", driver.text, TestBinary.path.text, "--kills", "5", "--every", "1.5", "--seed", "4"]
                + (hasMailServer ? [] : ["--no-mail"]))
        #expect(ran.lines.last == "alerts: as expected", "\(ran.output)")
    }

    /// Runs the driver, whose last line says how it went.
    private static func crash(_ arguments: String...) throws {
        let driver = Path(#filePath).parent.parent.parent.appending("ScriptronSoak/Crash/crash.py")
        let ran = try RanProgram.run("/usr/bin/env", ["python3", driver.text, TestBinary.path.text] + arguments)
        #expect(ran.lines.last == "\(arguments[0]): as expected", "\(ran.output)")
    }
}
