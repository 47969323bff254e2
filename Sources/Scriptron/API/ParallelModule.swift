/// `parallel`: a function called for many items, with the calls in it that wait beside one another.
package func parallelModule(_ context: APIContext) -> HostModule {
    func calls() throws(Failure) -> ParallelCalls {
        guard let calls = try context.current("parallel").calls else {
            throw Failure(code: "EINTERNAL", "parallel: nothing goes on beside the script")
        }
        return calls
    }
    var module = HostModule(
        "parallel",
        functions: [
            // The kinds of the two first arguments, and the options.
            HostFunction("begin") { arguments in
                let arguments = Arguments(function: "parallel", values: arguments.values)
                for (index, name, expected) in [(0, "items", "table"), (1, "fn", "function")] {
                    let kind = arguments[index].text ?? "nil"
                    if kind == expected { continue }
                    let what = index == 0 ? "a list" : "a function"
                    throw Failure(
                        code: "EARGUMENT", "parallel: argument \(index + 1) (\(name)) must be \(what), not a \(kind)",
                        cure: "parallel(items, function(item) … end, { limit = 8 })")
                }
                var options = try arguments.options(2)
                let most = ParallelCall.mostAtOnce
                var limit: Int64 = 8
                if let given = options.take("limit") {
                    guard let count = given.integer, (1...most).contains(count) else {
                        throw options.mismatch("limit", "a whole number from 1 to \(most)", given)
                    }
                    limit = count
                }
                let onError = try options.word("on_error", of: ["raise", "collect"], default: "raise")
                try options.finish(known: ["limit", "on_error"])
                return [.int(limit), .bool(onError == "raise")]
            },
            HostFunction("wait") { [.int(try calls().wait(above: try $0.integer(0, "floor")))] },
            HostFunction("cancel") { arguments in
                try calls().cancel(above: try arguments.integer(0, "floor"))
                return []
            },
        ], prelude: prelude)
    module.isFunction = true
    return module
}

/// What `parallel` allows.
package enum ParallelCall {
    /// The most items at once: each may have a thread.
    static let mostAtOnce: Int64 = 64

    /// The functions that wait for the world long enough to go on beside the script.
    package static let names: Set<String> = [
        "request:next", "http.request", "http.get", "http.post", "http.put", "http.download", "http.upload",
        "bucket:put", "bucket:get", "bucket:head", "bucket:verify", "bucket:list", "bucket:delete", "bucket:abort",
        "database:query", "database:cursor", "database:exec", "database:copy_out", "rows:next", "sql.open",
        "sql.backup",
        "process.run", "process.output", "process.pipe", "programs:next", "net.tcp", "net.tls", "time.sleep",
        "hash.file",
        "archive.create", "archive.extract", "archive.verify", "archive.list", "archive.scan", "archive.content",
        "archive.compress", "archive.compress_all", "archive.decompress",
    ]
}

/// Each item has a coroutine with a number above those of all that began before; one whose call waits stays in `running`.
private let prelude = #"""
    local parallel, base = ...
    local create, close, resume = base.coroutine.create, base.coroutine.close, base.resume_task
    local begin, wait, cancel = parallel.begin, parallel.wait, parallel.cancel
    local error, type, pairs, next, rawlen, setmetatable = base.error, base.type, base.pairs, base.next, base.rawlen, base.setmetatable
    local sort, math_type = base.table.sort, base.math.type
    local last = 0

    -- What would be silently left out otherwise. table.pack leaves an n.
    local function kind(items)
      if type(items) ~= "table" then return type(items) end
      local count = rawlen(items)
      for key in next, items do
        if key ~= "n" and (math_type(key) ~= "integer" or key < 1 or key > count) then return "table with other keys" end
      end
      return "table"
    end

    function parallel.call(items, fn, options)
      local limit, raises = begin(kind(items), type(fn), options)
      local count, started, active, floor = rawlen(items), 0, 0, last
      local results, errors, running, failed, problem = {}, {}, {}, false, nil

      -- Whatever ends this function, nothing of it goes on.
      local left <close> = setmetatable({}, { __close = function()
        if next(running) == nil then return end
        cancel(floor)
        local ids = {}
        for id in pairs(running) do ids[#ids + 1] = id end
        sort(ids)
        for _, id in pairs(ids) do close(running[id].thread) end
      end })

      local function advance(id, thread, index, ...)
        local state, value = resume(thread, id, ...)
        if state == "waits" then
          running[id] = { thread = thread, index = index }
          return
        end
        running[id] = nil
        active = active - 1
        if state == "done" then
          results[index] = value
          return
        end
        close(thread)
        if not raises then
          errors[#errors + 1] = { index = index, item = items[index], error = value }
        elseif not failed then
          failed, problem = true, value
        end
      end

      while true do
        while not failed and active < limit and started < count do
          started, last, active = started + 1, last + 1, active + 1
          advance(last, create(fn), started, items[started], started)
        end
        if failed then error(problem, 0) end
        if active == 0 then break end
        local id = wait(floor)
        local task = running[id]
        advance(id, task.thread, task.index)
      end
      if raises then return results end
      sort(errors, function(left, right) return left.index < right.index end)
      return results, errors
    end
    """#
