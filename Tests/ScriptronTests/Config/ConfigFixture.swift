@testable import Scriptron

/// Decodes texts as the host does with what its workers evaluated.
enum ConfigFixture {
    /// The definition of a script that returns `job { MEMBERS, run = … }`.
    static func definition(_ members: String, run: Bool = true) throws -> JobDefinition {
        let text = Array("return job {\n\(members)\(run ? ",\nrun = function() end" : "") }".utf8)
        let script = try LuaState().evaluateJob(text, name: "jobs/x.lua")
        let header = JobDefinition.header(plain: script.header, functions: script.functions.keys)
        return try JobDefinition(header: header, file: SourceFile("jobs/x.lua", text: text))
    }

    /// The configuration of a file `/srv/app/scriptron.lua` that returns `{ MEMBERS }`.
    static func configuration(_ members: String) throws -> Configuration {
        let text = Array("return {\n\(members)\n}".utf8)
        let value = try LuaState().evaluateConfiguration(text, name: "scriptron.lua")
        return try Configuration(value, file: "/srv/app/scriptron.lua", text: text)
    }

    /// The needs that a text in Lua stands for.
    static func needs(_ text: String) throws -> Needs {
        let value = try LuaState().evaluateConfiguration(Array("return \(text)".utf8), name: "jobs/x.lua")
        return try Needs(value, of: SourceFile("jobs/x.lua"))
    }
}
