import Testing

@testable import Scriptron

/// Every function of the reference with what no script should give it, made from the reference itself: what comes back
/// is a result or an error with a code, and the process lives.
@Suite("Hostile arguments") struct HostileArgumentsTests {
    /// Lua that makes the values: numbers at the ends of their ranges, texts of any bytes, tables of any form.
    private static let values = #"""
        local cyclic = {}
        cyclic.me = cyclic
        local deep = {}
        local at = deep
        for _ = 1, 1000 do
          at.x = {}
          at = at.x
        end
        local values = {
          math.huge, -math.huge, 0 / 0, math.maxinteger, math.mininteger, -1, 0, 0.5, 1e308, 1 << 53, "", "\0", "a\0b",
          "\xff\xfe", "../../etc/passwd", "/", ("x"):rep(1 << 20), "%s%n", "-9223372036854775808s", true, false, {},
          { 1, nil, 3 }, { "a", b = 1 }, { [1.5] = 1 }, { [true] = 1 }, { {} }, cyclic, deep, print,
          coroutine.create(print), setmetatable({}, { __index = function() error("x") end }),
          setmetatable({}, { __pairs = function() error("x") end, __len = function() return 1 << 40 end }),
        }
        local bad = {}
        local function try(what, fn)
          local good, problem = pcall(fn)
          if not good and not (type(problem) == "table" and type(problem.code) == "string") then
            bad[#bad + 1] = what .. ": " .. tostring(problem)
          end
        end
        """#

    /// The calls of one function: each argument and each option in turn is hostile, the others fit.
    private static func calls(of function: Reference.Function) -> String {
        let fitting = function.parameters.map { ReferenceExamples.fitting($0) }
        var lists: [(what: String, arguments: [String])] = [("everything", ["value", "value", "value", "value"])]
        for index in fitting.indices {
            var arguments = fitting
            arguments[index] = "value"
            lists.append((function.parameters[index].name, arguments))
        }
        if !function.options.isEmpty {
            lists.append(("the options", fitting + ["value"]))
            for option in function.options {
                let name = option.name == "..." ? "more" : option.name
                let given = ReferenceExamples.options(function, besides: option.name, "\(name) = value")
                lists.append((name, fitting + [given]))
            }
        }
        let call = function.isMethod ? "handle:\(function.member)" : function.name
        let handle = function.isMethod ? "local handle = \(ReferenceExamples.handles[function.owner] ?? "nil")\n" : ""
        let tries = lists.map { what, arguments in
            "try(\"\(what) \" .. index, function() return \(call)(\(arguments.joined(separator: ", "))) end)"
        }
        return handle + "for index = 1, 33 do\nlocal value = values[index]\n" + tries.joined(separator: "\n")
            + "\nend\ntry(\"nothing\", function() return \(call)() end)"
    }

    @Test("An error with a code, whatever is given", arguments: Reference.all.modules.map(\.name))
    func hostile(module: String) throws {
        for function in try #require(Reference.all.module(module)).functions {
            let api = try ReferenceExamples.fixture()
            // Servers are not asked, and nobody sleeps.
            api.isDry = ["s3", "bucket", "http", "net"].contains(function.owner) || function.name == "time.sleep"
            api.timeout = 120
            let found = try api.run(Self.values + "\n" + Self.calls(of: function) + "\nreturn bad")
            let bad = found.list?.compactMap(\.text) ?? []
            // Lua's own raise texts, which the run's record keeps with the code ELUA.
            if module == "lua" { continue }
            #expect(bad.isEmpty, "\(function.name): \(bad.prefix(5).joined(separator: "\n"))")
        }
    }
}
