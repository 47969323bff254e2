import Testing

@testable import Scriptron

@Suite("What is said of a script that does not run") struct ScriptCheckTests {
    private static let root = Path(#filePath).parent.parent.parent.parent.parent

    /// `error 3:7 EUNKNOWN there is no fs.reed; did you mean fs.read?`
    private func findings(_ text: String, prepare: (inout ScriptCheck.Subject) -> Void = { _ in }) -> [String] {
        var subject = ScriptCheck.Subject(text: Array(text.utf8), isJob: true)
        prepare(&subject)
        return ScriptCheck.findings(subject).map { finding in
            "\(finding.level.rawValue) \(finding.position.line):\(finding.position.column) \(finding.code) "
                + finding.message + (finding.cure.map { "; " + $0 } ?? "")
        }
    }

    /// A job whose needs are the operator's, and whose `run` is this from line 2 on.
    private func body(_ text: String) -> [String] {
        findings(
            "return job { settings = { paths = 1 }, run = function(settings, this) local _ = settings.paths\n\(text)\nend }"
        ) {
            $0.needsAreOperators = true
            $0.libraries = ["retention", "clock"]
        }
    }

    @Test("The shipped jobs, their libraries, and the documents' jobs are clean") func clean() throws {
        var count = 0
        for folder in ["jobs", "jobs/lib"] {
            let directory = Self.root.appending(folder)
            for name in try StateFiles.names(in: directory) where name.suffix(4).elementsEqual(".lua".utf8) {
                // Specs are no jobs.
                if name.suffix(9).elementsEqual("_spec.lua".utf8) { continue }
                let text = String(decoding: try Files.readSmall(directory.appending(Path(bytes: name))), as: UTF8.self)
                let found = findings(text) { subject in
                    subject.isJob = folder == "jobs"
                    let names = (try? StateFiles.names(in: Self.root.appending("jobs/lib"))) ?? []
                    subject.libraries = names.map { String(decoding: $0.dropLast(4), as: UTF8.self) }
                    subject.companions = names.compactMap {
                        try? Files.readSmall(Self.root.appending("jobs/lib").appending(Path(bytes: $0)))
                    }
                }
                #expect(found == [], "\(folder)/\(String(decoding: name, as: UTF8.self))")
                count += 1
            }
        }
        #expect(count > 25)
        for file in ["docs/writing-jobs.md", "docs/coming-from.md", "docs/guide.md", "docs/settings.md", "README.md"] {
            let page = String(decoding: try Files.readSmall(Self.root.appending(file)), as: UTF8.self)
            for block in page.split(separator: "```lua\n").dropFirst() {
                let script = String(block.split(separator: "\n```").first ?? "")
                guard script.hasPrefix("return job {") || script.contains("\nreturn job {") else { continue }
                #expect(findings(script) == [], "\(file)")
                count += 1
            }
        }
        #expect(count > 33)
    }

    @Test("Every example of the reference is clean") func examples() {
        for function in Reference.all.functions {
            #expect(body(function.example).filter { !$0.hasPrefix("warning") } == [], "\(function.name)")
        }
    }

    /// What may be meant, and of which nothing is said.
    @Test(
        "Nothing is said of what may be right",
        arguments: [
            "local read = fs.read return read('a')", "local f = require 'clock' f.reed('a')",
            "local unpack = table.unpack or unpack return unpack {}", "if utf9 then utf9.len('x') end",
            "if string.trim then print(string.trim('x')) end", "local fs = { reed = print } fs.reed()",
            "local _ENV = { x = print } x(y)", "for _, e in ipairs(fs.list('.')) do print(e.name) end",
            "local options = { anything = 1 } return fs.read('a', options)", "return fs.read(table.unpack { 'a' })",
            "local function f(fs) fs.reed() end f({})", "local q = queue.open('x') q:push({ 1 }, { delay = '5m' })",
            "local db = sql.open('a.db') pcall(db.transaction, db, function() end) db.exec(db, 'x')",
            "pcall(fs.remove, 'a')", "local x <const> = fs return x.read('a')",
            "settings.made = 1 print(settings.made)",
            "alert.fire('x', { summary = 's', anything = 1 })", "local s = 'x' print(s:trim())",
            "process.run { 'ls', '-l' }", "local name = 'ls' process.run { name }",
            "process.run({ '/opt/my program' })",
            "time.sleep('5s') time.sleep(0.5)", "local r = require(settings.paths)", "this.warn('x') print(this.facts)",
            "local c = coroutine.wrap(function() end) c()", "local file <close> = fs.open('a') file:read(1)",
            "local m = fs m = {} m.reed()", "fs.write('a', nil)", "alert.check('a', nil, { summary = 'x' })",
            "local t = {} for e in fs.walk('a') do t[#t + 1] = e end", "print(('x'):rep(3), math.maxinteger // 1)",
            "local look = net.tls('a', 443) print(look.days_left)", "parallel({ 'a' }, fs.read)",
        ])
    func silent(text: String) { #expect(body(text) == []) }

    static let told: [(text: String, found: [String])] = [
        (
            "fs.reed('a')",
            [
                "error 2:4 EUNKNOWN there is no fs.reed; did you mean fs.read?"
            ]
        ),
        (
            "local r = fs.reed",
            [
                "error 2:14 EUNKNOWN there is no fs.reed; did you mean fs.read?"
            ]
        ),
        (
            "local f = fs f.reed('a')",
            [
                "error 2:16 EUNKNOWN there is no fs.reed; did you mean fs.read?"
            ]
        ),
        (
            "pritn('x')",
            [
                "error 2:1 EGLOBAL there is no global pritn; did you mean print?"
            ]
        ),
        (
            "return jsn",
            [
                "warning 2:8 EGLOBAL there is no global jsn; did you mean json?"
            ]
        ),
        (
            "os.execute('ls')",
            [
                "error 2:4 EUNKNOWN there is no os.execute; write process.run { \"program\", \"argument\" }, "
                    + "and name the program in needs.run"
            ]
        ),
        (
            "return io.open('a')",
            [
                "error 2:8 EGLOBAL there is no global io; fs.open, fs.read, fs.lines and fs.write do "
                    + "what io does, within the job's needs"
            ]
        ),
        (
            "count = 1",
            [
                "warning 2:1 EGLOBAL count is set as a global, which every file of the job sees; write "
                    + "local count before its first use"
            ]
        ),
        (
            "function help() end",
            [
                "warning 2:10 EGLOBAL help is set as a global, which every file of the job sees; write "
                    + "local function help(…)"
            ]
        ),
        (
            "fs.read = nil",
            [
                "error 2:4 EGLOBAL fs.read cannot be set: the table is locked; keep what is yours in a "
                    + "local of your own"
            ]
        ),
        (
            "return fs.read('a', { mx = 1 })",
            [
                "error 2:23 EOPTION fs.read: unknown option mx; did you mean max?"
            ]
        ),
        (
            "return fs.read('a', 'b')",
            [
                "error 2:21 EARGUMENT fs.read: argument 2 must be a table of options, not \"b\"; write { "
                    + "max = … }"
            ]
        ),
        (
            "return fs.read(12)",
            [
                "error 2:16 EARGUMENT fs.read: argument 1 (path) must be text, not 12"
            ]
        ),
        (
            "return fs.read()",
            [
                "error 2:11 EARGUMENT fs.read: argument 1 (path) is missing; it is called as "
                    + "fs.read(path, {max}) -> string"
            ]
        ),
        (
            "fs.write('a', 'b', { mode = 644 })",
            [
                "error 2:29 EARGUMENT fs.write: option mode must be text of octal digits, not 644; write "
                    + "\"0644\": permissions are octal digits, as text"
            ]
        ),
        (
            "process.run('ls -l /tmp')",
            [
                "error 2:13 EARGUMENT process.run takes a program and its arguments as a list, not a "
                    + "line for a shell; write process.run { \"ls\", \"-l\", \"/tmp\" }"
            ]
        ),
        (
            "process.run { 'ls -l' }",
            [
                "warning 2:15 EARGUMENT process.run: \"ls -l\" is the name of one program, blanks and all; "
                    + "write { \"ls\", \"-l\" }"
            ]
        ),
        (
            "process.run { 'ls', nil, 'x' }",
            [
                "error 2:21 EARGUMENT process.run: argument 1 (argv) has a nil at place 2; leave the "
                    + "item out, or write \"\" where a text may be empty"
            ]
        ),
        (
            "return fs.in_use('a')",
            [
                "error 2:18 EARGUMENT fs.in_use: argument 1 (entries) must be a list, not \"a\"; write { "
                    + "\"a\" }"
            ]
        ),
        (
            "time.sleep('500ms')",
            [
                "error 2:12 EARGUMENT time.sleep: argument 1 (duration) must be a duration such as "
                    + "\"90s\", \"5m\" or a number of seconds, not \"500ms\"; write a part of a second as a number: "
                    + "0.5"
            ]
        ),
        (
            "time.sleep('5')",
            [
                "warning 2:12 EUNIT time.sleep: argument 1 (duration) is \"5\" without a unit, which means "
                    + "seconds; write \"5s\" or \"5m\""
            ]
        ),
        (
            "fs:read('a')",
            [
                "error 2:4 EARGUMENT fs:read hands fs itself over as the first argument; write "
                    + "fs.read(…), with a dot"
            ]
        ),
        (
            "local q = queue.open('x') q.push({})",
            [
                "error 2:29 EARGUMENT q.push does not say which queue is meant; write q:push(…)"
            ]
        ),
        (
            "local q = queue.open('x') q:pusch({})",
            [
                "error 2:29 EUNKNOWN a queue has no pusch; did you mean push?"
            ]
        ),
        (
            "local c = coroutine.create(print) c()",
            [
                "error 2:35 EARGUMENT c is a coroutine, no function; write coroutine.resume(c), or make "
                    + "it with coroutine.wrap"
            ]
        ),
        (
            "for e in fs.list('.') do end",
            [
                "error 2:13 EARGUMENT fs.list returns a list, no iterator; write for _, item in "
                    + "ipairs(fs.list(…)) do"
            ]
        ),
        (
            "for _, e in ipairs(fs.walk('.')) do end",
            [
                "error 2:23 EARGUMENT fs.walk returns an iterator, no list; write for … in fs.walk(…) do"
            ]
        ),
        (
            "fs.list('.')",
            [
                "warning 2:4 EUNUSED fs.list changes nothing, and nobody takes what it returns; write "
                    + "local result = fs.list(…)"
            ]
        ),
        (
            "this.skipp('x')",
            [
                "error 2:6 EUNKNOWN there is no this.skipp; did you mean this.skip?"
            ]
        ),
        (
            "this:fail('x')",
            [
                "error 2:6 EARGUMENT this:fail hands this itself over as the first argument; write "
                    + "this.fail(…), with a dot"
            ]
        ),
        (
            "return settings.pathz",
            [
                "warning 2:17 ESETTING the setting pathz is used and not declared: it is nil; did you mean settings.paths?"
            ]
        ),
        (
            "require 'retenton'",
            [
                "error 2:9 ENOENT there is no jobs/lib/retenton.lua; did you mean retention?"
            ]
        ),
        (
            "alert.fire('x', { sumary = 'y' })",
            [
                "error 2:17 EOPTION alert.fire: option summary is missing; did you mean summary where "
                    + "sumary is written?"
            ]
        ),
        (
            "queue.open('x'):push({}, { delay = 'soon' })",
            [
                "error 2:36 EARGUMENT queue:push: option delay must be a duration such as \"90s\", \"5m\" or "
                    + "a number of seconds, not \"soon\""
            ]
        ),
        (
            "http.upload('http://a/', { archive = 'x' }, { progress = print, retry = 1 })",
            [
                "error 2:58 EOPTION http.upload: progress is not given with an archive; send a file, or take it out"
            ]
        ),
        (
            "pcall(fs.read, 'a', { mx = 1 })",
            [
                "warning 2:23 EOPTION fs.read: unknown option mx; did you mean max?"
            ]
        ),
        (
            "x = = 1",
            [
                "error 2:5 ESYNTAX unexpected symbol near '='"
            ]
        ),
    ]

    @Test("What is wrong is told, with its place and what to write", arguments: told)
    func tells(text: String, found: [String]) { #expect(body(text) == found) }

    @Test("Settings that nobody uses, and needs that are missing") func whole() {
        #expect(
            findings(
                """
                return job {
                  settings = { used = option.path "x", unused = option.number(3), named = 1 },
                  run = function(settings)
                    local key = "named"
                    fs.write(settings.used, settings[key])
                    return http.get("https://example.org/")
                  end,
                }
                """) == [
                    "warning 2:40 ESETTING the setting unused is declared and never used; use settings.unused, or take it "
                        + "out",
                    "error 5:8 ENEED fs.write needs write, and the job declares none; add needs = function(settings) return "
                        + "{ write = { \"reports\" } } end",
                    "error 6:17 ENEED http.get needs connect, and the job declares none; add needs = function(settings) "
                        + "return { connect = { \"db.internal:5432\" } } end",
                ])
        let declared = """
            local function needs(settings) local list = { write = { "x" } } return list end
            return job { needs = needs, run = function() fs.read("x/a") process.run { "ls" } end }
            """
        #expect(
            findings(declared).filter { $0.hasPrefix("error") } == [
                "error 2:69 ENEED process.run needs run, and the job declares none; add run = { \"gzip\" } to its needs"
            ])
        let secret = """
            return job { settings = { token = option.secret "api" },
              needs = function(settings) return { connect = { "a:80" }NEEDED } end,
              run = function(settings) return http.get("http://a/", { bearer = settings.token }) end }
            """
        #expect(
            findings(secret.replacing("NEEDED", with: "")).filter { $0.hasPrefix("error") } == [
                "error 3:77 ENEED settings.token is a secret, and the job's needs name none; add secrets = { settings.token } "
                    + "to its needs"
            ])
        #expect(findings(secret.replacing("NEEDED", with: ", secrets = { settings.token }")) == [])
        #expect(findings("return job { needs = f, run = function() http.get('http://a/') end }").count == 1)
        #expect(findings("return job { run = function() return fs.read(fs.temp_dir() .. '/x') end }") == [])
        #expect(findings("return job { run = function() return sql.open('postgres://x/y') end }").count == 1)
    }
}
