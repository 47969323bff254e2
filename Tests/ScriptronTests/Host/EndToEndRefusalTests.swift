import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: what a job did not declare is refused", .timeLimit(.minutes(15)))
struct EndToEndRefusalTests {
    /// What a script does, and what the refusal must say.
    static let calls: [String: (body: String, says: String)] = [
        "shadow": ("fs.read(\"/etc/shadow\")", "read = { \"/etc/shadow\" }"),
        "outside": ("fs.write(\"/opt/scriptron-test\", \"x\")", "write = { \"/opt\" }"),
        "mode": ("fs.chmod(\"/etc/passwd\", 511)", "write = { \"/etc\" }"),
        "program": ("process.run({ \"id\" })", "run = { \"id\" }"),
        "server": ("net.tcp(\"127.0.0.1\", 9)", "connect = { \"127.0.0.1:9\" }"),
    ]

    /// What a granted shell tries; none of them may succeed.
    static let programs = [
        "cat /etc/shadow", "echo x > /etc/scriptron-test", "chmod 777 /etc/passwd", "touch /etc/passwd", "id",
        "chown nobody /etc/hostname", "mkdir /opt/scriptron-test", "rm /etc/hostname", "ln -s / /etc/scriptron-test",
    ]

    /// Users that the jobs run as; nil: the host's own.
    static var users: [String?] { getuid() == 0 ? [nil, "nobody"] : [nil] }

    @Test(arguments: users)
    func `A refusal names the line that would allow it, and the record lists it`(user: String?) async throws {
        var jobs: [String: String] = [:]
        for (name, call) in Self.calls {
            jobs[name] = """
                return job {
                  needs = function() return { read = { "/etc/hostname" }, run = { "true" } } end,
                  run = function() \(call.body) end,
                }
                """
        }
        let tries = Self.programs.map { "[==[\($0)]==]" }.joined(separator: ", ")
        jobs["programs"] = """
            return job {
              needs = function()
                return { run = { "sh", "cat", "chmod", "touch", "chown", "mkdir", "rm", "ln" }, read = { "/etc/hostname" } }
              end,
              run = function()
                local codes, every = {}, {}
                for code = 0, 255 do every[code + 1] = code end
                for _, text in ipairs { \(tries) } do
                  codes[text] = process.run({ "sh", "-c", text }, { expect = every }).code
                end
                return codes
              end,
            }
            """
        jobs["raises"] = """
            return job {
              needs = function() return { run = { "sh", "cat" } } end,
              run = function() process.run({ "sh", "-c", "cat /etc/shadow" }) end,
            }
            """
        let words = user.map { user in jobs.keys.map { "\($0) = { user = \"\(user)\" }" }.joined(separator: ", ") }
        let host = try EndToEndHost("return { jobs = { \(words ?? "") } }", jobs: jobs)
        // Programs start in the configuration's folder, which their user must reach.
        host.mode(".", 0o755)
        try await host.start()
        for (name, call) in Self.calls {
            let row = try await host.run(name)
            #expect(row["outcome"]?.text == "failed", "\(name)")
            #expect(row["error"]?.text?.contains(call.says) == true, "\(name): \(row["error"]?.text ?? "")")
            #expect(row["user"]?.text == user ?? Users.ownName)
            let details = try await host.command("show", "--json", "\(row["id"]?.integer ?? 0)").rows.first
            let refusals = details?["refusals"]?.list?.compactMap(\.text) ?? []
            #expect(refusals.contains { $0.contains(call.says) }, "\(name): \(refusals)")
        }
        let codes = try await host.run("programs")["result"]?.map ?? [:]
        #expect(codes.count == Self.programs.count)
        for (text, code) in codes { #expect(code.integer != 0, "\(text) succeeded") }
        let raised = try await host.run("raises")
        #expect(raised["outcome"]?.text == "failed")
        #expect(
            raised["error"]?.text?.contains("sh ended with exit code 1: cat: /etc/shadow: Permission denied") == true)
        try await host.stop()
    }

    @Test func `A program that is kept from starting another one has the missing entry named`() async throws {
        let host = try EndToEndHost(jobs: [
            "starts": """
            return job {
              needs = function() return { run = { "sh", "tar" }, read = { "jobs" } } end,
              run = function()
                local said = {}
                for index, text in ipairs { "id", "/usr/bin/id", "exec id", "cat /etc/shadow", "tar -c -I od jobs" } do
                  local ok, problem = pcall(process.run, { "sh", "-c", text })
                  said[index] = ok and "ok" or problem.cure or "none"
                end
                return said
              end,
            }
            """
        ])
        let row = try await host.run("starts")
        let said = row["result"]?.list?.compactMap(\.text) ?? []
        let id = #"it may not start id: add it to the job's needs: run = { "id" }"#
        #expect(
            said == [
                id, id.replacing(" id:", with: " /usr/bin/id:").replacing("\"id\"", with: "\"/usr/bin/id\""), id,
                #"it may not start cat: add it to the job's needs: run = { "cat" }"#,
                #"it may not start od: add it to the job's needs: run = { "od" }"#,
            ], "\(row)")
    }
}
