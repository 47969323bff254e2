import Testing

@testable import Scriptron

/// The commonest mistakes: each is answered with what is wrong, where, and what to write instead.
@Suite("Mistakes, and what is said of them") struct MistakesTests {
    /// What `run` does on its line 2, and the error that a run ends with.
    static let inRun: [(mistake: String, text: String)] = [
        (
            "fs.reed('a')", "there is no fs.reed; did you mean fs.read?"
        ),
        (
            "json.parse('{}')", "there is no json.parse; there are array, decode, encode"
        ),
        (
            "os.execute('ls')",
            "attempt to call a nil value (field 'execute'); there is no os.execute: write process.run { \"program\", "
                + "\"argument\" }, and name the program in needs.run"
        ),
        (
            "os.getenv('HOME')",
            "attempt to call a nil value (field 'getenv'); there is no os.getenv: declare a setting or, for what is "
                + "secret, option.secret"
        ),
        (
            "io.open('a')",
            "attempt to index a nil value (global 'io'); fs.open, fs.read, fs.lines and fs.write do what io does, within "
                + "the job's needs"
        ),
        (
            "dofile('a.lua')",
            "attempt to call a nil value (global 'dofile'); put the file into jobs/lib and write require \"NAME\""
        ),
        (
            "require 'socket'",
            "require: there is no jobs/lib/socket.lua; require finds the files of jobs/lib alone, by their names in "
                + "quotes"
        ),
        (
            "require 'json'",
            "require: there is no jobs/lib/json.lua; json is a global of the host: take the require out"
        ),
        (
            "pritn('x')", "attempt to call a nil value (global 'pritn'); did you mean print?"
        ),
        (
            "return unpack { 1 }", "attempt to call a nil value (global 'unpack'); write table.unpack"
        ),
        (
            "fs.read = print", "fs.read cannot be set: the table is locked"
        ),
        (
            "fs:read('a')", "fs.read: argument 1 is fs itself: it was called with a colon; write fs.read(…), with a dot"
        ),
        (
            "this:fail('no')",
            "this.fail: argument 1 is this itself: it was called with a colon; write this.fail(…), with a dot"
        ),
        (
            "local file = fs.open('a', 'w') file.write('x')",
            "file:write: argument 1 (file) must be a file, not \"x\"; write file:write(…), with a colon"
        ),
        (
            "fs.read(12)", "fs.read: argument 1 (path) must be a string, not 12; put it in quotes: \"12\""
        ),
        (
            "local path fs.stat(path)",
            "fs.stat: argument 1 (path) must be a string, not nil; it was left out, or what was given is nil"
        ),
        (
            "fs.write('a', { 'one', 'two' })",
            "fs.write: argument 2 (data) must be a string, not a table; write table.concat(list, \"\\n\"), or one text after "
                + "the other"
        ),
        (
            "fs.write('a', 'x', { mod = '0644' })", "fs.write: unknown option mod; did you mean mode?"
        ),
        (
            "fs.list('.', '*.log')",
            "fs.list: argument 2 (options) must be a table of options, not \"*.log\"; options have names: { name = value }"
        ),
        (
            "fs.write('a', 'x', { mode = 644 })",
            "fs.write: a mode is text of three or four octal digits, such as \"0640\"; put it in quotes: Lua has no octal "
                + "numbers"
        ),
        (
            "fs.in_use('a')", "fs.in_use: argument 1 (entries) must be a list of paths or entries, not \"a\""
        ),
        (
            "process.run('ls -l')",
            "process.run: argv must be a list that starts with a program's name; write { \"ls\", \"-l\" }: nothing is split "
                + "or expanded by a shell"
        ),
        (
            "process.run { 'ls -l' }",
            "process.run: \"ls -l\" is the name of one program, blanks and all; write { \"ls\", \"-l\" }"
        ),
        (
            "local x process.run { 'cat', x, 'b' }",
            "process.run: argument 1: the list has holes: a nil before its end; leave items out that are nil, or write \"\" "
                + "for them"
        ),
        (
            "process.run { 'rm', 'a' }",
            "job test: process.run may not run rm; it may run cat, gzip, sh; add it to the job's needs: run = { \"rm\" }"
        ),
        (
            "fs.read('/etc/shadow')",
            "job test: fs.read may not read /etc/shadow; add it to the job's needs: read = { \"/etc/shadow\" }"
        ),
        (
            "fs.write('../out.txt', 'x')",
            "job test: fs.write may not write UP/out.txt (relative paths start at BASE); add it to the job's needs: write "
                + "= { \"UP\" }"
        ),
        (
            "http.get('https://example.org/')",
            "job test: http.get may not connect to example.org:443; add it to the job's needs: connect = { "
                + "\"example.org:443\" }"
        ),
        (
            "time.sleep('500ms')",
            "time.sleep: argument 1 (duration) must be a duration such as \"90s\" or \"7d\", or seconds, not \"500ms\"; write "
                + "a part of a second as a number: 0.5"
        ),
        (
            "process.run({ 'cat' }, { timeout = '10 minutes' })",
            "process.run: option timeout must be a duration such as \"90s\", \"5m\" or a number of seconds, not \"10 minutes\""
        ),
        (
            "fs.read('a', { max = '10 megs' })",
            "fs.read: option max must be a size such as \"16MiB\" or a number of bytes, not \"10 megs\""
        ),
        (
            "local c = coroutine.create(print) c()",
            "attempt to call a thread value (local 'c'); c is a coroutine: write coroutine.resume(c), or make it with "
                + "coroutine.wrap"
        ),
        (
            "coroutine.yield(1)",
            "attempt to yield from outside a coroutine; only a function that coroutine.create or coroutine.wrap started "
                + "yields; time.sleep waits"
        ),
        (
            "local c = coroutine.wrap(print) c() c()",
            "cannot resume dead coroutine; its function has returned: make a new one"
        ),
        (
            "for entry in fs.list('.') do end",
            "attempt to call a table value (for iterator 'for iterator'); write for _, item in ipairs(list) do"
        ),
        (
            "for _, entry in ipairs(fs.walk('.')) do end",
            "attempt to index a function value; an iterator stands in the loop by itself: for entry in fs.walk(path) do"
        ),
        (
            "local entry = fs.stat('gone') return entry.size",
            "attempt to index a nil value (local 'entry'); look whether entry is there first: fs.stat and others return nil "
                + "for what is not"
        ),
        (
            "return 'in ' .. settings.pathz",
            "attempt to concatenate a nil value (field 'pathz'); look how pathz is spelt, or say what it is where it is not "
                + "there: (pathz or …)"
        ),
        (
            "alert.fire('disk', { severity = 'critical' })",
            "alert.fire: option summary is missing; say in one line what is wrong"
        ),
        (
            "parallel('a', print)",
            "parallel: argument 1 (items) must be a list, not a string; parallel(items, function(item) … end, { limit = 8 "
                + "})"
        ),
        (
            "error(false)", "an error value without a message (a boolean); raise a text: error(\"what went wrong\")"
        ),
    ]

    @Test("In run", arguments: inRun) func run(mistake: String, text: String) throws {
        let api = try APIFixture()
        let base = api.directory.at("box")
        let error = try api.failure(mistake)
        let said = error.description.replacing(base.text, with: "BASE").replacing(base.parent.text, with: "UP")
        #expect(said == "jobs/test.lua:2: " + text)
    }

    /// What stands in a script of two lines, of which the first is `return job {`, and what loading it says.
    static let inHeader: [(mistake: String, text: String)] = [
        (
            "shedule = '@daily', run = function() end }",
            "jobs/test.lua:2: shedule: unknown key; did you mean schedule?"
        ),
        ("about = 'x' }", "jobs/test.lua: run: is missing; add run = function(settings, this) … end"),
        ("run = 'fs.read' }", "jobs/test.lua:2: run: must be a function, not \"fs.read\""),
        (
            "timeout = '10 minutes', run = function() end }",
            "jobs/test.lua:2: timeout: must be a duration such as \"90s\", \"5m\", \"7d\", or seconds, not \"10 minutes\""
        ),
        (
            "settings = { a = option.strng 'x' }, run = function() end }",
            "jobs/test.lua:2: there is no option.strng; did you mean option.string?"
        ),
        (
            "settings = { a = option.string('x', { abuot = 'y' }) }, run = function() end }",
            "jobs/test.lua:2: option.string: unknown key abuot; it takes default, required, about"
        ),
        (
            "settings = { paths = option.paths { 'a' } }, run = function() end }",
            "scriptron.lua: jobs.test.settings.pathz: unknown setting; did you mean paths?"
        ),
        (
            "needs = function() return { wirte = { 'a' } } end, run = function() end }",
            "jobs/test.lua:2: needs.wirte: unknown key; did you mean write?"
        ),
        (
            "needs = function() return { run = { 1 } } end, run = function() end }",
            "jobs/test.lua:2: needs.run[1]: must be a program's name, path or pattern, { \"program\", user = \"name\" }, or a "
                + "list of these, not 1"
        ),
        ("run = function() end } print('x')", "jobs/test.lua:2: <eof> expected near 'print'"),
        (
            "settings = { all = fs.list('.') }, run = function() end }",
            "jobs/test.lua:2: fs.list is not available while a header is evaluated; call it in run, or in discover where the "
                + "needs depend on it"
        ),
    ]

    @Test("In the header", arguments: inHeader) func header(mistake: String, text: String) throws {
        let script = Array("return job {\n\(mistake)".utf8)
        let file = SourceFile("jobs/test.lua", text: script)
        let state = try LuaState()
        try HostAPI.install(in: state, APIContext())
        do {
            let evaluated = try state.evaluateJob(script, name: "jobs/test.lua")
            let header = JobDefinition.header(plain: evaluated.header, functions: evaluated.functions.keys)
            let definition = try JobDefinition(header: header, file: file)
            if let needs = evaluated.functions["needs"] {
                _ = try Needs(try state.call(needs, [.value([:])], name: "needs", mixesKeys: true), of: file)
            }
            let layer = Settings.Layer(
                ["pathz": ["a"]], file: SourceFile("scriptron.lua"), path: ["jobs", "test", "settings"])
            _ = try Settings(definition.settings, layers: [layer], base: "/srv")
            Issue.record("nothing is said")
        } catch let error as Failure {
            #expect(error.description == text)
        } catch let error as LuaError {
            #expect(error.description == text)
        }
    }
}
