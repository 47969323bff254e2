/// `lock`: one run at a time does what a name stands for.
package func lockModule(_ context: APIContext) -> HostModule {
    let locks = HandleTable<Value>("lock")
    let release = { (arguments: Arguments) throws -> [Value] in
        guard let token = try locks.remove(arguments) else { return [] }
        _ = try context.current("lock.release").effects.request(.lockRelease, ["token": token])
        return []
    }
    return HostModule(
        "lock",
        functions: [
            HostFunction("hold") { arguments in
                let name = try arguments.text(0, "name")
                var options = try arguments.options(1)
                let wait = try options.duration("wait") ?? 0
                try options.finish(known: ["wait"])
                let effects = try context.current("lock.hold").effects
                let token = try effects.request(.lockHold, ["name": .text(name), "wait": .number(wait)])
                return [token.isNull ? .null : try locks.add(token)]
            }
        ],
        methods: ["lock": [HostFunction("release", release), HostFunction("close", release)]]
    )
}
