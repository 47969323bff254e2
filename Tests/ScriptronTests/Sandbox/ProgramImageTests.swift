import Testing

@testable import Scriptron

@Suite("Images of programs") struct ProgramImageTests {
    @Test(
        "A script names its interpreter",
        arguments: [
            ("#!/bin/sh\n", ProgramImage.script(interpreter: "/bin/sh", argument: nil)),
            ("#! /bin/sh -e \necho", .script(interpreter: "/bin/sh", argument: "-e")),
            ("#!/usr/bin/env -S python3 -u\n", .script(interpreter: "/usr/bin/env", argument: "-S python3 -u")),
            ("#!/bin/sh", .script(interpreter: "/bin/sh", argument: nil)),
            ("#!\n", .unknown), ("#", .unknown), ("", .unknown), ("echo hello\n", .unknown),
        ])
    func scripts(text: String, expected: ProgramImage) {
        #expect(ProgramImage(head: Array(text.utf8)) == expected)
    }

    @Test("Machine code names its loader") func loader() throws {
        let shell = try Path("/bin/sh").resolvingLinks()
        let head = try StateFiles.open(shell, .read).read(ProgramImage.headLength)
        guard case .loaded(let loader) = ProgramImage(head: head) else {
            Issue.record("no loader in \(shell)")
            return
        }
        #expect(try FileStatus.of(loader, follow: true)?.kind == .file)
    }

    @Test("Any damage of a file's head is read without harm", arguments: 0..<200) func damaged(seed: Int) throws {
        let shell = try Path("/bin/sh").resolvingLinks()
        var head = try StateFiles.open(shell, .read).read(1024)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<8 { head[Int.random(in: 4..<200, using: &generator)] = .random(in: 0...255, using: &generator) }
        let image = ProgramImage(head: Array(head.prefix(seed * 5 + 4)))
        if case .script = image { Issue.record("machine code became a script") }
    }
}
