@testable import Scriptron

/// A host's directory with the shipped job `retry`.
enum RetryPlace {
    /// `settings` is Lua; `connect` is what requests may go to.
    static func make(
        _ settings: String, connect: [String] = [], schedule: String = "\"0 0 1 1 *\""
    ) throws -> EndToEndHost {
        let targets = connect.map { "\"\($0)\"" }.joined(separator: ", ")
        let host = try EndToEndHost(
            """
            return {
              ceiling = {
                read = { "." }, write = { "var/tmp", "var/spool" }, run = { "sh", "true", "false" },
                connect = { "127.0.0.1:*" },
              },
              jobs = { retry = {
                schedule = \(schedule),
                needs = {
                  run = { "sh", "true", "false" }, write = { "var/tmp", "var/spool" }, connect = { \(targets) },
                },
                settings = { \(settings) },
              } },
            }
            """)
        let retry = try ShippedJob("retry")
        try host.job("retry", retry.text)
        try host.directory("jobs/lib")
        for (name, text) in retry.libraries { try host.write("jobs/lib/\(name).lua", text) }
        try host.directory("var/spool")
        try host.directory("var/tmp")
        return host
    }
}
