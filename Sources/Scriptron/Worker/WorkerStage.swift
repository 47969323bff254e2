/// What the zygote prepares for every worker: a Lua state that never ran a script, with the host API in place.
final class WorkerStage {
    let state: LuaState
    let context = APIContext()

    init() throws {
        state = try LuaState()
        try HostAPI.install(in: state, context)
    }
}
