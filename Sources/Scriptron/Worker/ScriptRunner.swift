/// Does one order: evaluates a configuration or a header, or runs an attempt.
struct ScriptRunner {
    private let stage: WorkerStage
    private let link: HostLink
    private let order: WorkerOrder
    private let grant: Grant
    private let files: [String: [UInt8]]
    /// The most memory that each program may map, in bytes; nil: no limit of its own.
    var programAddressSpace: Int64?

    init(stage: WorkerStage, link: HostLink, order: WorkerOrder, grant: Grant, files: [String: Value]) {
        self.stage = stage
        self.link = link
        self.order = order
        self.grant = grant
        self.files = files.compactMapValues { if case .bytes(let bytes) = $0 { bytes } else { nil } }
    }

    /// Does it, and says how it ended.
    func result() -> WorkerResult {
        let state = stage.state
        // Also where the script caught the error.
        defer { if state.hitMemoryLimit { link.post(.limit(LimitName.memory.rawValue)) } }
        do throws(LuaError) {
            prepare(state)
            guard let text = files[order.script] else {
                throw LuaError(.runtime, "the version has no file \(order.script)")
            }
            switch order.task {
            case .configuration:
                var result = WorkerResult(.succeeded)
                result.result = try state.evaluateConfiguration(text, name: order.script)
                return result
            case .describe, .discover: return try describe(text, state)
            case .run, .dryRun: return try attempt(text, state)
            }
        } catch {
            return failed(error, state)
        }
    }

    private func prepare(_ state: LuaState) {
        var libraries: [String: [UInt8]] = [:]
        for (name, text) in files where name.hasPrefix("lib/") && name.hasSuffix(".lua") {
            libraries[String(name.dropFirst(4).dropLast(4))] = text
        }
        state.libraries = libraries
        state.setMemoryLimit(grant.memory)
        state.seed(Int64.random(in: .min ... .max), Int64.random(in: .min ... .max))
        let left = max(0, order.deadline - Monotonic.now)
        state.setDeadline(LuaState.now + UInt64(left * 1e9))
        state.print = { [link] bytes in
            link.post(.log(level: "info", message: String(decoding: bytes, as: UTF8.self), fields: [:]))
        }
    }

    /// The header, then `{needs, facts}` for the settings that the host answers.
    private func describe(_ text: [UInt8], _ state: LuaState) throws(LuaError) -> WorkerResult {
        let script = try state.evaluateJob(text, name: order.script)
        link.send(.header(JobDefinition.header(plain: script.header, functions: script.functions.keys)))
        var result = WorkerResult(.succeeded)
        guard let settings = try? link.settings() else { return result }
        var facts = Value.null
        if order.task == .discover, let discover = script.functions["discover"] {
            try openWorld()
            state.phase = .run
            facts = try state.call(discover, [.value(settings)], name: "discover")
            state.phase = .evaluation
            stage.context.session = nil
        }
        var needs = Value.null
        if let function = script.functions["needs"] {
            needs = try state.call(function, [.value(settings), .value(facts)], name: "needs", mixesKeys: true)
        }
        result.result = ["needs": needs, "facts": facts]
        return result
    }

    private func attempt(_ text: [UInt8], _ state: LuaState) throws(LuaError) -> WorkerResult {
        let script = try state.evaluateJob(text, name: order.script)
        guard let run = script.functions["run"] else {
            throw LuaError(.runtime, "the job has no run function", place: order.script)
        }
        try openWorld()
        var result = WorkerResult(.succeeded)
        do throws(LuaError) {
            var fields = order.this
            fields["facts"] = order.facts
            try raising { () throws(Failure) in try state.setFields(of: "this", fields) }
            state.phase = .run
            result.result = try state.call(run, [.value(order.settings), .module("this")], name: "run").displayed
        } catch {
            if stage.context.verdict == nil || error.kind == .timeout { throw error }
            result.error = error.report
        }
        conclude(&result)
        result.plan = plan
        return result
    }

    /// What a dry run would have done so far.
    private var plan: Value { (stage.context.session?.effects as? PlannedEffects)?.report ?? .null }

    /// What the script said of its own end counts, whatever it did with the error that said it.
    private func conclude(_ result: inout WorkerResult) {
        switch stage.context.verdict {
        case .skip(let reason):
            result.outcome = .skipped
            result.reason = reason
            result.error = nil
        case .fail(let message, let retry):
            result.outcome = .failed
            result.reason = message
            result.error = result.error ?? message
            result.code = "FAIL"
            result.retry = retry
        case nil: break
        }
    }

    /// Gives the host API its means.
    private func openWorld() throws(LuaError) {
        try raising { () throws(Failure) in
            // A dry run may ask for what the job's grant allows, though its own sandbox lets it change nothing.
            let asked = try order.grant.map { (value) throws(Failure) in try Grant(decoding: value) } ?? grant
            let scratch = order.scratch ?? (order.task == .dryRun ? PlannedEffects.scratch : nil)
            var settings = LiveEffects.Settings(
                services: link, grant: asked, base: order.base, scratch: scratch, zone: order.timezone,
                deadline: order.deadline)
            settings.margin = min(2, max(0, order.deadline - Monotonic.now) / 20)
            settings.programAddressSpace = programAddressSpace
            let live = LiveEffects(settings)
            if order.task == .dryRun { AccessTimes.keep() }
            let effects: any Effects =
                order.task == .dryRun
                ? PlannedEffects(
                    live, at: order.this["fire_time"]?.double.map { Timestamp($0) }, DryRunTerms(order.dry)) : live
            // A refusal alone wants to know it: it is asked for then.
            let resolver = PathResolver(grant: asked, base: order.base, scratch: scratch, job: order.job) { [link] in
                (try? link.request(.ceiling, [:])).flatMap(Ceiling.init(value:))
            }
            if order.task == .dryRun { makeMissing(asked, resolver, effects) }
            stage.context.session = APIContext.Session(
                effects: effects, resolver: resolver, grant: asked, zone: try Zone.named(orSystem: order.timezone))
            if order.task != .dryRun {
                let calls = ParallelCalls(turn: settings.turn, names: ParallelCall.names)
                stage.context.session?.calls = calls
                stage.state.parallelCalls = calls
            }
            if order.learns { stage.context.session?.uses = UseTeller(effects) }
        }
    }

    /// The directories that the host would make when it loads the job: the first steps of the plan.
    private func makeMissing(_ grant: Grant, _ resolver: PathResolver, _ effects: any Effects) {
        for path in grant.write {
            guard let checked = try? resolver.check(path.bytes, .write, call: "needs"),
                (try? effects.status(checked, follow: true)) == .some(nil)
            else { continue }
            // What cannot be made is left to the error of the call that needs it.
            _ = try? effects.makeDirectory(checked, mode: nil, parents: true)
        }
        // It is the host that makes them: the job needs no right for it.
        (effects as? PlannedEffects)?.used = UsedNeeds()
    }

    private func raising<Result>(_ body: () throws(Failure) -> Result) throws(LuaError) -> Result {
        do throws(Failure) {
            return try body()
        } catch {
            throw LuaError(.runtime, error.description, code: error.code)
        }
    }

    private func failed(_ error: LuaError, _ state: LuaState) -> WorkerResult {
        var result = WorkerResult(.failed)
        result.reason = error.description
        result.error = error.report
        result.code = error.failure.code
        result.retry = error.fields["retry"]?.bool ?? true
        result.plan = plan
        return result
    }
}
