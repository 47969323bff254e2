import Glibc
import Testing

@testable import Scriptron

@Suite("PlannedEffects") struct PlannedEffectsTests {
    private func api() throws -> APIFixture {
        let api = try APIFixture()
        api.isDry = true
        for name in ["a", "sub/b", "sub/c"] { try api.directory.tree("box/" + name, "text of " + name) }
        return api
    }

    /// Everything below the fixture's directory, with content and times.
    private func snapshot(_ api: APIFixture) throws -> [String] {
        let walker = try TreeWalker(try api.directory.opened, at: api.directory.path)
        var all: [String] = []
        while let step = walker.next() {
            guard case .entry(let path, let status, _) = step else { continue }
            let content = status.kind == .file ? String(decoding: try Files.readSmall(path), as: UTF8.self) : ""
            all.append("\(path.text) \(status.mode) \(status.modified) \(status.changed) \(status.links) \(content)")
        }
        return all.sorted()
    }

    @Test("A file that is cut loses the right to run as its owner, as it really does") func cutSetID() throws {
        let api = try api()
        try api.directory.tree("box/tool", "text")
        #expect(chmod(api.directory.at("box/tool").text, 0o4755) == 0)
        let result = try api.run(#"fs.truncate("tool", 0) return fs.stat("tool").mode"#)
        #expect(result == "0755")
        #expect(api.planned?.plan.steps.first?.arguments["mode"] == "755")
    }

    @Test("Nothing changes, and every later call sees what would have changed") func faithful() throws {
        let api = try api()
        let before = try snapshot(api)
        let result = try api.run(
            #"""
            local seen = {}
            local function look(path) seen[#seen + 1] = fs.stat(path) and fs.stat(path).type or "none" end
            fs.write("new", "fresh"); look("new")
            fs.append("a", " and more")
            fs.rename("sub", "moved"); look("sub"); look("moved/b")
            fs.remove("moved/b"); look("moved/b")
            fs.copy("moved/c", "copy")
            fs.mkdir("x/y", { parents = true }); look("x/y")
            fs.symlink("moved", "link"); look("link/c")
            fs.chmod("copy", "0600")
            fs.link("a", "hard")
            fs.append("hard", "!")
            fs.truncate("new", 2)
            local names = {}
            for entry in fs.walk(".") do names[#names + 1] = entry.path:match("box/(.*)") end
            table.sort(names)
            local bad = pcall(fs.remove, "moved")
            return { seen, names, fs.read("a"), fs.read("copy"), fs.read("new"), fs.stat("copy").mode,
                     fs.stat("a").links, bad, fs.read("link/c"), hash.file("new") == hash.text("fr"), this.dry_run }
            """#)
        #expect(
            result == [
                ["file", "none", "file", "none", "directory", "file"],
                ["a", "copy", "hard", "link", "moved", "moved/c", "new", "x", "x/y"], "text of a and more!",
                "text of sub/c", "fr", "0600", 2, false, "text of sub/c", true, true,
            ])
        #expect(try snapshot(api) == before)
        #expect(
            api.steps == [
                "write new", "append a", "rename sub moved", "remove b", "copy c copy", "mkdir x", "mkdir y",
                "symlink link",
                "chmod copy", "link a hard", "append hard", "truncate new",
            ])
    }

    @Test("What is planned is what then happens: the same script, dry and live, leaves the same tree") func fidelity()
        throws
    {
        let script = #"""
            for entry in fs.walk(".", { type = "file", children_first = true }) do
              if entry.name == "b" then fs.remove(entry) end
            end
            fs.write("n/1", "x")
            """#
        let made = #"fs.mkdir("n"); "# + script + #" fs.rename("n", "m"); fs.copy("a", "m/2"); fs.remove_tree("sub")"#
        let list = #"""
             local names = {}
            for entry in fs.walk(".") do names[#names + 1] = entry.path:match("box/(.*)") .. ":" .. entry.type .. entry.size * (entry.type == "file" and 1 or 0) end
            table.sort(names)
            return names
            """#
        let api = try api()
        let dry = try api.run(made + list)
        api.isDry = false
        let live = try api.run(made + list)
        #expect(dry == live)
        #expect(dry.list?.isEmpty == false)
    }

    @Test("What would fail fails in the plan") func failures() throws {
        let api = try api()
        for (call, code) in [
            (#"fs.write("a", "x", { replace = false })"#, "EEXIST"), (#"fs.read("none")"#, "ENOENT"),
            (#"fs.write("none/x", "x")"#, "ENOENT"), (#"fs.rename("a", "sub/b")"#, "EEXIST"),
            (#"fs.remove("sub")"#, "ENOTEMPTY"), (#"fs.copy("sub", "x")"#, "EISDIR"),
            (#"fs.mkdir("a")"#, "EEXIST"), (#"fs.remove_tree("a")"#, "ENOTDIR"), (#"fs.remove(".")"#, "EGRANT"),
            (#"fs.write("../x", "")"#, "EGRANT"), (#"fs.remove_tree("sub", { max_entries = 2 })"#, "ETOOMANY"),
            (#"fs.chmod("a", "4755")"#, "EGRANT"), (#"fs.symlink("l", "l"); fs.read("l")"#, "ELOOP"),
            (#"process.run { "ls" }"#, "EGRANT"),
        ] {
            #expect(try api.failure(call).code == code, "\(call)")
        }
        #expect(try api.failure(#"fs.remove("a"); fs.remove("a"); fs.read("a")"#).code == "ENOENT")
    }

    @Test("A program is planned, with the result that the script supplies; what follows is assumed") func programs()
        throws
    {
        let api = try api()
        let result = try api.run(
            #"""
            local first = process.run({ "sh", "-c", "echo real > made" }, { dry = { stdout = "supplied" } })
            local text = process.output({ "cat", "a" }, { dry = "other" })
            process.run({ "gzip", "-c", "a" }, { stdout = { file = "a.gz" }, dry = "zipped" })
            fs.remove("sub/b")
            return { first.code, first.stdout, text, fs.read("a.gz"), process.run({ "cat" }).stdout }
            """#)
        #expect(result == [0, "supplied", "other", "zipped", ""])
        #expect(
            api.steps == ["run", "run (assumed)", "run (assumed)", "remove b (assumed)", "run (assumed)"])
        #expect(try api.directory.names("box") == ["a", "sub"])
    }

    @Test("A program that only reads runs for real, unless it would miss what was planned") func readsOnly() throws {
        let api = try api()
        let result = try api.run(
            #"""
            local before = process.output({ "cat", "a" }, { reads_only = true })
            fs.write("b", "x")
            return { before, process.output({ "cat", "a" }, { reads_only = true, dry = "planned" }) }
            """#)
        #expect(result == ["text of a", "planned"])
        #expect(api.steps == ["write b", "run"])
    }

    @Test("State, locks and signals act on what is thrown away; time only seems to pass") func services() throws {
        let api = try api()
        api.services.state["kept"] = 1
        api.services.answers[.signalable] = 2
        let result = try api.run(
            #"""
            state.set("new", 5)
            state.delete("kept")
            local n = state.update("new", function(v) return v + 1 end)
            local start = time.now()
            time.sleep("1h")
            local held <close> = lock.hold("x")
            return { n, state.get("kept") == nil, #state.keys(), time.now() - start >= 3600,
                     process.signal({ name = "p" }, "HUP") }
            """#)
        #expect(result == [6, true, 1, true, 2])
        #expect(api.services.state == ["kept": 1])
        #expect(!api.services.requests.contains { $0.service == .lockHold || $0.service == .signalProcesses })
        #expect(api.steps == ["set state new", "delete state kept", "set state new", "signal"])
    }

    @Test("Totals count files and bytes; a hard link frees nothing until the last") func totals() throws {
        let api = try api()
        try api.directory.file("box/one", "12345")
        try api.run(#"fs.link("one", "two"); fs.remove("one"); fs.remove("two"); fs.remove("a")"#)
        let removed = try #require(api.planned?.plan.totals["remove"])
        #expect(removed.count == 3)
        #expect(removed.bytes == 14)
        #expect(api.planned?.report["smallest_needs"]?["write"] == .list([.bytes(api.directory.at("box").bytes)]))
    }

    @Test("Emptied directories are empty for what follows") func emptied() throws {
        let api = try api()
        try api.run(
            """
            for entry in fs.walk(".", { children_first = true }) do assert(fs.remove(entry)) end
            assert(#fs.list(".") == 0)
            for _ in fs.walk(".") do error("nothing is left") end
            """)
        #expect(api.steps.last == "remove directory sub" || api.steps.last == "remove a")
        #expect(try api.directory.names("box") == ["a", "sub"])
    }

    @Test("An open file of the plan is read and written like a real one") func open() throws {
        let api = try api()
        let result = try api.run(
            #"""
            do
              local file <close> = fs.open("a", "r+")
              file:seek("end")
              file:write("!")
            end
            do local file <close> = fs.open("n", "a"); file:write("one"); file:write("two") end
            local lines = 0
            for _ in fs.lines("a") do lines = lines + 1 end
            return { fs.read("a"), fs.read("n"), lines }
            """#)
        #expect(result == ["text of a!", "onetwo", 1])
        #expect(api.directory.text("box/a") == "text of a")
    }

    @Test("A temporary directory is there in the plan only, and costs no step") func temporary() throws {
        let api = try api()
        let result = try api.run(
            #"""
            local directory = fs.temp_dir()
            fs.write(directory .. "/x", "y")
            return { fs.read(directory .. "/x"), directory ~= fs.temp_dir() }
            """#)
        #expect(result == ["y", true])
        #expect(api.steps == ["write x"])
        #expect(try api.directory.names("scratch") == [])
    }
}
