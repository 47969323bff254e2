import Scriptron

/// `library/scriptron.lua`, made from the reference: annotations for lua-language-server.
enum ReferenceAnnotations {
    private static let head = """
        ---@meta scriptron
        -- What scripts of Scriptron can call, for lua-language-server. Made by `make reference`.

        ---@alias path string
        ---@alias duration string|number
        ---@alias size string|integer
        ---@alias mode string
        ---@alias owner string|integer|{uid:integer?,gid:integer?}
        ---@alias Pattern string
        ---@alias Kind "file"|"directory"|"link"|"fifo"|"socket"|"block"|"character"
        ---@class Secret
        """

    static func document(_ reference: Reference) -> String {
        var lines = [head]
        for module in reference.modules {
            for record in module.records { lines += [""] + annotated(record) }
            lines += [""] + annotated(module)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func annotated(_ record: Reference.Record) -> [String] {
        ["--- \(record.text)", "---@class \(record.name)"] + record.fields.map(field)
    }

    private static func annotated(_ module: Reference.Module) -> [String] {
        var lines: [String] = []
        var begun: Set<String> = []
        for function in module.functions {
            let holder = holder(of: function, in: module)
            if let holder, begun.insert(holder).inserted {
                lines += declaration(of: function, holder, module) + [""]
            }
            lines += annotated(function, holder) + [""]
        }
        return lines.dropLast()
    }

    /// The variable that a function is a member of: the module, or a handle's stand-in.
    private static func holder(of function: Reference.Function, in module: Reference.Module) -> String? {
        if function.isMethod { return function.owner + "_handle" }
        return function.member.isEmpty ? nil : function.owner
    }

    private static func declaration(
        of function: Reference.Function, _ holder: String, _ module: Reference.Module
    ) -> [String] {
        if function.isMethod { return ["---@class \(function.owner)", "local \(holder) = {}"] }
        switch holder {
        case "os": return []
        // A parameter of `run`, no global.
        case "this": return ["--- \(module.text)", "---@class this: This", "local this = {}"]
        default:
            let text = module.name == holder ? ["--- " + module.text] : []
            return text + ["---@class scriptron.\(holder)", "\(holder) = {}"]
        }
    }

    private static func annotated(_ function: Reference.Function, _ holder: String?) -> [String] {
        var lines: [String] = []
        let name = holder.map { $0 + (function.isMethod ? ":" : ".") + function.member } ?? function.name
        var arguments = function.parameters.map(\.name)
        let options = function.name.replacing(":", with: ".") + ".options"
        if !function.options.isEmpty {
            lines.append("---@class \(options)")
            lines += function.options.map { $0.name == "..." ? "---@field [string] any \($0.text)" : field($0) } + [""]
            arguments.append("options")
        }
        lines.append("--- " + function.text.replacing("\n", with: "\n--- "))
        for need in function.needs { lines.append("--- Needs `\(need.code)`: \(need.text).") }
        lines += function.parameters.map {
            "---@param \($0.name)\($0.isRequired ? "" : "?") \($0.type) \($0.text)"
        }
        if !function.options.isEmpty {
            let isOptional = !function.options.contains(where: \.isRequired)
            lines.append("---@param options\(isOptional ? "?" : "") \(options)")
        }
        lines += function.results.filter { $0.type != "nil" }.map { "---@return \($0.type) # \($0.text)" }
        return lines + ["function \(name)(\(arguments.joined(separator: ", "))) end"]
    }

    private static func field(_ item: Reference.Item) -> String {
        let fallback = item.fallback.map { " (\($0) where left out)" } ?? ""
        return "---@field \(item.name)\(item.isRequired ? "" : "?") \(item.type) \(item.text)\(fallback)"
    }
}
