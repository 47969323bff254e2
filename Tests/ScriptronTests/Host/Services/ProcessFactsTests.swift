import Testing

@testable import Scriptron

@Suite("ProcessFacts") struct ProcessFactsTests {
    private static func stat(_ name: String, state: String = "S", flags: UInt32 = 4_194_304) -> [UInt8] {
        Array(
            """
            4711 (\(name)) \(state) 42 4711 4711 0 -1 \(flags) 101 0 0 0 7 8 0 0 20 0 1 0 299555 3133440 394 \
            18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n
            """.utf8)
    }

    @Test("A stat is read whatever the name holds", arguments: ["cat", "a b", "x) R 1 1", "((", "(sd-pam)", "é"])
    func names(_ name: String) throws {
        let facts = try #require(ProcessFacts(stat: Self.stat(name)))
        #expect(facts.pid == 4711 && facts.name == name && facts.parent == 42 && facts.startTicks == 299_555)
        #expect(!facts.isZombie && !facts.isKernelThread)
    }

    @Test("Zombies and kernel threads are told") func kinds() {
        #expect(ProcessFacts(stat: Self.stat("z", state: "Z"))?.isZombie == true)
        #expect(ProcessFacts(stat: Self.stat("kworker", flags: 0x0420_8060))?.isKernelThread == true)
    }

    @Test("What is no stat is none", arguments: ["", "1", "1 (a", "1 (a) S 2", ") 1 ("])
    func none(_ text: String) { #expect(ProcessFacts(stat: Array(text.utf8)) == nil) }

    @Test("Arguments keep empty ones in between") func arguments() {
        #expect(
            ProcessFacts.arguments(Array("a\0\0b c\0".utf8)).map { String(decoding: $0, as: UTF8.self) } == [
                "a", "", "b c",
            ])
        #expect(ProcessFacts.arguments([]).isEmpty)
    }

    @Test("The real user is the first number") func user() {
        #expect(ProcessFacts.user(Array("Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n".utf8)) == 1000)
        #expect(ProcessFacts.user(Array("Name:\tUid:\n".utf8)) == nil)
    }

    @Test(
        "A descriptor's inode and mode are read, and whether it writes at the end",
        arguments: [
            ("pos:\t0\nflags:\t0100000\nmnt_id:\t24\nino:\t3\n", 3, "r", false),
            ("pos:\t0\nflags:\t02100001\nmnt_id:\t24\nino:\t77\n", 77, "w", false),
            ("pos:\t0\nflags:\t02102001\nmnt_id:\t24\nino:\t77\n", 77, "w", true),
            ("pos:\t0\nflags:\t02002\nino:\t77\n", 77, "rw", true),
            ("pos:\t0\nflags:\t02000\nino:\t77\n", 77, "r", false),
            ("pos:\t0\nflags:\t02\nmnt_id:\t24\n", nil, "rw", false), ("", nil, "r", false),
        ] as [(String, UInt64?, String, Bool)]
    ) func descriptor(_ row: (text: String, inode: UInt64?, mode: String, appends: Bool)) {
        let found = OpenFileText.descriptor(Array(row.text.utf8))
        #expect(found.inode == row.inode && found.mode == row.mode && found.appends == row.appends)
    }

    @Test("Mapped files are read with their devices, anonymous memory is not") func mapped() {
        let text = """
            561e7ab6e000-561e7ab71000 r--p 00000000 fe:00 254626                     /usr/bin/sed
            561e7ab71000-561e7ab85000 r-xp 00003000 fe:00 254626                     /usr/bin/sed
            7f0000000000-7f0000001000 rw-p 00000000 00:00 0
            7f0000001000-7f0000002000 rw-s 00000000 00:2a 99                         /tmp/a b (deleted)
            7f0000002000-7f0000003000 r-xp 00000000 00:01 2                          /memfd:a program (deleted)
            7f0000003000-7f0000004000 rw-s 00000000 00:01 3                          /dev/zero (deleted)
            7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0                          [stack]
            nonsense

            """
        #expect(
            OpenFileText.mapped(Array(text.utf8)) == [
                FileID(device: 0xFE00, inode: 254_626), FileID(device: 0x2A, inode: 99),
            ])
        #expect(FileID(device: 0x2A, inode: 99).isAnonymous && !FileID(device: 0xFE00, inode: 1).isAnonymous)
        #expect(FileID.device(major: 259, minor: 70_000) == 0x1111_0370)
    }
}
