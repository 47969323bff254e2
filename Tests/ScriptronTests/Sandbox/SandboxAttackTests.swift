import Glibc
import Testing

@testable import Scriptron

/// Attacks by native code, past every check of the API: in the worker itself, and in a program that it was granted.
@Suite("Attacks on the sandbox", .enabled(if: getuid() == 0, "needs root"))
struct SandboxAttackTests {
    private let arena: Arena

    init() throws { arena = try Arena() }

    /// Every answer that means no.
    private static let refused: Set<String> = [
        "EPERM", "EACCES", "EROFS", "EXDEV", "ENOSYS", "ENOENT", "EBUSY", "ESRCH", "ENODEV",
    ]

    /// Attempts on files outside the grant: contents, names, metadata.
    private static let onFiles = [
        "open s:/etc/shadow 0", "open s:OUT/file 0", "open s:OUT/file 1", "open s:OUT/file 01000",
        "open s:OUT/new 0102 0644", "open s:OUT 020200002 0600", "creat s:OUT/new 0644", "truncate s:OUT/file 0",
        "unlink s:OUT/file", "mkdir s:OUT/new 0755", "rmdir s:OUT", "mknod s:OUT/fifo 010644 0",
        "symlink s:x s:OUT/link", "link s:OUT/file s:IN/stolen", "link s:IN/file s:OUT/given",
        "rename s:OUT/file s:IN/stolen", "rename s:IN/file s:OUT/given", "renameat2 -100 s:OUT/file -100 s:IN/file 2",
        "chmod s:OUT/file 0777", "chmod s:/etc/shadow 0644", "fchmodat -100 s:OUT/file 0777",
        "fchmodat2 -100 s:OUT/file 0777 0", "chown s:OUT/file 0 0", "lchown s:OUT/file 0 0",
        "fchownat -100 s:OUT/file 0 0 0", "utime s:OUT/file 0", "utimes s:OUT/file 0",
        "utimensat -100 s:OUT/file 0 0", "setxattr s:OUT/file s:user.a s:b 1 0",
        "lsetxattr s:OUT/file s:user.a s:b 1 0",
        "removexattr s:OUT/file s:user.a", "open s:/proc/self/mem 2", "open s:/proc/1/environ 0",
        "open s:/proc/1/root/etc/shadow 0", "open s:/proc/self/maps 0", "open s:/sys/kernel/mm 0", "open s:/dev/mem 0",
        "open s:/dev/kmsg 0", "open s:/dev/shm/x 0102 0600",
        "symlink s:/etc/shadow s:IN/out then open s:IN/out 0", "open_by_handle_at -100 x:00 0",
        "name_to_handle_at -100 s:OUT/file x:00 x:00 0", "acct s:IN/file", "swapon s:IN/file 0",
    ]

    /// Attempts on other processes, the kernel and the network.
    private static let onTheMachine = [
        "ptrace 16 1 0 0", "process_vm_readv 1 x:00 0 x:00 0 0", "process_vm_writev 1 x:00 0 x:00 0 0",
        "pidfd_open 1 0 then pidfd_getfd $0 0 0", "kcmp 1 1 0 0 0", "prlimit64 1 7 0 0", "sched_setaffinity 1 8 x:01",
        "setpriority 0 1 19", "setpriority 2 0 19", "kill 1 0", "tgkill 1 1 0",
        "pidfd_open 1 0 then pidfd_send_signal $0 0 0 0",
        "clone 0x8011 0 0 0 0", "unshare 0x10000000", "unshare 0x20000", "setns 0 0", "clone 0x10000011 0 0 0 0",
        "clone 0x20000011 0 0 0 0",
        "clone3 x:00 88", "openat2 -100 s:IN/file x:00 24", "mount s:none s:IN s:tmpfs 0 0", "umount2 s:/ 2",
        "pivot_root s:IN s:IN", "chroot s:IN", "open_tree -100 s:/ 1", "move_mount -100 s:IN -100 s:IN 0",
        "fsopen s:tmpfs 0",
        "mount_setattr -100 s:/ 0x8000 x:00 32", "bpf 0 x:00 0", "perf_event_open x:00 0 -1 -1 0",
        "io_uring_setup 1 x:00",
        "userfaultfd 1", "inotify_init", "inotify_init1 0", "keyctl 0 0 0", "add_key s:user s:a s:b 1 -1",
        "request_key s:user s:a 0 0",
        "init_module x:00 0 s:",
        "finit_module 0 s: 0", "kexec_load 0 0 0 0", "reboot 0xfee1dead 672274793 0 0", "syslog 2 x:00 1",
        "sethostname s:a 1", "settimeofday x:00 0", "clock_settime 0 x:00", "personality 0x0400000",
        "ioctl 0 0x5412 s:a",
        "ioctl 0 0x100005412 s:a", "ioctl 0 0x541C s:a", "shmget 0 4096 01600", "msgget 0 01600", "semget 0 1 01600",
        "mq_open s:/x 0102 0600 0", "socket 1 1 0", "socket 1 2 0", "socket 16 3 0", "socket 17 3 0", "socket 40 1 0",
        "socket 2 2 0", "socket 2 3 1", "socket 38 5 0", "socket 0x100000001 1 0",
        "socketpair 1 2 0 x:0000000000000000",
        "socketpair 2 1 0 x:0000000000000000", "setresuid 0 0 1 then setresuid 1 1 1", "470", "500 s:/etc/shadow",
    ]

    /// Which attempts got through, each with its answers.
    private func through(_ attempts: [String], _ run: (String) throws -> [String]) rethrows -> [String] {
        // One process for all of them: each attempt must be refused at its last step.
        var found: [String] = []
        let lines = try run(attempts.joined(separator: " then "))
        var rest = lines[...]
        for attempt in attempts {
            let steps = attempt.split(separator: " ").filter { $0 == "then" }.count + 1
            let answers = rest.prefix(steps)
            rest = rest.dropFirst(steps)
            if answers.count < steps || !Self.refused.contains(answers.last ?? "") {
                found.append("\(attempt) → \(answers.joined(separator: " "))")
            }
        }
        return found
    }

    /// Steps name each other by their place in one attempt; in a row of attempts they are counted on.
    private func numbered(_ attempts: [String]) -> [String] {
        var start = 0
        return attempts.map { attempt in
            let words = attempt.split(separator: " ").map { word in
                word.first == "$" ? "$\(start + (Int(word.dropFirst()) ?? 0))" : String(word)
            }
            start += words.filter { $0 == "then" }.count + 1
            return words.joined(separator: " ")
        }
    }

    @Test(
        "Native code in the worker reaches no file outside the grant (attacks 51, 54, 56, 57)",
        arguments: Standing.allCases, [7, 2])
    func filesFromWorker(standing: Standing, abi: Int) throws {
        let found = try through(numbered(Self.onFiles)) {
            try arena.attack(standing, ["--abi", "\(abi)"], $0)
        }
        #expect(found.isEmpty, "\(found)")
    }

    @Test(
        "Native code in the worker reaches nothing of the machine (attacks 73, 78, 79)", arguments: Standing.allCases,
        [7, 2])
    func machineFromWorker(standing: Standing, abi: Int) throws {
        let attempts =
            Self.onTheMachine + [
                "execve s:/bin/true 0 0", "execveat -100 s:/bin/true 0 0 0", "fork", "vfork",
                "clone 17 0 0 0 0", "memfd_create s:x 0", "socket 2 1 0", "socket 10 1 0",
                "socketpair 1 1 0 x:0000000000000000",
            ]
        // Where Landlock keeps no signals inside, only the worker of a root host has a PID namespace.
        let pids = abi < 6 && standing != .plain ? ["--pids"] : []
        let inside = pids.isEmpty ? attempts : attempts.filter { !$0.contains("kill 1") && !$0.contains("pidfd_") }
        let found = try through(numbered(inside)) { try arena.attack(standing, ["--abi", "\(abi)"] + pids, $0) }
        #expect(found.isEmpty, "\(found)")
    }

    /// The attacking program where every user can read it.
    private func program() throws -> String {
        let copy = arena.directory.path.appending("attack")
        let bytes = try Files.readSmall(try RanProgram.own("sandbox-attack"), max: 64 << 20)
        try StateFiles.open(copy, .write).write(bytes)
        chmod(copy.text, 0o755)
        return copy.text
    }

    /// The directory of Swift's libraries, which the attacking program may be linked with, as the probe's option.
    private func libraries() throws -> [String] {
        let maps = String(decoding: try Files.readSmall("/proc/self/maps", max: 16 << 20), as: UTF8.self)
        let line = maps.split(separator: "\n").first { $0.hasSuffix("/libswiftCore.so") }
        guard let path = line?.split(separator: " ").last else { return [] }
        return ["--read", Path(String(path)).parent.text]
    }

    @Test("A granted program reaches no file outside the grant (attacks 51, 54, 57, 65)", arguments: Standing.allCases)
    func filesFromProgram(standing: Standing) throws {
        let program = try program()
        let found = try through(numbered(Self.onFiles)) { calls in
            let words = calls.split(separator: " ").map(String.init)
            return try arena.execute(standing, ["--run", program] + libraries(), [program] + words).lines
        }
        #expect(found.isEmpty, "\(found)")
    }

    @Test("A granted program reaches nothing of the machine (attacks 73, 78, 79)", arguments: Standing.allCases)
    func machineFromProgram(standing: Standing) throws {
        let program = try program()
        let attempts = Self.onTheMachine + ["execve s:/bin/true 0 0", "socket 2 1 0"]
        let found = try through(numbered(attempts)) { calls in
            let words = calls.split(separator: " ").map(String.init)
            return try arena.execute(standing, ["--run", program] + libraries(), [program] + words).lines
        }
        #expect(found.isEmpty, "\(found)")
    }

    @Test("A signal to all reaches nobody outside (attack 78)", arguments: Standing.allCases)
    func signalToAll(standing: Standing) throws {
        // It stands still, and SIGCONT alone could change that, which harms nobody else.
        let user = standing == .root ? "" : "setpriv --reuid 65534 --regid 65534 --clear-groups "
        let started = try RanProgram.run("/bin/sh", ["-c", "\(user)sleep 1000 >/dev/null 2>&1 & echo $!"])
        let outside = try #require(started.lines.first.flatMap { Int32($0) })
        defer { kill(outside, SIGKILL) }
        kill(outside, SIGSTOP)
        let deadline = Monotonic.now + 30
        while ProcessDescendants.state(of: outside) != "T", Monotonic.now < deadline { usleep(1000) }
        // The kernel's answer is 0 wherever there was anybody at all, reached or not.
        _ = try arena.attack(
            standing, [], "kill -1 18 then kill 0 18 then kill -\(getpgrp()) 18 then kill \(outside) 18")
        let program = try program()
        _ = try arena.execute(
            standing, ["--run", program] + libraries(),
            [program, "kill", "-1", "18", "then", "kill", "\(outside)", "18"])
        #expect(ProcessDescendants.state(of: outside) == "T")
    }

    @Test("A shell that is granted runs, and runs no other program", arguments: Standing.allCases)
    func shell(standing: Standing) throws {
        let script = """
            echo started; echo inside > \(arena.granted)/by-shell && echo wrote
            cat /etc/hostname; read line < /etc/shadow && echo secret; echo x > \(arena.foreign)/x && echo outside
            kill -0 $PPID && echo signalled; (echo child); exit 0
            """
        let lines = try arena.execute(standing, ["--run", "sh"], ["/bin/sh", "-c", script]).lines
        #expect(lines.filter { !$0.contains(": ") } == ["started", "wrote", "child"], "\(lines)")
        #expect(lines.contains { $0.contains("cat: Permission denied") })
    }

    /// Attempts by the host API, where its checks let everything pass: at files outside, programs, sockets.
    private static let byAPI = [
        "fs.read('/etc/shadow')", "fs.read('OUT/file')", "fs.open('OUT/file', 'r')", "fs.list('OUT')",
        "fs.copy('OUT/file', 'IN/copy')", "fs.write('OUT/file', 'x')", "fs.write('OUT/new', 'x')",
        "fs.append('OUT/file', 'x')", "fs.truncate('OUT/file', 0)", "fs.open('OUT/new', 'w')",
        "fs.copy('IN/file', 'OUT/copy')", "fs.remove('OUT/file')", "fs.remove_tree('OUT/tree')",
        "fs.mkdir('OUT/new')", "fs.symlink('x', 'OUT/link')", "fs.link('OUT/file', 'IN/stolen')",
        "fs.link('IN/file', 'OUT/given')", "fs.rename('OUT/file', 'IN/stolen')",
        "fs.rename('IN/file', 'OUT/given')", "fs.chmod('OUT/file', '0777')", "fs.chmod('OUT/file', '04755')",
        "fs.chown('OUT/file', { uid = 65534, gid = 65534 })", "fs.touch('OUT/file')",
        "fs.touch('OUT/file', { mtime = 1 })",
        "fs.symlink('/etc/shadow', 'IN/way') fs.read('IN/way')",
        "fs.symlink('OUT', 'IN/aside') fs.write('IN/aside/x', 'x')",
        "fs.chmod('IN/aside/file', '0777')", "fs.read('/proc/1/environ')", "fs.write('/proc/self/mem', 'x')",
        "fs.read('/dev/mem')", "fs.write('/etc/crontab', 'x')", "fs.write('/sys/kernel/mm/x', 'x')",
        "process.run { '/bin/true' }", "process.run { 'OUT/tool' }", "net.tcp('127.0.0.1', 9)",
    ]

    @Test(
        "With the API's checks off the kernel alone refuses what was not granted (attacks 49, 51, 54, 55, 57, 59, 73)",
        arguments: Standing.allCases, [7, 2])
    func unchecked(standing: Standing, abi: Int) throws {
        try arena.directory.directory("out/tree", mode: 0o777)
        try arena.directory.file("out/tree/leaf", "x", mode: 0o666)
        let tool = try arena.directory.file("out/tool", "#!/bin/sh\n", mode: 0o755)
        let bodies = Self.byAPI.map { body in
            "function() "
                + body.replacing("OUT", with: arena.foreign.text).replacing("IN", with: arena.granted.text) + " end"
        }
        let script = """
            return job { run = function()
              local codes = {}
              for index, body in ipairs { \(bodies.joined(separator: ", ")) } do
                local ok, why = pcall(body)
                codes[index] = ok and "ok" or type(why) == "table" and why.code .. " " .. why.message or tostring(why)
              end
              -- What is granted still works: nothing else refuses here.
              codes[#codes + 1] = fs.write("\(arena.granted)/by-api", "x") and fs.read("\(arena.granted)/by-api")
              return codes
            end }
            """
        // Programs are refused by the filter where none is granted, and else by what may be executed.
        for options in [[], ["--run", "cat"]] {
            let lines = try arena.probe(
                standing, ["--abi", "\(abi)"] + options + ["--lua", script, "/bin/true", tool.text]
            )
            .lines
            #expect(lines.count == Self.byAPI.count + 1 && lines.last == "x", "\(lines)")
            for (body, line) in zip(Self.byAPI, lines) {
                let code = String(line.prefix { $0 != " " })
                // The socket's refusal is told in the words of a job's grant.
                let isTold = code == "EGRANT" && line.contains("the host refused to connect")
                #expect(Self.refused.contains(code) || isTold, "\(body): \(line)")
            }
            unlink(arena.granted.appending("way").text)
            unlink(arena.granted.appending("aside").text)
        }
        #expect(try Files.readSmall(arena.foreign.appending("file")) == Array("outside".utf8))
        #expect(try Set(Directory(arena.foreign).names()) == Set(["file", "tree", "tool"].map { Array($0.utf8) }))
        let status = try FileStatus.of(arena.foreign.appending("file"), follow: false)
        #expect(
            status.map { $0.mode & 0o7777 } == 0o666 && status?.uid == 65534 && status?.modified ?? 0 > 1_000_000_000)
    }

    @Test("A set-id program gains nothing (attack 64)") func setIDProgram() throws {
        let program = try program()
        chmod(program, 0o4755)
        // Root may be granted it, for whom it changes nothing; the kernel is asked all the same, as another user.
        let lines = try arena.execute(.user, ["--run", program] + libraries(), [program, "geteuid"]).lines
        #expect(lines == ["ok 65534"])
    }

    @Test("With connect only TCP sockets to the granted port are made", arguments: Standing.allCases)
    func connect(standing: Standing) throws {
        // 127.0.0.1, ports 9 and 10; nobody listens there.
        let granted = "x:020000097f0000010000000000000000"
        let other = "x:0200000a7f0000010000000000000000"
        let calls = """
            socket 2 1 0 then connect $0 \(granted) 16 then connect $0 \(other) 16 \
            then sendto $0 s:a 1 0x20000000 \(other) 16 then sendto $0 s:a 1 0x120000000 \(other) 16 \
            then socket 2 1 262 then socket 2 2 0 then socket 1 1 0 then socket 2 1 132 then bind $0 \(other) 16 \
            then setsockopt $0 6 30 x:01000000 4 then socket 10 0x80001 6
            """
        let lines = try arena.attack(standing, ["--port", "9"], calls)
        #expect(
            lines.map { $0.hasPrefix("ok") ? "ok" : $0 } == [
                "ok", "ECONNREFUSED", "EACCES", "EPERM", "EPERM", "EACCES", "EACCES", "EACCES", "EACCES", "EACCES",
                "EPERM", "ok",
            ])
    }

    @Test("In a PID namespace of its own a program finds its own processes alone") func privateProcesses() throws {
        let options = ["--pids", "--read", "/proc", "--run", "ls"]
        let names = try arena.execute(.user, options, ["/bin/ls", "/proc"]).lines
        #expect(names.compactMap { Int($0) } == [1])
        #expect(!names.contains("kcore") && !names.contains("sysrq-trigger"))
    }
}
