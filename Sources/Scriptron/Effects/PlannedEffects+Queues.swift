/// Queues in a dry run: the host answers from its copy of the store, which is done to as a run would do to the store;
/// what would change is planned.
extension PlannedEffects {
    func planQueue(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value {
        let answer = try live.request(service, arguments)
        let queue = arguments["queue"] ?? .null
        let lost = Set(answer.list?.compactMap(\.integer) ?? [])
        let tasks = (arguments["tasks"]?.list ?? []).filter { !lost.contains($0["id"]?.integer ?? 0) }
        switch service {
        case .queuePush:
            planPush(answer, key: arguments["key"], arguments)
        case .queuePushAll:
            let keys = arguments["keys"]?.list
            for (index, pushed) in (answer.list ?? []).enumerated() {
                planPush(pushed, key: keys.flatMap { $0.indices.contains(index) ? $0[index] : nil }, arguments)
            }
        case .queueDone:
            for task in tasks { plan.add("finish task", ["queue": queue, "task": task["id"] ?? .null]) }
        case .queueReturn:
            for task in tasks {
                var step: [String: Value] = ["queue": queue, "task": task["id"] ?? .null]
                if let delay = task["postpone"]?.double {
                    step["delay"] = seconds(delay)
                    plan.add("postpone task", step)
                    continue
                }
                step["error"] = task["error"]
                if task["dead"]?.bool == true {
                    plan.add("bury task", step)
                } else {
                    step["retry_in"] = seconds(task["retry_in"]?.double ?? 0)
                    plan.add("fail task", step)
                }
            }
        case .queueRequeue:
            if let count = answer.integer, count > 0 { plan.add("requeue tasks", ["queue": queue], count: count) }
        case .queuePause: plan.add("pause queue", ["queue": queue])
        case .queueResume: plan.add("resume queue", ["queue": queue])
        default: break
        }
        return answer
    }

    /// A key that is known pushes nothing.
    private func planPush(_ pushed: Value, key: Value?, _ arguments: [String: Value]) {
        guard pushed["new"]?.bool == true else { return }
        var step: [String: Value] = ["queue": arguments["queue"] ?? .null, "task": pushed["id"] ?? .null]
        step["key"] = key
        if let delay = arguments["delay"]?.double, delay > 0 { step["delay"] = seconds(delay) }
        plan.add("push task", step)
    }

    private func seconds(_ seconds: Double) -> Value { .text(Quantity.describe(seconds: seconds.rounded())) }
}
