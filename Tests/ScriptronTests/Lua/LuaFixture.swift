import Testing

@testable import Scriptron

/// Runs scripts in states of their own.
enum LuaFixture {
    /// The text of a job whose `run` is `body`.
    static func job(_ body: String) -> [UInt8] {
        Array("return job { run = function(settings, this)\n\(body)\nend }".utf8)
    }

    /// What `run` returns in a fresh state.
    static func run(
        _ body: String, memory: Int64 = 64 << 20, seconds: Double = 20, prepare: (LuaState) throws -> Void = { _ in }
    ) throws -> Value {
        let state = try LuaState()
        try prepare(state)
        return try run(body, in: state, memory: memory, seconds: seconds)
    }

    static func run(
        _ body: String, in state: LuaState, memory: Int64 = 64 << 20, seconds: Double = 20
    ) throws -> Value {
        state.setMemoryLimit(memory)
        state.setDeadline(LuaState.now + UInt64(seconds * 1e9))
        let script = try state.evaluateJob(job(body), name: "jobs/x.lua")
        state.phase = .run
        let function = try #require(script.functions["run"])
        return try state.call(function, [.value([:])], name: "run")
    }

    /// The error that `run` ends with.
    static func failure(
        _ body: String, memory: Int64 = 64 << 20, seconds: Double = 20, prepare: (LuaState) throws -> Void = { _ in }
    ) throws -> LuaError {
        do {
            let result = try run(body, memory: memory, seconds: seconds, prepare: prepare)
            Issue.record("the script ended well, with \(result)")
            return LuaError(.runtime, "")
        } catch let error as LuaError {
            return error
        }
    }
}
