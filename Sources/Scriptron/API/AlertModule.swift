/// `alert`: what is wrong, told to people while it lasts.
package func alertModule(_ context: APIContext) -> HostModule {
    func report(
        _ how: Value, _ arguments: Arguments, options index: Int, known: [String], _ given: [String: Value] = [:]
    ) throws -> [Value] {
        try arguments.end(index + 1)
        var options = try arguments.options(index)
        var sent: [String: Value] = given.merging(["how": how, "key": .text(try arguments.text(0, "key"))]) { $1 }
        for name in known { sent[name] = options.take(name) }
        if how != "resolve", sent["summary"] == nil {
            throw Failure(
                code: "EARGUMENT", "\(arguments.function): option summary is missing",
                cure: "say in one line what is wrong")
        }
        if how == "resolve" { try options.finish(known: []) }
        sent["fields"] = .map(options.rest)
        let effects = try context.current(arguments.function).effects
        do throws(Failure) {
            let answer = try effects.request(.alertReport, sent)
            return [answer["state"] ?? .null]
        } catch {
            if error.code == "EALERTS" { effects.post(.limit(LimitName.alerts.rawValue)) }
            throw error
        }
    }
    return HostModule(
        "alert",
        functions: [
            HostFunction("fire") { arguments in
                try report("fire", arguments, options: 1, known: ["severity", "summary"])
            },
            HostFunction("resolve") { arguments in try report("resolve", arguments, options: 1, known: []) },
            HostFunction("check") { arguments in
                let bad = arguments[1]
                guard bad.isNull || bad.bool != nil else { throw arguments.mismatch(1, "bad", "true, false or nil") }
                return try report(
                    "check", arguments, options: 2, known: ["severity", "summary", "for_runs", "clear"], ["bad": bad])
            },
        ])
}
