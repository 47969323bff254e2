/// `sys`: what the host sees of the machine and of itself.
package func sysModule(_ context: APIContext) -> HostModule {
    func plain(_ name: String, _ service: HostService) -> HostFunction {
        HostFunction(name) { arguments in
            try arguments.end(0)
            return [try context.current(arguments.function).effects.request(service, [:])]
        }
    }
    let disks = HostFunction("disks") { arguments in
        var options = try arguments.options(0)
        let timeout = try options.duration("timeout") ?? 2
        try options.finish(known: ["timeout"])
        return [try context.current("sys.disks").effects.request(.sysDisks, ["timeout": .number(timeout)])]
    }
    return HostModule(
        "sys",
        functions: [
            plain("cpu", .sysCPU), plain("memory", .sysMemory), plain("load", .sysLoad),
            plain("pressure", .sysPressure), disks, plain("uptime", .sysUptime), plain("hostname", .sysHostname),
            plain("store", .sysStore), plain("jobs", .sysJobs),
            plain("store_copy", .storeCopy),
        ])
}
