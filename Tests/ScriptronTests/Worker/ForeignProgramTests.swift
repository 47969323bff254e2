import Testing

@testable import Scriptron

@Suite("Programs of other users, as workers ask for them") struct ForeignProgramTests {
    private var grant: Grant {
        let nobody = Grant.Identity(name: "nobody", uid: 65534, gid: 65534, groups: [65534], home: "/nonexistent")
        var grant = Grant()
        grant.programs = [
            Grant.Program(name: "id", path: "/usr/bin/id", files: ["/usr/bin/id"], user: nobody),
            Grant.Program(name: "sh", path: "/bin/sh", files: ["/bin/sh"]),
        ]
        return grant
    }

    private let asked: [String: Value] = [
        "path": "/usr/bin/id", "user": "nobody", "arguments": ["id", "-u"], "environment": ["TZ": "UTC"],
        "directory": "/",
    ]

    @Test("What is granted gets the user of the grant and an environment of the host's making") func granted() throws {
        let program = try ForeignProgram(asked, grant: grant)
        #expect(program.identity.uid == 65534)
        #expect(program.environment.contains(Array("HOME=/nonexistent".utf8)))
        #expect(program.environment.contains(Array("TZ=UTC".utf8)))
        #expect(try ForeignProgram(decoding: program.value) == program)
    }

    @Test(
        "Whatever else a worker says is refused",
        arguments: [
            ("path", "/bin/sh", "EGRANT"), ("path", "/usr/bin/env", "EGRANT"), ("user", "root", "EGRANT"),
            ("user", .null, "EGRANT"), ("arguments", [], "EARGUMENT"), ("arguments", ["id", 1], "EARGUMENT"),
            ("arguments", ["a\0b"], "EARGUMENT"), ("directory", "box", "EARGUMENT"), ("directory", "/a\0", "EARGUMENT"),
            ("environment", ["LD_PRELOAD": "/box/evil.so"], "EARGUMENT"),
            ("environment", ["A=B": "x"], "EARGUMENT"), ("environment", ["A": "x\0"], "EARGUMENT"),
            ("environment", ["A": 1], "EARGUMENT"), ("environment", .null, "EARGUMENT"),
            ("arguments", ["id", .text(String(repeating: "x", count: 2 << 20))], "E2BIG"),
        ] as [(String, Value, String)])
    func hostile(key: String, value: Value, code: String) {
        var asked = asked
        asked[key] = value
        let failure = #expect(throws: Failure.self) { try ForeignProgram(asked, grant: grant) }
        #expect(failure?.code == code)
    }

    @Test("A status says all that it is told") func status() throws {
        for status: ProgramStatus in [
            .failed(.execve, errno: 13), .failed(.confine, errno: 1), .exited(code: 255), .exited(code: -1),
            .killed(signal: 9),
        ] { #expect(ProgramStatus(status.bytes) == status) }
        #expect(ProgramStatus([]) == nil)
        #expect(ProgramStatus([UInt8](repeating: 0xFF, count: 12)) == nil)
    }
}
