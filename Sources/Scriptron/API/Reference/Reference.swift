/// What the host API is, told once: `scriptron api`, `docs/api.md`, the editor's annotations and luacheck's
/// configuration are all made from it.
package struct Reference: Sendable {
    /// A parameter, an option of a call, or a field of a record.
    package struct Item: Sendable, Hashable {
        package var name: String
        /// In the notation of lua-language-server: `path|Entry`.
        package var type: String
        package var isRequired: Bool
        /// As Lua: `"16MiB"`.
        package var fallback: String?
        package var text: String
    }

    /// What a call returns, one of several perhaps.
    package struct Result: Sendable, Hashable {
        package var type: String
        package var text: String
    }

    /// A code that a call raises.
    package struct Problem: Sendable, Hashable {
        package var code: String
        package var text: String
    }

    /// One function, or one method of a handle.
    package struct Function: Sendable, Hashable {
        /// `fs.write`, or `bucket:put`.
        package var name: String
        package var text: String
        package var parameters: [Item]
        package var options: [Item]
        /// Whether it takes options beyond those that are named.
        package var takesMore: Bool
        package var results: [Result]
        package var problems: [Problem]
        /// The kinds of needs that it requires (`read`), with what they must name; empty: none.
        package var needs: [Problem]
        /// A piece of a script's `run` that can be run.
        package var example: String

        /// `fs` or `bucket`.
        package var owner: String { String(name.prefix { $0 != "." && $0 != ":" }) }
        /// `write`
        package var member: String { String(name.drop { $0 != "." && $0 != ":" }.dropFirst()) }
        package var isMethod: Bool { name.contains(":") }

        /// `fs.write(path, data, {mode, owner, atomic, replace}) -> integer`.
        package var signature: String {
            var arguments = parameters.map { $0.isRequired ? $0.name : "[\($0.name)]" }
            if !options.isEmpty { arguments.append("{" + options.map(\.name).joined(separator: ", ") + "}") }
            let returned = results.filter { $0.type != "nil" }.map(\.type).joined(separator: ", ")
            return name + "(" + arguments.joined(separator: ", ") + ")" + (returned.isEmpty ? "" : " -> " + returned)
        }
    }

    /// A table of a known form.
    package struct Record: Sendable, Hashable {
        package var name: String
        package var text: String
        package var fields: [Item]
    }

    /// A global with its functions, and the methods of the handles that they return.
    package struct Module: Sendable, Hashable {
        package var name: String
        package var text: String
        package var records: [Record]
        package var functions: [Function]
    }

    package var modules: [Module]

    /// The reference of everything that scripts can call.
    package static let all: Reference = {
        do throws(Failure) {
            return Reference(
                modules: try [
                    fsReference, processReference, archiveReference, hashReference, jsonReference, timeReference,
                    netReference, httpReference, s3Reference, sqlReference, metricsReference, alertReference,
                    queueReference, stateReference, lockReference, logReference, sysReference, serviceReference,
                    parallelReference, thisReference, luaReference,
                ].map { text throws(Failure) in try ReferenceReader.module(text) })
        } catch {
            fatalError("the reference of the host API cannot be read: \(error)")
        }
    }()

    package var functions: [Function] { modules.flatMap(\.functions) }

    /// A function by its whole name.
    package func function(_ name: String) -> Function? { functions.first { $0.name == name } }

    package func module(_ name: String) -> Module? { modules.first { $0.name == name } }

    /// What a function lacks, in words; empty where it is complete.
    package static func gaps(of function: Function) -> [String] {
        var gaps: [String] = []
        if function.text.isEmpty { gaps.append("description") }
        for item in function.parameters + function.options where item.text.isEmpty {
            gaps.append("text of \(item.name)")
        }
        if function.results.isEmpty { gaps.append("result") }
        if function.problems.isEmpty { gaps.append("error") }
        if function.example.isEmpty { gaps.append("example") }
        return gaps
    }
}
