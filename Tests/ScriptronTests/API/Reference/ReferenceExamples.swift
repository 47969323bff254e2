import Testing

@testable import Scriptron

/// Where the reference's examples and calls are run.
enum ReferenceExamples {
    /// Handles of servers that no fixture is: their examples are planned.
    static let onlyPlanned: Set<String> = ["s3", "bucket"]

    /// A fixture whose host answers as a real one would, for one job.
    static func fixture() throws -> APIFixture {
        let api = try APIFixture()
        api.grant.connect = ["api.example.org:443", "s3.example.org:443", "localhost:9", "localhost:5432"]
        api.grant.ports = [443, 9]
        api.grant.service = ["nginx", "app.service"]
        api.grant.signal = ["nginx"]
        let copy = api.directory.at("scratch").appending("store.db")
        api.services.answers = [
            .queuePush: ["id": 1, "new": true], .queuePushAll: [["id": 1, "new": true]],
            .queueStats: ["ready": 1, "queue": "mail"], .queueDead: [],
            .queueRequeue: 0, .queueDone: [], .queueReturn: [], .queueExtend: [],
            .queueClaim: [["id": 1, "token": 7, "body": ["to": "a@example.org"], "attempt": 1]],
            .alertReport: ["state": "firing"], .alertLook: ["state": "firing"], .lockHold: 5, .metricHistory: [],
            .metricForecast: ["seconds": 80000.0, "rate": 0.1, "covers": 90000.0], .resolve: ["127.0.0.1"],
            .sysCPU: ["busy": 0.5], .sysMemory: ["available": 1000], .sysLoad: ["five": 1.0, "cores": 2],
            .sysPressure: ["io": ["some60": 0.1]], .sysUptime: 5000.0, .sysHostname: "host",
            .sysDisks: [["path": "/", "size": 100, "used": 50]], .sysStore: ["bytes": 1, "free": 2],
            .sysJobs: [["name": "a", "outcome": "failed"]], .storeCopy: .text(copy.text),
            .diskUsage: ["path": "/", "free": 50], .openers: [], .openAny: [false], .unitActive: false,
            .findProcesses: [["pid": 1, "name": "nginx"]], .signalProcesses: 1, .signalable: 1,
        ]
        return api
    }

    /// Examples that read what they made themselves, where a plan keeps no content: archives and databases.
    static let readBack: Set<String> = ["archive.extract", "archive.list", "database:query", "sql.backup"]

    /// Of functions that take other options with another first argument: that one.
    static let otherFirst = ["sql.open": "\"postgres://nobody@localhost/x\""]

    /// Lua for a value that a parameter takes.
    static func fitting(_ item: Reference.Item) -> String {
        switch item.name {
        case "argv": "{ \"cat\" }"
        case "stages": "{ { \"cat\" } }"
        case "unit", "which": "\"nginx\""
        case "url": "\"https://api.example.org/\""
        case "host": "\"api.example.org\""
        case "port": "443"
        case "files", "entries", "sources", "tasks", "values", "chains", "bodies": "{}"
        case "bound", "value", "by", "done", "time": "1"
        case "duration", "size": "1"
        case "mode": "\"0644\""
        case "bad": "true"
        case "fn": "function() end"
        case "items": "{}"
        default: "\"x\""
        }
    }

    /// Lua that calls a function with these arguments; a method's handle is made first.
    static func call(_ function: Reference.Function, _ arguments: [String]) -> String {
        let list = arguments.joined(separator: ", ")
        if !function.isMethod { return "return \(function.name)(\(list))" }
        return "local h = \(handles[function.owner] ?? "nil")\nreturn h:\(function.member)(\(list))"
    }

    /// Lua for a table of options in which those that must be there fit, but for the one of this name, and one more.
    static func options(_ function: Reference.Function, besides name: String, _ more: String) -> String {
        let required = function.options.filter { $0.isRequired && $0.name != name }
            .map { "\($0.name) = \($0.name == "endpoint" ? "\"https://s3.example.org\"" : "\"x\"")" }
        return "{ " + (required + [more]).joined(separator: ", ") + " }"
    }

    /// How each kind of handle comes about.
    static let handles: [String: String] = [
        "file": "fs.open(\"file.bin\", \"w\")", "lock": "lock.hold(\"x\")", "queue": "queue.open(\"mail\")",
        "database": "sql.open(\"app.db\", { create = true })",
        "bucket":
            "s3.open({ endpoint = \"https://s3.example.org\", bucket = \"b\", key = \"K\", secret = \"S\" })",
    ]
}
