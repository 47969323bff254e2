/// The host API: everything that scripts can call.
package enum HostAPI {
    /// The modules that are globals of scripts, in the order of their installation.
    package static func modules(_ context: APIContext) -> [HostModule] {
        [
            fsModule(context), processModule(context), logModule(context), jsonModule(), timeModule(context),
            sysModule(context), stateModule(context), netModule(context), hashModule(context), lockModule(context),
            archiveModule(context), sqlModule(context), alertModule(context), metricsModule(context),
            queueModule(context), httpModule(context), s3Module(context), serviceModule(context),
            parallelModule(context),
        ]
    }

    /// Installs them all, and `this` (whose plain fields `LuaState.setFields` sets for each run).
    package static func install(in state: LuaState, _ context: APIContext) throws(LuaError) {
        for module in modules(context) { try state.install(module) }
        try state.install(thisModule(context), isGlobal: false)
    }

    /// What scripts find of Lua's own: globals that are no tables, and tables with what is in them.
    package static var baseGlobals: [String] { GoldenList.globals }
    package static var baseTables: [String: [String]] { GoldenList.tables }
}
