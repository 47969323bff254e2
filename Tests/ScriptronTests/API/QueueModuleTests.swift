import Synchronization
import Testing

@testable import Scriptron

/// The module `queue` against the host's desk and a store in memory.
@Suite("The module queue") struct QueueModuleTests {
    let api: APIFixture
    let store = MemoryStore()

    init() throws {
        api = try APIFixture()
        let desk = QueueDesk(store: store)
        let services = api.services
        services.answer = { service, arguments in
            guard service.isOfQueue else { return nil }
            let answer = Mutex<Value?>(nil)
            let done = Semaphore()
            let call = ServiceCall(service: service, arguments: arguments, job: "test", run: 5, grant: Grant())
            desk.serve(call) { result in
                answer.withLock { $0 = (try? result.get()) ?? "the host refused" }
                done.signal()
            }
            done.wait()
            return answer.withLock { $0 }
        }
    }

    private func tasks(_ state: QueueTask.State? = nil) throws -> [QueueTask] {
        try store.read { try $0.tasks(TaskQuery(queue: "q", state: state)) }
    }

    @Test("Tasks are pushed, claimed, and told done or failed") func round() throws {
        let result = try api.run(
            """
            local q = queue.open("q")
            local first, new = q:push({ n = 1, list = { "x" } }, { key = "a" })
            local again, not_new = q:push("other", { key = "a" })
            q:push(2, { delay = "1h" })
            for n = 3, 6 do q:push(n) end
            local claimed = q:claim { max = 4, lease = "5m" }
            local done, lost = q:done { claimed[1], claimed[2] }
            claimed[3].retry_in = 3600
            local failed = q:fail({ claimed[3], claimed[4] }, { dead = false, retry_in = "2h", error = "no" })
            local gone, which = q:done(claimed[1])
            return { first == again, new, not_new, #claimed, claimed[1].body.list[1], claimed[1].attempt,
                     claimed[1].key, done, #lost, failed, gone, which[1] == claimed[1].id }
            """)
        #expect(result == [true, true, false, 4, "x", 1, "a", 2, 0, 2, 0, true])
        let left = try tasks()
        #expect(left.map(\.body) == [2, 4, 5, 6])
        #expect(left.map(\.error) == [nil, "no", "no", nil])
        let after = left[2].due - left[1].due
        #expect(after > 3599 && after < 3601, "a task's own delay comes first")
    }

    @Test("Dead tasks are listed and requeued; errors are capped and escaped") func dead() throws {
        let result = try api.run(
            """
            local q = queue.open("q")
            q:push("a") q:push("b")
            local claimed = q:claim()
            q:fail(claimed[1], { dead = true, error = "bell \\7, byte \\255, é" })
            q:fail(claimed[2], { dead = true, error = ("x"):rep(100000) })
            local dead = q:dead { max = 5 }
            local count = q:requeue { dead[1] }
            local rest = q:requeue()
            q:pause { duration = "1h" }
            local paused = #q:claim()
            q:resume()
            local stats = q:stats()
            local back = q:claim()
            return { #dead, dead[1].error, #dead[2].error < 2100, count, rest, paused, stats.ready, stats.failed,
                     back[1].attempt, (q:postpone(back, { delay = "1m" })), (q:extend(back)), q:stats().delayed }
            """)
        #expect(result == [2, #"bell \x07, byte \xff, é"#, true, 1, 1, 0, 2, 2, 1, 2, 0, 2])
    }

    @Test("Many are pushed at once, all or none, keys told apart") func batches() throws {
        let result = try api.run(
            """
            local q = queue.open("q")
            q:push("known", { key = "k2" })
            local ids, new = q:push_all({ { n = 1 }, { n = 2 }, { n = 3 }, { n = 4 } },
              { keys = { "k1", "k2", "k3", "k1" }, delay = "0s" })
            local none, no_new = q:push_all {}
            local refused = {}
            for index, call in ipairs {
              function() q:push_all { "a", ("x"):rep(300000) } end,
              function() q:push_all({ "a", "b" }, { keys = { "only one" } }) end,
              function() q:push_all({ "a", "b" }, { keys = { "x", ("k"):rep(600) } }) end,
              function() q:push_all({ "a", "b" }, { keys = { "x", 7 } }) end,
              function()
                local many = {}
                for n = 1, 1001 do many[n] = n end
                q:push_all(many)
              end,
              function()
                local large = {}
                for n = 1, 17 do large[n] = ("x"):rep(250000) end
                q:push_all(large)
              end,
              function() q:push_all("text") end,
            } do
              local _, problem = pcall(call)
              refused[index] = type(problem) == "table" and problem.code or "none"
            end
            return { #ids, new, ids[1] == ids[4], ids[2] ~= ids[3], #none, no_new, table.concat(refused, " ") }
            """)
        #expect(Array(result.list?.prefix(6) ?? []) == [4, 2, true, true, 0, 0])
        // What the store's side refuses, the fixture answers as text, which no list of tasks is.
        let refused = (result.list?.last?.text ?? "").split(separator: " ").map(String.init)
        #expect(refused.count == 7 && refused[0] == "E2BIG" && refused[1] == "EARGUMENT")
        #expect(Array(refused.suffix(3)) == ["E2BIG", "E2BIG", "EARGUMENT"], "\(refused)")
        #expect(try tasks().map(\.body) == ["known", ["n": 1], ["n": 3]])
    }

    @Test("What cannot be a task is refused, and a body too large is a limit that was hit") func refusals() throws {
        let large = try api.failure(#"queue.open("q"):push(("x"):rep(300000))"#)
        #expect(large.code == "E2BIG" && large.message.contains("of a task may have 256"))
        let limits = api.services.notes.compactMap { if case .limit(let name) = $0 { name } else { nil } }
        #expect(limits == ["task"])
        // Whatever is taken must come back out of a claim, which wraps it.
        for depth in [90, 91, 180] {
            let pushed = try api.run(
                """
                local value = 1
                for _ = 1, \(depth) do value = { value } end
                local q = queue.open("deep")
                return { (pcall(q.push, q, value)), #q:claim(), q:stats().leased }
                """)
            #expect(pushed == (depth <= 90 ? [true, 1, 1] : [false, 0, 1]), "\(depth)")
        }
        for wrong in [
            #"queue.open("a b")"#, #"queue.open("")"#, #"queue.open("q"):push(1, { delai = 1 })"#,
            #"queue.open("q"):done { { id = 1 } }"#,
            #"queue.open("q"):done(7)"#, #"queue.open("q"):requeue("all")"#,
        ] {
            #expect(try api.failure(wrong).code == "EARGUMENT", "\(wrong)")
        }
        #expect(try tasks().isEmpty)
    }

    @Test("A dry run plans what it does to the copy of the store") func dry() throws {
        api.isDry = true
        let result = try api.run(
            """
            local q = queue.open("q")
            q:push("a", { key = "k" }) q:push("b", { key = "k" }) q:push("c", { delay = "90s" })
            local claimed = q:claim()
            q:fail(claimed, { retry_in = "10s", error = "why" })
            q:push("d")
            q:done(q:claim())
            return q:stats().delayed
            """)
        #expect(result == 2)
        #expect(
            api.planned?.plan.steps.map(\.effect) == [
                "push task", "push task", "fail task", "push task", "finish task",
            ])
        #expect(api.planned?.plan.steps[1].arguments["delay"] == "1 min 30 s")
    }
}
