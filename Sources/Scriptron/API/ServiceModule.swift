/// `service`: units of the machine's systemd, which the host asks.
package func serviceModule(_ context: APIContext) -> HostModule {
    func unit(_ arguments: Arguments) throws(Failure) -> UnitName {
        guard let unit = UnitName(try arguments.text(0, "unit")) else {
            throw arguments.mismatch(0, "unit", "one of the " + UnitName.expected)
        }
        return unit
    }
    func change(_ name: String, _ service: HostService) -> HostFunction {
        HostFunction(name) { arguments in
            let unit = try unit(arguments)
            try arguments.end(2)
            var options = try arguments.options(1)
            let timeout = try options.duration("timeout") ?? 60
            try options.finish(known: ["timeout"])
            let session = try context.current(arguments.function)
            session.uses?.tell(.service(unit.text))
            _ = try session.effects.request(service, ["unit": .text(unit.text), "timeout": .number(timeout)])
            return []
        }
    }
    return HostModule(
        "service",
        functions: [
            HostFunction("active") { arguments in
                let unit = try unit(arguments)
                try arguments.end(1)
                let session = try context.current("service.active")
                session.uses?.tell(.service(unit.text))
                return [try session.effects.request(.unitActive, ["unit": .text(unit.text)])]
            },
            change("reload", .unitReload), change("restart", .unitRestart),
        ])
}
