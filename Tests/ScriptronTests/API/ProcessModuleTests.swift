import Testing

@testable import Scriptron

@Suite("process") struct ProcessModuleTests {
    @Test("A granted program runs with what it is given and nothing of the host's environment") func run() throws {
        let api = try APIFixture()
        let result = try api.run(
            #"""
            local r = process.run({ "sh", "-c", "cat; echo err >&2; exit 3" }, { stdin = "in", expect = { 0, 3 } })
            return { code = r.code, stdout = r.stdout, stderr = r.stderr, env = process.output { "sh", "-c", "env | cut -d= -f1 | sort" } }
            """#)
        #expect(result["code"] == 3)
        #expect(result["stdout"] == "in")
        #expect(result["stderr"] == "err\n")
        // The shell adds PWD, OLDPWD and the like itself.
        let names = Set(result["env"]?.text?.split(separator: "\n").map(String.init) ?? [])
        #expect(names.isSuperset(of: ["HOME", "LANG", "PATH", "TMPDIR", "TZ"]))
        #expect(names.subtracting(["HOME", "LANG", "PATH", "TMPDIR", "TZ", "PWD", "OLDPWD", "SHLVL", "_"]).isEmpty)
    }

    @Test("Another exit code, or a signal, raises with the end of its complaint") func exit() throws {
        let api = try APIFixture()
        let error = try api.failure(#"process.run { "sh", "-c", "echo no such thing >&2; exit 2" }"#)
        #expect(error.code == "EEXIT")
        #expect(error.message.contains("exit code 2: no such thing"))
        #expect(error.fields["exit"] == 2)
        #expect(try api.failure(#"process.run { "sh", "-c", "kill -9 $$" }"#).message.contains("SIGKILL"))
    }

    @Test("Any stage's failure fails the pipe, and is named") func pipe() throws {
        let api = try APIFixture()
        let result = try api.run(
            #"return process.pipe({ { "cat" }, { "gzip", "-c" }, { "gzip", "-dc" } }, { stdin = "hello" }).stdout"#)
        #expect(result == "hello")
        let error = try api.failure(
            #"process.pipe({ { "sh", "-c", "echo half; exit 5" }, { "cat" } }, { stdout = { file = "out" } })"#)
        #expect(error.message.contains("sh ended with exit code 5"))
        #expect(try api.directory.names("box") == [])
        try api.run(#"process.pipe({ { "sh", "-c", "echo all" }, { "cat" } }, { stdout = { file = "out" } })"#)
        #expect(api.directory.text("box/out") == "all\n")
        #expect(try api.directory.names("box") == ["out"])
    }

    @Test("A program that is not granted is refused, with the need that would allow it") func refused() throws {
        let api = try APIFixture()
        for argv in [#"{ "ls" }"#, #"{ "/bin/ls" }"#, #"{ "./sh" }"#, #"{ "../sh" }"#] {
            let error = try api.failure("process.run(\(argv))")
            #expect(error.code == "EGRANT")
            #expect(error.fields["cure"]?.text?.contains("run = { \"") == true)
        }
        #expect(api.services.refusals.count == 4)
        #expect(try api.run(#"return process.output { "/bin/sh", "-c", "echo x" }"#) == "x")
    }

    @Test("Nothing is split or expanded by a shell, and odd arguments arrive whole") func arguments() throws {
        let api = try APIFixture()
        let result = try api.run(
            #"return process.output { "sh", "-c", "printf '%s|' \"$@\"", "sh", "a b", "$(x)", "*", "", "\xff", 7 }"#)
        guard case .bytes(let bytes) = result else {
            Issue.record("no output")
            return
        }
        #expect(bytes == Array("a b|$(x)|*||".utf8) + [0xFF] + Array("|7|".utf8))
    }

    @Test(
        "Holes, NULs, and variables that bring in code are refused (attack 61)",
        arguments: [
            #"process.run { "cat", nil, "x" }"#, #"process.run { "cat", "a\0b" }"#, #"process.run {}"#,
            #"process.run { "cat", {} }"#, #"process.run({ "cat" }, { env = { LD_PRELOAD = "x" } })"#,
            #"process.run({ "cat" }, { env = { BASH_ENV = "x" } })"#,
            #"process.run({ "cat" }, { env = { LD_LIBRARY_PATH = "x" } })"#,
            #"process.run({ "cat" }, { env = { GIT_SSH = "x" } })"#,
            #"process.run({ "cat" }, { env = { ["A=B"] = "x" } })"#,
            #"process.run({ "cat" }, { expect = "no" })"#, #"process.run({ "cat" }, { shell = true })"#,
        ])
    func wrong(call: String) throws {
        #expect(try APIFixture().failure(call).code == "EARGUMENT")
    }

    @Test("At its timeout a program is ended; at the attempt's deadline too") func timeout() throws {
        let api = try APIFixture()
        let error = try api.failure(
            #"process.run({ "sh", "-c", "trap '' TERM; while :; do sleep 1; done" }, { timeout = 0.3 })"#)
        #expect(error.code == "ETIMEDOUT")
        api.timeout = 0.4
        let late = try api.failure(#"process.run { "sh", "-c", "while :; do sleep 1; done" }"#)
        #expect(["EDEADLINE", nil].contains(late.code))
    }

    @Test("More output than fits raises, and is never cut") func overflow() throws {
        let api = try APIFixture()
        let error = try api.failure(
            #"process.run({ "sh", "-c", "head -c 5000 /dev/zero" }, { max = "1KiB" })"#)
        #expect(error.code == "EFBIG")
    }

    @Test("Lines go to the log, what would move a cursor escaped") func log() throws {
        let api = try APIFixture()
        try api.run(#"process.run({ "sh", "-c", "printf 'one\\n\\033[2Jtwo\\n'; echo bad >&2" }, { stdout = "log" })"#)
        #expect(Set(api.services.lines) == ["one", "\\x1B[2Jtwo", "bad"])
    }

    @Test("A function gets each line while the program runs, of both streams") func lines() throws {
        let api = try APIFixture()
        let result = try api.run(
            #"""
            local seen = {}
            local r = process.run({ "sh", "-c", "echo one; cat; echo bad >&2; printf last; exit 3" }, {
              stdin = "two\n", expect = 3, stdout = function(line, stream, name) seen[#seen + 1] = stream .. ":" .. name .. ":" .. line end,
            })
            table.sort(seen)
            local long, pieces = 0, 0
            process.pipe({ { "sh", "-c", "head -c 200000 /dev/zero | tr '\\0' x" }, { "cat" } }, {
              stdout = function(line) long, pieces = long + #line, pieces + 1 end,
            })
            return { table.concat(seen, " "), r.code, r.stdout == nil, long, pieces }
            """#)
        #expect(result == ["stderr:sh:bad stdout:sh:last stdout:sh:one stdout:sh:two", 3, true, 200_000, 4])
    }

    @Test("Who writes faster than its lines are taken waits, and all arrives in order") func backpressure() throws {
        let api = try APIFixture()
        // It notes when it has written all: long after the first line was taken, as pipes hold far less.
        let result = try api.run(
            #"""
            local count, early, ordered = 0, nil, true
            process.run({ "sh", "-c", "seq 1 600000; echo >end" }, {
              cwd = ".",
              stdout = function(line)
                count = count + 1
                ordered = ordered and line == tostring(count)
                if count == 1 then time.sleep(0.5) early = fs.stat("end") == nil end
              end,
            })
            return { count, early, ordered, fs.stat("end") ~= nil }
            """#)
        #expect(result == [600_000, true, true, true])
    }

    @Test("Empty lines are lines, and beside one another in parallel") func emptyLines() throws {
        let api = try APIFixture()
        let result = try api.run(
            #"""
            local from = time.steady()
            local counts = parallel({ 1, 2, 3 }, function(number)
              local count = 0
              process.run({ "sh", "-c", "head -c " .. number .. "000 /dev/zero | tr '\\0' '\\n'; sleep 1; echo end" }, {
                stdout = function(line) if line == "" then count = count + 1 end end,
              })
              return count
            end)
            return { counts, time.steady() - from < 2.5 }
            """#)
        #expect(result == [[1000, 2000, 3000], true])
    }

    @Test("What its function raises ends the program, and so does the timeout") func endings() throws {
        let api = try APIFixture()
        let raised = try api.run(
            #"""
            local from, pid = time.steady(), nil
            local good, problem = pcall(process.run, { "sh", "-c", "echo $$; exec sleep 60" }, {
              stdout = function(line) pid = line; error("enough", 0) end,
            })
            local alive = pcall(process.run, { "sh", "-c", "kill -0 " .. pid })
            return { good, problem, time.steady() - from < 30, alive }
            """#)
        #expect(raised == [false, "enough", true, false])
        let late = try api.failure(
            #"process.run({ "sh", "-c", "echo x; exec sleep 60" }, { timeout = 0.3, stdout = function() end })"#)
        #expect(late.code == "ETIMEDOUT")
        let failed = try api.failure(
            #"process.run({ "sh", "-c", "echo why >&2; exit 4" }, { stdout = function() end })"#)
        #expect(failed.code == "EEXIT" && failed.message.contains("exit code 4: why"))
    }

    @Test("In a dry run the function gets the lines of dry, or of what changes nothing") func dryLines() throws {
        let api = try APIFixture()
        api.isDry = true
        let result = try api.run(
            #"""
            local function lines(options)
              local seen = {}
              options.stdout = function(line) seen[#seen + 1] = line end
              process.run({ "sh", "-c", "echo real" }, options)
              return table.concat(seen, ",")
            end
            return { lines { reads_only = true }, lines { dry = "a\n\nb\n" }, lines { dry = { stdout = "c" } }, lines {} }
            """#)
        #expect(result == ["real", "a,,b", "c", ""])
        #expect(api.planned?.plan.steps.map(\.effect) == ["run", "run", "run"])
    }

    @Test("Processes are the host's to find and to signal") func signal() throws {
        let api = try APIFixture()
        api.services.answers[.signalProcesses] = 2
        #expect(try api.run(#"return process.signal({ name = "nginx" }, "SIGHUP")"#) == 2)
        #expect(api.services.requests.last?.arguments == ["name": "nginx", "signal": "HUP"])
        #expect(try api.failure(#"process.signal({}, "HUP")"#).code == "EARGUMENT")
    }
}
