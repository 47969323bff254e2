import Glibc
import Testing

@testable import Scriptron
@testable import scriptron

@Suite("The reference of the host API") struct ReferenceTests {
    private static let reference = Reference.all
    /// Methods of handles that only the modules' own Lua calls: scripts get iterators.
    private static let inner: Set<String> = [
        "walk:next", "walk:close", "lines:next", "lines:close", "rows:next", "rows:close", "database:cursor",
        "request:next", "request:finish", "request:close", "programs:next", "programs:finish", "programs:close",
    ]

    @Test("Every function has a description, a result, an error and an example that calls it, and all texts")
    func complete() {
        for function in Self.reference.functions {
            #expect(Reference.gaps(of: function) == [], "\(function.name)")
            let call = function.isMethod ? ":\(function.member)" : function.name
            #expect(
                function.example.contains(call) || function.example.contains("." + function.member),
                "\(function.name)")
        }
        let names = Self.reference.functions.map(\.name)
        #expect(names.count == Set(names).count)
        for record in Self.reference.modules.flatMap(\.records) {
            #expect(!record.text.isEmpty && !record.fields.isEmpty, "\(record.name)")
            for field in record.fields { #expect(!field.text.isEmpty, "\(record.name).\(field.name)") }
        }
    }

    @Test("What scripts can call is in the reference, and what is in the reference can be called") func names() throws {
        let api = try APIFixture()
        let globals = HostAPI.modules(api.context).map(\.name)
        let found = try api.run(
            """
            local found = {}
            for _, module in ipairs { \(globals.map { "\"\($0)\"" }.joined(separator: ", ")) } do
              local members = load("return " .. module)()
              if type(members) == "function" then
                found[#found + 1] = module
              else
                for name in pairs(members) do found[#found + 1] = module .. "." .. name end
              end
            end
            for _, name in ipairs { "skip", "fail", "warn" } do
              if type(this[name]) == "function" then found[#found + 1] = "this." .. name end
            end
            return found
            """)
        var callable = Set(found.list?.compactMap(\.text) ?? [])
        for module in HostAPI.modules(api.context) {
            for (kind, methods) in module.methods {
                for method in methods { callable.insert("\(kind):\(method.name)") }
            }
            // Methods that a module's own Lua adds.
            for match in module.prelude.matches(of: #/function Database:([a-z_]+)/#) {
                callable.insert("database:\(match.1)")
            }
        }
        callable.subtract(Self.inner)
        let lua = Set(Self.reference.module("lua")?.functions.map(\.name) ?? [])
        #expect(Set(Self.reference.functions.map(\.name)).subtracting(lua) == callable)
        // Lua's own: all of `option`, and only what is there of the rest.
        let base = Set(GoldenList.names)
        #expect(lua.isSubset(of: base), "\(lua.subtracting(base))")
        let options = Set((GoldenList.tables["option"] ?? []).map { "option." + $0 })
        #expect(options.isSubset(of: lua))
    }

    @Test("The header's keys are those of the reference") func headerKeys() throws {
        let record = try #require(Self.reference.module("lua")?.records.first { $0.name == "Header" })
        let known = Set(HeaderKeys.plain + ["settings", "needs", "discover", "run"])
        #expect(Set(record.fields.map(\.name)) == known)
    }

    @Test("What needs and limits hold is what the reference says") func headerTables() throws {
        let records = try #require(Self.reference.module("lua")?.records)
        func fields(_ name: String) -> Set<String>? {
            records.first { $0.name == name }.map { Set($0.fields.map(\.name)) }
        }
        #expect(fields("Needs") == Set(Needs.keys))
        #expect(fields("Limits") == Set(LimitKeys.known))
    }

    @Test("The options that a function takes are those of the reference") func options() throws {
        for function in Self.reference.functions where !function.options.isEmpty && !function.takesMore {
            let last = ReferenceExamples.options(function, besides: "", "zz_none = 1")
            var lists = [function.parameters.map { ReferenceExamples.fitting($0) } + [last]]
            if let other = ReferenceExamples.otherFirst[function.name] {
                lists.append([other] + lists[0].dropFirst())
            }
            var named: Set<String> = []
            for arguments in lists {
                let api = try ReferenceExamples.fixture()
                let error = try api.failure(ReferenceExamples.call(function, arguments))
                #expect(error.code == "EARGUMENT", "\(function.name): \(error.description)")
                let said = error.message.split(separator: "it takes ").last.map(String.init) ?? ""
                named.formUnion(said.split { ", )".contains($0) }.map(String.init))
            }
            #expect(named == Set(function.options.map(\.name)), "\(function.name)")
        }
    }

    @Test("Every example runs, and in a dry run too", arguments: reference.modules.map(\.name))
    func examples(module: String) async throws {
        let functions = try #require(Self.reference.module(module)).functions
        for function in functions {
            for isDry in ReferenceExamples.readBack.contains(function.name) ? [false] : [false, true] {
                let api = try ReferenceExamples.fixture()
                api.isDry = isDry || ReferenceExamples.onlyPlanned.contains(function.owner)
                let server = try HTTPTestServer { _ in .text("hello") }
                api.grant.connect.append("127.0.0.1:\(server.port)")
                api.grant.ports = [server.port]
                var body = function.example.replacing("https://api.example.org", with: server.url(""))
                // What it asserts holds for what is really done.
                if api.isDry { body = "local function assert(...) return ... end\n" + body }
                do {
                    try api.run(body)
                } catch let error as LuaError {
                    let ends = ["SKIP", "FAIL"].contains(error.code)
                    #expect(ends, "\(function.name), dry: \(isDry): \(error.description)")
                }
            }
        }
    }

    @Test("What is made from it is what lies in the repository") func files() throws {
        let root = Path(#filePath).parent.parent.parent.parent.parent
        func text(_ name: String) throws -> String {
            String(decoding: try Files.readSmall(root.appending(Path(name))), as: UTF8.self)
        }
        #expect(try text("docs/api.md") == ReferenceMarkdown.document(Self.reference), "run make reference")
        let annotations = ReferenceAnnotations.document(Self.reference)
        #expect(try text("library/scriptron.lua") == annotations, "run make reference")
        #expect(try text(".luacheckrc") == ReferenceLuacheck.document(Self.reference), "run make reference")
    }

    @Test("luacheck finds nothing in the shipped jobs, nor in the examples", .enabled(if: Luacheck.isThere))
    func luacheck() throws {
        let root = Path(#filePath).parent.parent.parent.parent.parent
        let directory = try TemporaryDirectory()
        for function in Self.reference.functions {
            let text = "local function run(settings, this)\n\(function.example)\nend\nreturn run\n"
            try directory.file(function.name.replacing(":", with: "_") + ".lua", text)
        }
        let ran = try RanProgram.run(
            Luacheck.program,
            [
                "--config", root.appending(".luacheckrc").text, "--no-cache", "--no-color", "-q",
                root.appending("jobs").text, directory.path.text,
            ])
        #expect(ran.output.contains("Total: 0 warnings / 0 errors"), "\(ran.output)")
    }
}

/// Debian's lua-check, where it is installed.
enum Luacheck {
    static let program = Path("/usr/bin/luacheck")
    static var isThere: Bool { access(program.text, X_OK) == 0 }
}
