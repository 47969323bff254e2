import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: no path leads out of the grant", .timeLimit(.minutes(15)))
struct EndToEndPathTests {
    /// What a script tries, and the code of its error (or `ok`).
    static let attempts: [(body: String, code: String)] = [
        // Texts.
        ("fs.read('../../../../../../etc/shadow')", "EGRANT"), ("fs.read('/etc/shadow')", "EGRANT"),
        ("fs.read('box/../../../../../etc/shadow')", "EGRANT"), ("fs.read('//etc//shadow')", "EGRANT"),
        ("fs.read('/./etc/./shadow/')", "EGRANT"), ("fs.read('box/file\\0')", "EINVAL"), ("fs.read('')", "EINVAL"),
        ("fs.read('box/' .. ('x'):rep(5000))", "ENAMETOOLONG"), ("fs.read('box/' .. ('x'):rep(256))", "ENAMETOOLONG"),
        ("fs.read(('./'):rep(3000) .. 'box/file')", "ENAMETOOLONG"), ("fs.read('box//./file/')", "ok"),
        ("fs.read('box/nothing/../file')", "ok"),
        // Links.
        ("fs.symlink('/etc/shadow', 'box/link') fs.read('box/link')", "EACCES"),
        ("fs.append('box/link', 'x')", "ELOOP"), ("fs.write('box/link', 'x')", "ELOOP"),
        ("fs.truncate('box/link', 0)", "ELOOP"), ("fs.chmod('box/link', '0777')", "ELOOP"),
        ("fs.copy('box/link', 'box/copy')", "EACCES"), ("fs.lines('box/link')", "EACCES"),
        ("process.run({ 'cat' }, { stdin = { file = 'box/link' } })", "EACCES"),
        ("process.run({ 'cat' }, { stdout = { file = 'box/link' } })", "ELOOP"),
        ("fs.symlink('/etc', 'box/etc') fs.read('box/etc/shadow')", "EACCES"),
        ("fs.write('box/etc/scriptron-test', 'x')", "DENIED"), ("fs.mkdir('box/etc/scriptron-test')", "DENIED"),
        ("fs.list('box/etc')", "EACCES"), ("fs.remove('box/etc/hostname')", "DENIED"),
        ("fs.chmod('box/etc/hostname', '0777')", "DENIED"),
        ("fs.link('/etc/hostname', 'box/hard')", "EGRANT"), ("fs.link('box/etc/hostname', 'box/hard')", "DENIED"),
        ("fs.rename('box', 'elsewhere')", "EGRANT"), ("fs.rename('box/etc/hostname', 'box/stolen')", "DENIED"),
        // What is no regular file.
        ("process.run { 'mkfifo', 'box/fifo' } fs.read('box/fifo')", "ENOTREG"),
        ("fs.write('box/fifo', 'x')", "ENOTREG"),
        ("fs.append('box/fifo', 'x')", "ENOTREG"), ("fs.truncate('box/fifo', 0)", "ENOTREG"),
        ("fs.copy('box/fifo', 'box/copy')", "ENOTREG"),
        ("process.run({ 'cat' }, { stdin = { file = 'box/fifo' } })", "ENOTREG"), ("fs.read('box')", "EISDIR"),
        ("fs.read('/dev/zero')", "ENOTREG"), ("fs.copy('/dev/zero', 'box/copy')", "ENOTREG"),
        // What is the host's own.
        ("fs.write('jobs/paths.lua', 'x')", "EGRANT"), ("fs.write('scriptron.lua', 'x')", "EGRANT"),
        ("fs.write('/etc/crontab', 'x')", "EGRANT"), ("fs.write('/sys/fs/cgroup/cgroup.procs', '1')", "EGRANT"),
        ("fs.read('var/store/scriptron.db')", "EGRANT"), ("fs.write(BINARY, 'x')", "EGRANT"),
        // Programs.
        ("process.run { 'id' }", "EGRANT"), ("process.run { '/usr/bin/id' }", "EGRANT"),
        ("process.run { 'box/tool' }", "EGRANT"), ("process.run { './cat' }", "EGRANT"),
        ("fs.symlink('/usr/bin/id', 'box/cat') process.run { 'box/cat' }", "EGRANT"),
        ("process.run({ 'cat', 'box/file' }, { env = { PATH = 'box' } })", "ok"),
    ]

    @Test(arguments: EndToEndRefusalTests.users)
    func `Every way out by a path ends in an error, and nothing hangs (attacks 48, 49, 51, 52, 53, 55, 59)`(
        user: String?
    ) async throws {
        let bodies = Self.attempts.map { "function() \($0.body.replacing("BINARY", with: "'\(TestBinary.path)'")) end" }
        let job = """
            return job {
              timeout = "60s",
              needs = function()
                return { write = { "box" }, read = { "/dev/zero" }, run = { "cat", "mkfifo" } }
              end,
              run = function()
                local codes = {}
                for index, body in ipairs { \(bodies.joined(separator: ",\n")) } do
                  local ok, problem = pcall(body)
                  codes[index] = ok and "ok" or type(problem) == "table" and problem.code or tostring(problem)
                end
                return codes
              end,
            }
            """
        let words = user.map { "paths = { user = \"\($0)\" }" } ?? ""
        let host = try EndToEndHost("return { jobs = { \(words) } }", jobs: ["paths": job])
        try Directories.create(host.at("box"), mode: 0o777)
        host.mode(".", 0o755)
        host.mode("box", 0o777)
        try host.write("box/file", "inside")
        let row = try await host.run("paths")
        #expect(row["outcome"]?.text == "succeeded", "\(row["error"]?.text ?? "")")
        let codes = row["result"]?.list?.compactMap(\.text) ?? []
        #expect(codes.count == Self.attempts.count)
        for (attempt, code) in zip(Self.attempts, codes) {
            let denied = ["EACCES", "EPERM", "EROFS", "EXDEV"].contains(code)
            #expect(attempt.code == "DENIED" ? denied : code == attempt.code, "\(attempt.body): \(code)")
        }
    }

    @Test(arguments: EndToEndRefusalTests.users)
    func `A link that is swapped in and out while a file is read never leads outside (attack 50)`(user: String?)
        async throws
    {
        let job = """
            return job {
              timeout = "60s",
              needs = function() return { write = { "box" } } end,
              run = function()
                local seen = {}
                for _ = 1, 2000 do
                  local ok, text = pcall(fs.read, "box/x")
                  local what = ok and text or type(text) == "table" and text.code or tostring(text)
                  seen[what] = (seen[what] or 0) + 1
                end
                return seen
              end,
            }
            """
        let words = user.map { "race = { user = \"\($0)\" }" } ?? ""
        let host = try EndToEndHost("return { jobs = { \(words) } }", jobs: ["race": job])
        try Directories.create(host.at("box"), mode: 0o777)
        host.mode(".", 0o755)
        host.mode("box", 0o777)
        try host.write("box/x", "inside")
        try host.write("go", "")
        // The secret can be read by anybody, so that only the sandbox stands before it.
        try host.write("secret", "outside")
        let swap =
            "cd \(host.at("box").text); while [ -e ../go ]; do "
            + "ln -s ../secret l; mv -T l x; printf inside >f; mv -T f x; done"
        async let swapping = host.shell("sh -c '\(swap)'")
        let row = try await host.run("race")
        host.remove("go")
        _ = try await swapping
        let seen = row["result"]?.map ?? [:]
        #expect(Set(seen.keys).isSubset(of: ["inside", "EACCES", "", "ENOENT"]), "\(row)")
        #expect(seen["inside"] != nil)
    }

    @Test
    func `The kernel's log and other endless files are an error or nothing, and no run hangs by them (attack 53)`()
        async throws
    {
        let paths = ["/proc/kmsg", "/dev/kmsg", "/proc/self/mem", "/dev/random", "/dev/tty"]
        var jobs: [String: String] = [:]
        for (index, path) in paths.enumerated() {
            jobs["endless\(index)"] = """
                return job {
                  timeout = "20s",
                  needs = function() return { read = { "\(path)" } } end,
                  run = function() return #fs.read("\(path)") end,
                }
                """
        }
        let host = try EndToEndHost(jobs: jobs)
        for index in paths.indices {
            let answer = try await host.command("run", "--json", "endless\(index)")
            #expect(answer.code != 0, "\(paths[index]): \(answer.text)")
            #expect(!answer.text.contains("timed_out"), "\(paths[index]): \(answer.text)")
        }
    }
}
