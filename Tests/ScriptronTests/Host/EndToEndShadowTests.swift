import Glibc
import Testing

@testable import Scriptron

@Suite("Dry runs in the shadow") struct EndToEndShadowTests {
    /// Whether this machine makes overlays for its root.
    static let isPossible = Users.isRoot && Namespaces.canMakeMountNamespaces()

    private func host(_ body: String, needs: String = "write = 'data', run = { 'sh' }") throws -> EndToEndHost {
        let host = try EndToEndHost(jobs: [
            "work": """
            return job {
              needs = function() return { \(needs) } end,
              run = function(settings, this)
                \(body)
              end,
            }
            """
        ])
        for name in ["data", "data/tree"] { try host.directory(name) }
        try host.write("data/kept", "kept\n")
        try host.write("data/old", "one\ntwo\n")
        try host.write("data/moved", "moved\n")
        try host.write("data/tree/leaf", "leaf\n")
        return host
    }

    /// All files below the host's directory, but what the store of a host that does not run gets laid beside it.
    private func tree(_ host: EndToEndHost) throws -> [String] {
        var lines: [String] = []
        let walker = try TreeWalker(Directory(host.at(".").normalized), at: host.at(".").normalized)
        while let step = walker.next() {
            guard case .entry(let path, let status, _) = step else { continue }
            let content = status.kind == .file ? try Files.readSmall(path, max: 64 << 20) : []
            lines.append(
                "\(path) \(status.kind) \(status.mode) \(status.uid) \(status.links) \(status.modified) "
                    + "\(status.changed) \(content)")
        }
        return lines.sorted()
    }

    @Test("What a program does is the plan, and nothing of it is so afterwards", .enabled(if: isPossible))
    func program() async throws {
        let host = try host(
            """
            process.run { "sh", "-c", "cd data && echo three >>old && rm kept && mv moved elsewhere && rm -r tree && \\
              mkdir new && echo new >new/file && chmod 600 new/file && ln -s file new/link" }
            fs.write("data/by-the-script", "text\\n")
            log.info("done")
            return { there = fs.read("data/new/file") }
            """, needs: "write = 'data', run = { 'sh', 'rm', 'mv', 'mkdir', 'chmod', 'ln' }")
        let before = try tree(host)
        let answer = try await host.command("test", "work", "--shadow", "--json")
        #expect(answer.code == 0, "\(answer.text)")
        let report = try #require(answer.rows.first, "\(answer.text)")
        #expect(report["outcome"]?.text == "succeeded", "\(answer.text)")
        #expect(report["result"]?["there"]?.text == "new\n")
        #expect(report["log"]?.list?.contains { $0["message"]?.text == "done" } == true)
        let steps = Set(
            (report["plan"]?.list ?? []).map { step in
                let path = (step["path"]?.text ?? step["from"]?.text ?? "").split(separator: "/data/").last ?? ""
                return "\(step["effect"]?.text ?? "") \(path)"
            })
        #expect(
            steps == [
                "write old", "remove kept", "rename moved", "remove tree tree", "mkdir new", "write new/file",
                "symlink new/link", "write by-the-script",
            ], "\(answer.text)")
        let old = report["plan"]?.list?.first { $0["path"]?.text?.hasSuffix("/old") == true }
        #expect(old?["diff"]?.text?.contains("+three") == true)
        #expect(try tree(host) == before)
        let text = try await host.command("test", "work", "--shadow").output
        #expect(text.contains("it really ran"), "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text)")
        #expect(try tree(host) == before)
    }

    @Test("Hard links that are made are told as such, those to a file that was there too", .enabled(if: isPossible))
    func hardLinks() async throws {
        let host = try host(
            "process.run { 'sh', '-c', 'cd data && echo new >one && ln one two && ln kept three' }",
            needs: "write = 'data', run = { 'sh', 'ln' }")
        let before = try tree(host)
        let answer = try await host.command("test", "work", "--shadow", "--json")
        let report = try #require(answer.rows.first, "\(answer.text)")
        let steps = (report["plan"]?.list ?? []).map { step in
            let names = ["path", "from", "to"].compactMap { step[$0]?.text?.split(separator: "/").last }
            return "\(step["effect"]?.text ?? "") \(names.joined(separator: " "))"
        }
        #expect(steps == ["write one", "link kept three", "link one two"], "\(answer.text)")
        #expect(try tree(host) == before)
    }

    @Test("A program that tries reaches nothing outside", .enabled(if: isPossible)) func hostile() async throws {
        let listener = try CountingListener()
        let victim = try ProcessHandle(pid: getpid())
        let body = """
            process.run({ "bash", "-c", [[
              kill -9 \(getpid()); kill -9 -1
              rm -rf data/* /tmp/scriptron-* ; echo gone >data/kept
              mount -t tmpfs tmpfs data; umount /; echo 1 >/proc/sys/kernel/panic
              exec 3<>/dev/tcp/127.0.0.1/\(listener.port) && echo hello >&3
              exit 0
            ]] }, { expect = { 0, 1 } })
            """
        let host = try host(
            body,
            needs:
                "write = 'data', run = { 'bash', 'rm', 'mount', 'umount' }, connect = { '127.0.0.1:\(listener.port)' }")
        let before = try tree(host)
        let answer = try await host.command("test", "work", "--shadow", "--json")
        #expect(answer.rows.count == 1, "\(answer.text)")
        #expect(try tree(host) == before)
        #expect(listener.take() == 0)
        #expect(!victim.waitForEnd(seconds: 0))
    }

    @Test("What it may change is bounded", .enabled(if: isPossible)) func bounded() async throws {
        let host = try host(
            "process.run({ 'sh', '-c', 'head -c 8000000 /dev/zero >data/large' })",
            needs: "write = 'data', run = { 'sh', 'head' }")
        let answer = try await host.command("test", "work", "--shadow", "--shadow-size", "4MiB")
        #expect(answer.code == 1, "\(answer.text)")
        #expect(answer.text.contains("4.0 MiB"), "\(answer.text)")
    }

    @Test("What the run left in its store is told", .enabled(if: isPossible)) func record() async throws {
        let host = try host(
            """
            state.set("seen", { count = 1 })
            alert.check("disk", true, { summary = "it is full", severity = "critical" })
            metrics.gauge("used", 42)
            """, needs: "write = 'data'")
        let answer = try await host.command("test", "work", "--shadow", "--json")
        let report = try #require(answer.rows.first, "\(answer.text)")
        let steps = report["plan"]?.list ?? []
        #expect(steps.map { $0["effect"]?.text } == ["set state"], "\(answer.text)")
        #expect(steps.first?["key"] == "seen" && steps.first?["value"]?["count"] == 1, "\(answer.text)")
        let alert = report["alerts"]?.list?.first
        #expect(alert?["key"] == "disk" && alert?["state"] == "firing" && alert?["severity"] == "critical")
        #expect(report["metrics"]?.list?.map { $0["name"]?.text } == ["used"], "\(answer.text)")
        #expect(report["metrics"]?.list?.first?["value"]?.double == 42, "\(answer.text)")
    }

    @Test("Another job's configuration, settings of a file and a fire time go with it", .enabled(if: isPossible))
    func terms() async throws {
        let text = """
            return job {
              settings = { name = option.string "unnamed", size = option.number(1) },
              needs = function() return { write = "data" } end,
              run = function(settings, this)
                fs.write("data/" .. settings.name, ("x"):rep(settings.size // 1))
                return { at = this.fire_time, job = this.job }
              end,
            }
            """
        let host = try EndToEndHost(jobs: ["work": text])
        try host.directory("data")
        try host.write("other.lua", text)
        try host.write("given.json", #"{ "name": "given", "size": 7 }"#)
        let answer = try await host.command(
            "test", host.at("other.lua").text, "--as", "work", "--settings", host.at("given.json").text, "--set",
            "size=3", "--at", "2030-01-02T03:04:05Z", "--shadow", "--json")
        let report = try #require(answer.rows.first, "\(answer.text)")
        let step = report["plan"]?.list?.first
        #expect(step?["path"]?.text?.hasSuffix("/data/given") == true && step?["bytes"] == 3, "\(answer.text)")
        #expect(report["result"]?["at"]?.double == 1_893_553_445, "\(answer.text)")
        #expect(report["result"]?["job"] == "work", "\(answer.text)")
        #expect(report["shadow"]?["notes"]?.list?.contains { $0.text?.hasPrefix("--at is the fire") == true } == true)
    }

    /// Whether the kernel lets somebody without rights mount an overlay in namespaces of his own.
    private func kernelMakesOverlays(_ directory: Path) throws -> Bool {
        for name in ["lower", "upper", "work", "merged"] {
            try Directories.create(directory.appending(name), mode: 0o755)
            if Users.isRoot { _ = directory.appending(name).withCString { chown($0, 65534, 65534) } }
        }
        let options = "lowerdir=lower,upperdir=upper,workdir=work,userxattr"
        let mount = "cd '\(directory)' && mount -t overlay overlay -o \(options) merged && echo made"
        let prefix = Users.isRoot ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : []
        let ran = try RanProgram.run("/usr/bin/env", prefix + ["unshare", "-Urm", "sh", "-c", mount])
        return ran.lines.last == "made"
    }

    @Test("Without root it says why there is none: the kernel makes no overlay, or hides whose the files are")
    func unprivileged() async throws {
        let prefix = Users.isRoot ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : ""
        let host = try EndToEndHost(
            jobs: [
                "work": """
                return job {
                  needs = function() return { write = "data" } end,
                  run = function() fs.write("data/made", "text\\n") end,
                }
                """
            ], as: prefix)
        for name in ["data", "var"] { try host.directory(name) }
        for name in [".", "data", "var", "jobs", "jobs/lib"] {
            host.mode(name, 0o755)
            if Users.isRoot { _ = host.at(name).withCString { chown($0, 65534, 65534) } }
        }
        for name in ["jobs/work.lua", "scriptron.lua"] {
            host.mode(name, 0o644)
            if Users.isRoot { _ = host.at(name).withCString { chown($0, 65534, 65534) } }
        }
        let answer = try await host.command("test", "work", "--shadow", "--json")
        let scratch = try TemporaryDirectory()
        _ = scratch.path.withCString { chmod($0, 0o755) }
        if Users.isRoot { _ = scratch.path.withCString { chown($0, 65534, 65534) } }
        let why =
            try kernelMakesOverlays(scratch.path)
            ? "there is no shadow: without root it cannot tell whose the files are" : "there is no shadow: the kernel "
        #expect(answer.code == 1 && answer.text.contains(why), "\(answer.text)")
        #expect(try FileStatus.of(host.at("data/made"), follow: false) == nil)
    }
}
