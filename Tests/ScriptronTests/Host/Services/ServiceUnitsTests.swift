import Testing

@testable import Scriptron

/// The host's side of `service`, against a program in the place of systemctl. A real systemd is asked in
/// `EndToEndServiceTests`.
@Suite("Units of systemd") struct ServiceUnitsTests {
    private let directory: TemporaryDirectory
    private let units: ServiceUnits
    private let grant: Grant

    init() throws {
        directory = try TemporaryDirectory()
        try directory.file(
            "systemctl",
            """
            #!/bin/sh
            printf '%s\\n' "$*" >>"\(directory.path.text)/calls"
            . "\(directory.path.text)/script"
            """, mode: 0o755)
        try directory.directory("running")
        units = ServiceUnits(
            running: directory.path.appending("running"), program: directory.path.appending("systemctl"))
        var grant = Grant.nothing
        grant.service = ["nginx.service"]
        self.grant = grant
    }

    /// What the program does: shell.
    private func script(_ text: String) throws { try directory.file("script", text) }

    private func state(_ load: String, _ active: String, reload: String = "yes", then: String = "exit 0") -> String {
        """
        case "$*" in
        *show*) printf 'CanReload=\(reload)\\nLoadState=\(load)\\nActiveState=\(active)\\n'; exit 0 ;;
        esac
        \(then)
        """
    }

    private func ask(_ service: HostService, _ more: [String: Value] = [:]) throws(Failure) -> Value {
        try units.answer(service, ["unit": "nginx"].merging(more) { $1 }, grant: grant)
    }

    private func failure(_ service: HostService, _ more: [String: Value] = [:]) -> Failure? {
        do throws(Failure) {
            _ = try ask(service, more)
            return nil
        } catch {
            return error
        }
    }

    private var calls: [String] {
        let bytes = (try? Files.readSmall(directory.path.appending("calls"))) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(
        "What is running or being reloaded is active",
        arguments: [
            ("loaded", "active", true), ("loaded", "reloading", true), ("loaded", "inactive", false),
            ("loaded", "failed", false), ("loaded", "activating", false), ("not-found", "inactive", false),
        ])
    func active(load: String, active: String, expected: Bool) throws {
        try script(state(load, active))
        #expect(try ask(.unitActive) == .bool(expected))
        #expect(
            calls == [
                "--no-ask-password --no-pager show --property=LoadState,ActiveState,CanReload -- nginx.service"
            ])
    }

    @Test("A change is made when systemctl says that it is done") func changes() throws {
        try script(state("loaded", "active"))
        #expect(try ask(.unitReload) == .null)
        #expect(try ask(.unitRestart) == .null)
        #expect(try ask(.unitCheck, ["change": "reload"]) == .null)
        #expect(
            calls.filter { !$0.contains("show") }.map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") }
                == ["reload -- nginx.service", "restart -- nginx.service"])
    }

    @Test(
        "What cannot be changed says why, and nothing is done",
        arguments: [
            ("not-found", "inactive", "yes", "ENOENT", "systemd has no such unit"),
            ("masked", "inactive", "yes", "EUNIT", "the unit is masked"),
            ("loaded", "inactive", "yes", "EINACTIVE", "nothing to reload"),
            ("loaded", "failed", "yes", "EINACTIVE", "the unit is failed"),
            ("loaded", "active", "no", "EUNIT", "cannot be reloaded"),
        ])
    func refused(load: String, active: String, reload: String, code: String, text: String) throws {
        try script(state(load, active, reload: reload))
        let asked: [(HostService, [String: Value])] = [(.unitReload, [:]), (.unitCheck, ["change": "reload"])]
        for (service, arguments) in asked {
            let failure = failure(service, arguments)
            #expect(failure?.code == code)
            #expect(failure?.message.hasPrefix("service.reload(nginx.service): ") == true)
            #expect(failure?.message.contains(text) == true, "\(failure as Any)")
        }
        #expect(calls.allSatisfy { $0.contains(" show ") })
    }

    @Test(
        "What systemctl complains of is told in one line",
        arguments: [
            (
                "printf 'Job for x failed.\\nSee \\033[2J\"systemctl status\".\\n' >&2; exit 1", "EUNIT",
                "Job for x failed. See [2J\"systemctl status\"."
            ),
            ("echo 'Failed: Interactive authentication required.' >&2; exit 4", "EPERM", "Interactive authentication"),
            ("exit 1", "EUNIT", "systemctl failed"), ("kill -9 $$", "EUNIT", "systemctl failed"),
        ])
    func complaints(then: String, code: String, text: String) throws {
        try script(state("loaded", "active", then: then))
        let failure = failure(.unitRestart)
        #expect(failure?.code == code)
        #expect(failure?.message.contains(text) == true, "\(failure as Any)")
    }

    @Test("One that does not return is ended at its deadline") func deadline() throws {
        try script(
            state(
                "loaded", "active", then: "trap '' TERM; echo $$ >\(directory.path.text)/pid; while :; do sleep 1; done"
            ))
        let failure = failure(.unitRestart, ["timeout": 0.5])
        #expect(failure?.code == "ETIMEDOUT")
        #expect(failure?.message.contains("may still do it") == true)
        let pid = String(decoding: try Files.readSmall(directory.path.appending("pid")), as: UTF8.self)
        #expect(ProcessHandle.startTime(pid: try #require(Int32(pid.dropLast()))) == nil)
    }

    @Test("Where no systemd runs nothing is known, and nothing can be changed") func absent() throws {
        let nowhere = ServiceUnits(
            running: directory.path.appending("nowhere"), program: directory.path.appending("systemctl"))
        #expect(try nowhere.answer(.unitActive, ["unit": "nginx"], grant: grant) == .null)
        let failure = #expect(throws: Failure.self) {
            try nowhere.answer(.unitRestart, ["unit": "nginx"], grant: grant)
        }
        #expect(failure?.code == "ENOSYSTEMD" && failure?.message.contains("no systemd runs this machine") == true)
        #expect(calls.isEmpty)
    }

    @Test(
        "Nothing but what is granted, whatever a worker sends",
        arguments: [
            (["unit": "cron"], "EGRANT"), (["unit": "cron.service"], "EGRANT"), (["unit": "nginx.socket"], "EGRANT"),
            (["unit": "ngin*"], "EARGUMENT"), (["unit": "nginx.service cron.service"], "EARGUMENT"),
            (["unit": "--host=x"], "EARGUMENT"), (["unit": "nginx\n"], "EARGUMENT"), (["unit": 5], "EARGUMENT"),
            ([:], "EARGUMENT"), (["unit": "nginx", "timeout": "x"], "EARGUMENT"),
            (["unit": "nginx", "timeout": -1], "EARGUMENT"),
        ] as [([String: Value], String)])
    func hostile(arguments: [String: Value], code: String) throws {
        try script(state("loaded", "active"))
        let failure = #expect(throws: Failure.self) { try units.answer(.unitRestart, arguments, grant: grant) }
        #expect(failure?.code == code)
        #expect(calls.isEmpty)
        guard code == "EGRANT" else { return }
        #expect(failure?.cure?.contains("needs: service = {") == true)
        let looked = #expect(throws: Failure.self) { try units.answer(.unitActive, arguments, grant: grant) }
        #expect(looked?.code == code)
    }
}
