import Glibc
import Testing

@testable import Scriptron

@Suite("ProgramRun") struct ProgramRunTests {
    private func shell(_ script: String) -> ProgramRequest.Stage {
        .init(program: "/bin/sh", arguments: [Array("sh".utf8), Array("-c".utf8), Array(script.utf8)])
    }

    private func request(_ scripts: String...) -> ProgramRequest {
        var request = ProgramRequest(stages: scripts.map(shell))
        request.environment = [Array("PATH=/usr/bin:/bin".utf8)]
        request.deadline = Monotonic.now + 30
        return request
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("Output, errors and exit code come apart") func capture() throws {
        let end = try ProgramRun.run(request("echo out; echo err >&2; exit 3"))
        #expect(text(end.standardOutput) == "out\n")
        #expect(text(end.stages[0].standardError) == "err\n")
        #expect(end.stages[0].exit?.code == 3)
        #expect(!end.timedOut)
    }

    @Test("Stages are connected, and each has its own end") func pipeline() throws {
        let end = try ProgramRun.run(request("printf 'b\\na\\n'; exit 4", "sort", "tr a-z A-Z"))
        #expect(text(end.standardOutput) == "A\nB\n")
        #expect(end.stages.map { $0.exit?.code } == [4, 0, 0])
    }

    @Test("Megabytes of input and output pass without blocking") func large() throws {
        var request = request("cat")
        let bytes = [UInt8](repeating: 0x61, count: 3 << 20)
        request.input = .bytes(bytes)
        #expect(try ProgramRun.run(request).standardOutput == bytes)
    }

    @Test("A program that does not read its input ends nobody") func unreadInput() throws {
        var request = request("exec true")
        request.input = .bytes([UInt8](repeating: 0, count: 1 << 20))
        #expect(try ProgramRun.run(request).stages[0].exit?.code == 0)
    }

    @Test("What is beyond the limit is read and dropped, and said") func overflow() throws {
        var request = request("head -c 3000000 /dev/zero; echo done >&2")
        request.limit = 1000
        let end = try ProgramRun.run(request)
        #expect(end.overflowed)
        #expect(end.standardOutput.count == 1000)
        #expect(text(end.stages[0].standardError) == "done\n")
        #expect(end.stages[0].exit?.code == 0)
    }

    @Test("At the deadline it is asked to end, and killed where it does not") func deadline() throws {
        var polite = request("trap 'echo bye; exit 7' TERM; sleep 60 & wait")
        polite.deadline = Monotonic.now + 0.3
        let first = try ProgramRun.run(polite)
        #expect(first.timedOut)
        #expect(first.stages[0].exit?.code == 7)
        #expect(text(first.standardOutput) == "bye\n")

        var stubborn = request("trap '' TERM; while :; do sleep 1; done")
        stubborn.deadline = Monotonic.now + 0.3
        stubborn.grace = 0.3
        let second = try ProgramRun.run(stubborn)
        #expect(second.timedOut)
        #expect(second.stages[0].exit?.signal == SIGKILL)
        #expect(second.seconds < 10)
    }

    @Test("A stopped program is killed too") func stopped() throws {
        var request = request("kill -STOP $$")
        request.deadline = Monotonic.now + 0.2
        request.grace = 0.2
        #expect(try ProgramRun.run(request).stages[0].exit?.signal == SIGKILL)
    }

    @Test("A descendant that holds the output holds nobody up, and is killed") func lingering() throws {
        let directory = try TemporaryDirectory()
        var request = request("sleep 60 & echo $! > \(directory.path.text)/pid; echo done")
        request.drain = 0.2
        let end = try ProgramRun.run(request)
        #expect(text(end.standardOutput) == "done\n")
        #expect(end.killedDescendants)
        #expect(end.seconds < 10)
        let pid = try #require(Int32(directory.text("pid")?.dropLast() ?? ""))
        // Its pidfd is readable once it is dead, reaped or not.
        guard let handle = try? ProcessHandle(pid: pid) else { return }
        var polled = [pollfd(fd: handle.descriptor.number, events: Int16(POLLIN), revents: 0)]
        #expect(poll(&polled, 1, 10_000) == 1)
    }

    @Test("It gets nothing but its three descriptors, an empty mask and default dispositions") func clean() throws {
        let end = try ProgramRun.run(
            request("ls /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status; readlink /proc/self/fd/0"))
        let lines = text(end.standardOutput).split(separator: "\n")
        // The listing itself holds a fourth, for the directory.
        #expect(lines.first == "4")
        #expect(lines.contains { $0.hasPrefix("SigBlk:") && $0.hasSuffix("0000000000000000") })
        // 32 and 33 are the C library's own.
        let ignored = lines.first { $0.hasPrefix("SigIgn:") }.flatMap { UInt64($0.dropFirst(8), radix: 16) }
        #expect((ignored ?? .max) & 0x7FFF_FFFF == 0)
        #expect(lines.last == "/dev/null")
    }

    @Test("What cannot be started is told with the step that failed")
    func notStarted() throws {
        var missing = ProgramRequest(stages: [.init(program: "/nonexistent/program", arguments: [[0x61]])])
        missing.deadline = Monotonic.now + 5
        let first = #expect(throws: ProgramStartError.self) { try ProgramRun.run(missing) }
        #expect(first?.error.name == "ENOENT")
        #expect(first?.error.call == "execve")
        var nowhere = request("true")
        nowhere.directory = "/nonexistent"
        let second = #expect(throws: ProgramStartError.self) { try ProgramRun.run(nowhere) }
        #expect(second?.error.call == "chdir")
        var later = request("sleep 60", "true")
        later.stages[1].program = "/nonexistent/program"
        let third = #expect(throws: ProgramStartError.self) { try ProgramRun.run(later) }
        #expect(third?.stage == 1)
    }

    @Test("Lines are told as they come, an unfinished one at the end") func lines() throws {
        var told: [String] = []
        var request = request("printf 'one\\ntwo\\nthree'; echo bad >&2")
        request.line = { _, isError, line in told.append((isError ? "! " : "") + String(decoding: line, as: UTF8.self))
        }
        let end = try ProgramRun.run(request)
        #expect(told.filter { !$0.hasPrefix("!") } == ["one", "two", "three"])
        #expect(told.contains("! bad"))
        #expect(end.standardOutput.isEmpty)
    }
}
