import Synchronization
import Testing

@testable import Scriptron

struct ParallelModuleTests {
    private let fixture: APIFixture

    init() throws { fixture = try APIFixture() }

    /// Lets callers go on when so many have come.
    private final class Barrier: Sendable {
        let wanted: Int
        let state = Mutex<(came: Int, most: Int, inside: Int)>((0, 0, 0))
        let gate = Semaphore()

        init(_ wanted: Int) { self.wanted = wanted }

        /// Whether all came.
        func pass() -> Bool {
            let all = state.withLock { state in
                state.came += 1
                return state.came == wanted
            }
            if all { for _ in 0..<wanted { gate.signal() } }
            return gate.wait(seconds: 30)
        }

        func count<Result>(_ body: () -> Result) -> Result {
            state.withLock { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
            }
            defer { state.withLock { $0.inside -= 1 } }
            return body()
        }
    }

    @Test func `requests go on at once, and the results are in order`() throws {
        let barrier = Barrier(4)
        let server = try fixture.server { request in
            barrier.pass() ? .text(request.target) : .text("alone", status: 500)
        }
        let result = try fixture.run(
            """
            return parallel({ "a", "b", "c", "d" }, function(name, index)
              local ok, answer = pcall(http.get, "\(server.url("/"))" .. name)
              return index .. (ok and answer.body or tostring(answer))
            end, { limit = 4 })
            """)
        #expect(result == ["1/a", "2/b", "3/c", "4/d"])
    }

    @Test func `a table that is no list is refused, not left out`() throws {
        for items in ["{ a = 1 }", "{ 1, 2, a = 3 }", "{ [0] = 1 }", "{ [3] = 1 }", "{ [1.5] = 1 }"] {
            let failure = try fixture.failure("return parallel(\(items), function(item) return item end)").failure
            #expect(failure.code == "EARGUMENT", "\(items)")
            #expect(failure.message.contains("must be a list, not a table with other keys"), "\(items)")
        }
        let result = try fixture.run(
            """
            local got, problems = parallel({ 1, 2, 3 }, function(item)
              if item == 2 then error("no") end
              return item
            end, { on_error = "collect" })
            return { #parallel({}, print), parallel(table.pack(1, 2), function(item) return item end), got[1], got[2] == nil,
              got[3], problems[1].index }
            """)
        #expect(result == [0, [1, 2], 1, true, 3, 2])
    }

    @Test func `no more than limit at once`() throws {
        let barrier = Barrier(0)
        let server = try fixture.server { request in barrier.count { .text(request.target) } }
        let result = try fixture.run(
            """
            local items = {}
            for index = 1, 40 do items[index] = index end
            local answers = parallel(items, function(item) return http.get("\(server.url("/"))" .. item).body end,
              { limit = 2 })
            return { #answers, answers[40] }
            """)
        #expect(result == [40, "/40"])
        #expect(barrier.state.withLock { $0.most } <= 2)
    }

    @Test func `programs, waits and hashes go on beside one another`() throws {
        let result = try fixture.run(
            """
            fs.write("big", ("x"):rep(3 << 20))
            return parallel({
              function() return process.run({ "sh", "-c", "until test -e go; do :; done; echo went" }).stdout end,
              function() time.sleep(0.01) return hash.file("big"):sub(1, 4) end,
              function() fs.write("go", "") return process.output({ "sh", "-c", "exit 0" }) end,
            }, function(step) return step() end)
            """)
        #expect(result.list?.first == "went\n")
        #expect(result.list?.count == 3)
    }

    @Test func `an error ends what goes on, and closes it`() throws {
        let server = try fixture.server { $0.target == "/never" ? .silence : .text("x", status: 404) }
        let result = try fixture.run(
            """
            local closed, after, began = 0, 0, 0
            local ok, why = pcall(parallel, { "/never", "/never", "/gone", "/late" }, function(name)
              began = began + 1
              local guard <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
              http.get("\(server.url("/"))" .. name:sub(2), { timeout = 300 })
              after = after + 1
            end, { limit = 3 })
            local sleeping, what = pcall(parallel, { 1, 2, 3 }, function(item)
              if item == 3 then error("third") end
              if item == 2 then process.run { "sh", "-c", "exec sleep 300" } end
              time.sleep(300)
            end)
            return { ok, why.code, closed, after, began, sleeping, what:match("third") }
            """)
        #expect(result == [false, "EHTTP", 3, 0, 3, false, "third"])
    }

    @Test func `collects errors where it is told to`() throws {
        let result = try fixture.run(
            """
            local results, errors = parallel({ 4, 0, 6 }, function(item)
              if item == 0 then fs.read("missing") end
              time.sleep(0.001)
              return item * 2
            end, { on_error = "collect" })
            return { results[1], results[2] == nil, results[3], #errors, errors[1].index, errors[1].item,
              errors[1].error.code }
            """)
        #expect(result == [8, true, 12, 1, 2, 0, "ENOENT"])
    }

    @Test func `what cannot wait blocks: own coroutines, callbacks; and it may be nested`() throws {
        let result = try fixture.run(
            """
            return parallel({ 1, 2 }, function(item)
              local inner = coroutine.wrap(function() time.sleep(0.001) coroutine.yield("i") end)
              local list = { 3, 1, 2 }
              table.sort(list, function(left, right) time.sleep(0) return left < right end)
              local below = parallel({ "a", "b", "c" }, function(name) time.sleep(0.002) return name .. item end)
              for entry in fs.walk(".") do time.sleep(0) end
              return inner() .. table.concat(list) .. table.concat(below)
            end)
            """)
        #expect(result == ["i123a1b1c1", "i123a2b2c2"])
    }

    @Test(arguments: [
        ("parallel(3, print)", "parallel: argument 1 (items) must be a list, not a number"),
        ("parallel({})", "parallel: argument 2 (fn) must be a function, not a nil"),
        ("parallel({}, print, { limit = 0 })", "parallel: option limit must be a whole number from 1 to 64, not 0"),
        ("parallel({}, print, { limits = 2 })", "parallel: unknown option limits; did you mean limit?"),
        ("parallel({}, print, { on_error = 'skip' })", "option on_error must be one of raise, collect"),
        ("parallel({ 1 }, function() coroutine.yield() end)", "parallel: the function yields"),
    ])
    func `says what is wrong with its arguments`(call: String, text: String) throws {
        let error = try fixture.failure("return \(call)")
        #expect(error.description.contains(text))
    }

    @Test func `an empty list gives an empty list, and thousands of items are no matter`() throws {
        let result = try fixture.run(
            """
            local items = {}
            for index = 1, 5000 do items[index] = index end
            local all = parallel(items, function(item) if item % 100 == 0 then time.sleep(0) end return item end)
            return { #parallel({}, print), #all, all[5000] }
            """)
        #expect(result == [0, 5000, 5000])
    }

    @Test func `in a dry run it gives the same, one after the other`() throws {
        fixture.isDry = true
        let result = try fixture.run(
            """
            return parallel({ "a", "b" }, function(name)
              fs.write(name, name)
              time.sleep(60)
              return process.run({ "sh", "-c", "true" }, { dry = "planned " .. name }).stdout
            end)
            """)
        #expect(result == ["planned a", "planned b"])
        #expect(fixture.steps == ["write a", "run", "write b (assumed)", "run (assumed)"])
    }
}
