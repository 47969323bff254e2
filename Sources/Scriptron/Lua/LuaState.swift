import CLua

/// One Lua state: stripped, locked, limited. Used by one thread only, and by one script only.
///
/// In the zygote, before any fork: `init`, then `install` for each module, with bodies that are replaced later.
///
///     let state = try LuaState()
///     try state.install(module)                        // a locked global; its prelude has run
///     try state.install(thisModule, isGlobal: false)   // the table that `run` gets as `this`
///
/// In the child, before the script:
///
///     state.bind(module)                               // the bodies that know the run
///     state.print = { bytes in … }
///     state.libraries = ["retention": bytes]           // what `require` finds
///     state.setMemoryLimit(header.memory)
///     state.seed(a, b)                                 // of the run
///     state.setDeadline(LuaState.now + nanoseconds)    // the soft one
///
/// Then the script (LuaState+Calls.swift):
///
///     state.phase = .evaluation                        // no API, no clock: the initial phase
///     let job = try state.evaluateJob(text, name: "jobs/sweep.lua")     // header, functions
///     let needs = try state.call(job.functions["needs"], [.value(settings), .value(facts)], mixesKeys: true)
///     state.phase = .run
///     state.setFields(of: "this", ["job": "sweep", …])
///     let result = try state.call(run, [.value(settings), .module("this")])
///     let table = try state.evaluateConfiguration(text, name: "scriptron.lua")
///
/// All of them throw `LuaError`. Afterwards `isExpired`, `hitMemoryLimit`, `memoryPeak`, `requiredLibraries`.
///
/// A module's prelude may replace functions of the base libraries: it gets (module, base), and `base.os.date = …` sets
/// what scripts see as `os.date`, though their view of `os` is locked.
package final class LuaState {
    /// What a script may do at the moment.
    package enum Phase: Sendable {
        /// Headers, needs and configurations: no host function but `print`, and no clock.
        case evaluation
        case run
    }

    /// A function, or a table, kept for the host; valid as long as the state.
    package struct Reference: Hashable {
        let place: Int32
    }

    let L: OpaquePointer
    let host: UnsafeMutablePointer<clua_host>
    /// The host functions by their number in the trampoline, with their full names. Number 0 is `print`.
    var functions: [(name: String, body: (Arguments) throws -> [Value])] = []
    /// The numbers of the functions of each module: `fs.write`, and `lock:release` for a method.
    var numbers: [String: Int] = [:]
    /// The kinds of handles, by their number.
    var kindNames: [String] = []
    var kinds: [String: LuaHandleKind] = [:]
    var modules: [String: Reference] = [:]
    private var errorMetatable: Int32 = 0
    private var secretMetatable: Int32 = 0
    /// The metatable of empty lists that come from the host, as a place in the registry.
    private var listMetatable: Int32 = 0

    /// What takes the lines of the script's `print`.
    package var print: ([UInt8]) -> Void = { _ in }

    /// Makes the calls of `parallel` beside one another; nil: each simply blocks.
    package var parallelCalls: ParallelCalls?

    /// What the script may do at the moment; `.evaluation` at first.
    package var phase: Phase = .evaluation {
        didSet { host.pointee.evaluating = phase == .evaluation }
    }

    /// The files that `require` finds: their text by their name (`retention`). To be set before the script is loaded.
    package var libraries: [String: [UInt8]] = [:] {
        didSet { lifted { try? setShared("sources", .map(libraries.mapValues { .bytes($0) })) } }
    }

    /// Opens a state without a limit or a deadline. Fails (code `ELUA`) where this build of Lua is not as expected.
    package init() throws(Failure) {
        host = .allocate(capacity: 1)
        host.initialize(to: clua_host())
        guard let L = clua_open(host) else {
            host.deallocate()
            throw Failure(code: "ENOMEM", "Lua's state could not be opened")
        }
        self.L = L
        host.pointee.evaluating = true
        host.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        host.pointee.dispatch = dispatchHostFunction
        host.pointee.collect = collectHostResult
        // Where no script runs, values of any allowed depth can be read and pushed from now on.
        guard lua_checkstack(L, Self.stackNeeded * 2) != 0 else {
            throw Failure(code: "ENOMEM", "Lua's state could not be opened")
        }
        try openPrelude()
        try GoldenList.check(globalNames())
    }

    /// Frees the state. No script's code runs: there are no finalizers. (A worker ends with `_exit` instead.)
    deinit {
        lua_close(L)
        host.deallocate()
    }

    /// The version of Lua's headers that this was built with: `Lua 5.4.4`.
    package static var version: String { String(cString: clua_release()) }

    // MARK: Limits

    /// The most memory that the script may bring Lua to, in bytes, with all that was there before it.
    package func setMemoryLimit(_ bytes: Int64) { host.pointee.limit = Int(clamping: max(bytes, 0)) }

    /// The soft deadline on CLOCK_MONOTONIC in nanoseconds; nil: none. Forgets that an earlier one had passed.
    package func setDeadline(_ nanoseconds: UInt64?) { clua_set_deadline(L, nanoseconds ?? 0) }

    /// CLOCK_MONOTONIC now, in nanoseconds.
    package static var now: UInt64 { clua_now() }

    /// Whether a deadline was met; it stays so whatever the script does.
    package var isExpired: Bool { host.pointee.expired }

    /// Whether the script met its memory limit, even if it caught the error.
    package var hitMemoryLimit: Bool { host.pointee.memory_hit }

    /// The bytes that Lua holds.
    package var memoryUsed: Int { host.pointee.used }

    /// The most bytes that Lua ever held.
    package var memoryPeak: Int { host.pointee.peak }

    /// Seeds `math.random`; two runs with the same seed see the same numbers.
    package func seed(_ first: Int64, _ second: Int64) { lifted { clua_seed(L, first, second) } }

    /// The files of `jobs/lib` that the script has loaded so far, in that order.
    package var requiredLibraries: [String] {
        (try? shared("required"))?.list?.compactMap(\.text) ?? []
    }

    // MARK: The stack, for the other files of this folder

    /// What pushes values; only inside `lifted`.
    var writer: LuaWriter { writer(on: L) }

    /// The same on the stack of `thread`.
    func writer(on thread: OpaquePointer) -> LuaWriter {
        LuaWriter(L: thread, kinds: kinds, secretMetatable: secretMetatable, listMetatable: listMetatable)
    }

    /// What reads values of `thread`'s stack.
    func reader(of thread: OpaquePointer, mixesKeys: Bool = false) -> LuaReader {
        LuaReader(thread, kinds: kindNames, mixesKeys: mixesKeys)
    }

    /// Runs `body` with the memory limit lifted, so that no push raises.
    func lifted<Result, Problem: Error>(_ body: () throws(Problem) -> Result) throws(Problem) -> Result {
        clua_lift(host)
        defer { clua_lower(host) }
        return try body()
    }

    /// Pushes what a reference keeps.
    func push(_ reference: Reference) { lua_rawgeti(L, Int32(CLUA_REGISTRY), lua_Integer(reference.place)) }

    /// Pops the value on top and keeps it.
    func keep() -> Reference { lifted { Reference(place: luaL_ref(L, Int32(CLUA_REGISTRY))) } }

    /// Pops the value on top into a global.
    func setGlobal(_ name: String) {
        lua_rawgeti(L, Int32(CLUA_REGISTRY), lua_Integer(LUA_RIDX_GLOBALS))
        writer.push(text: name)
        lua_rotate(L, -3, -1)
        lua_rawset(L, -3)
        lua_settop(L, -2)
    }

    /// Pushes a member of the table that the base prelude shares with the host.
    func pushShared(_ name: String) {
        lua_getfield(L, Int32(CLUA_REGISTRY), "scriptron.host")
        lua_getfield(L, -1, name)
        lua_rotate(L, -2, -1)
        lua_settop(L, -2)
    }

    /// Sets a member of the shared table.
    func setShared(_ name: String, _ value: Value) throws(Failure) {
        lua_getfield(L, Int32(CLUA_REGISTRY), "scriptron.host")
        defer { lua_settop(L, -2) }
        try writer.push(value)
        lua_setfield(L, -2, name)
    }

    private func shared(_ name: String) throws(UnplainValue) -> Value {
        try lifted { () throws(UnplainValue) in
            pushShared(name)
            defer { lua_settop(L, -2) }
            var reader = reader(of: L)
            return try reader.read(-1)
        }
    }

    /// Pushes a failure as the table that scripts catch.
    func push(_ failure: Failure, fields: [String: Value], on thread: OpaquePointer) {
        var members = fields
        members["code"] = .text(failure.code)
        members["message"] = .text(failure.description)
        members["cure"] = failure.cure.map { .text($0) }
        let writer = writer(on: thread)
        do throws(Failure) {
            try writer.push(.map(members))
        } catch {
            push(error, fields: [:], on: thread)
            return
        }
        lua_rawgeti(thread, Int32(CLUA_REGISTRY), lua_Integer(errorMetatable))
        lua_setmetatable(thread, -2)
    }

    // MARK: Opening

    private func openPrelude() throws(Failure) {
        clua_lift(host)
        defer { clua_lower(host) }
        lua_createtable(L, 0, 8)
        clua_push_function(
            L,
            number("print") { [unowned self] arguments in
                print(try arguments.bytes(0, "text"))
                return []
            })
        lua_setfield(L, -2, "log")
        lua_pushcclosure(L, clua_load_library, 0)
        lua_setfield(L, -2, "load_library")
        for name in ["sources", "required"] {
            lua_createtable(L, 0, 0)
            lua_setfield(L, -2, name)
        }
        lua_pushvalue(L, -1)
        lua_setfield(L, Int32(CLUA_REGISTRY), "scriptron.host")
        do throws(LuaError) {
            // The arguments of a prelude are the given ones and the base, in this order; here the base is the first.
            lua_getfield(L, Int32(CLUA_REGISTRY), "scriptron.base")
            lua_rotate(L, -2, 1)
            try runPrelude(BasePrelude.text, name: "scriptron", arguments: 2)
        } catch {
            throw error.failure
        }
        for name in ["print", "require", "job"] {
            lua_getfield(L, -1, name)
            setGlobal(name)
        }
        lua_getfield(L, -1, "option")
        clua_lock(L, "option")
        setGlobal("option")
        lua_settop(L, -2)
        pushShared("error_metatable")
        errorMetatable = luaL_ref(L, Int32(CLUA_REGISTRY))
        pushShared("secret_metatable")
        secretMetatable = luaL_ref(L, Int32(CLUA_REGISTRY))
        pushShared("list_metatable")
        listMetatable = luaL_ref(L, Int32(CLUA_REGISTRY))
    }

    /// Runs a prelude with the `arguments` on top of the stack and, behind them, the base; leaves its one result.
    func runPrelude(_ text: String, name: String, arguments: Int32) throws(LuaError) {
        var text = text
        let status = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { clua_load(L, $0.baseAddress, $0.count, "=[\(name)]") }
        }
        guard status == LUA_OK else { throw takeError(status) }
        lua_rotate(L, -arguments - 1, 1)
        lua_getfield(L, Int32(CLUA_REGISTRY), "scriptron.base")
        let result = clua_call(L, arguments + 1)
        guard result == LUA_OK else { throw takeError(result) }
    }

    /// Every name that a script can reach, as the golden list writes them.
    package func globalNames() -> [String] {
        lifted {
            var names: [String] = []
            var reader = reader(of: L)
            lua_rawgeti(L, Int32(CLUA_REGISTRY), lua_Integer(LUA_RIDX_GLOBALS))
            defer { lua_settop(L, -2) }
            // A key that is no text is listed too, so that the comparison fails.
            do throws(UnplainValue) {
                try reader.members(-1) { (reader, name) throws(UnplainValue) in
                    names.append(name)
                    guard lua_type(L, -1) == LUA_TTABLE, luaL_getmetafield(L, -1, "__index") != LUA_TNIL else { return }
                    defer { lua_settop(L, -2) }
                    try reader.members(-1) { (_, member) throws(UnplainValue) in names.append("\(name).\(member)") }
                }
            } catch {
                names.append(error.description)
            }
            return names.sorted()
        }
    }
}
