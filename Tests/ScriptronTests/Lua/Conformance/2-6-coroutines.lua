-- §2.6 Coroutines, and §6.2 the library
local co = coroutine.create(function(a, b)
  same(a + b, 3)
  local c = coroutine.yield(a, b)
  same(c, "again")
  local d, e = coroutine.yield()
  same(d, nil) same(e, 5)
  return "end", nil, 7
end)
same(coroutine.status(co), "suspended")
same({ coroutine.resume(co, 1, 2) }, { true, 1, 2 }) same(coroutine.status(co), "suspended")
same(select("#", coroutine.resume(co, "again")), 1)
local results = table.pack(coroutine.resume(co, nil, 5)) same(results.n, 4) same(results[2], "end") same(results[4], 7)
same(coroutine.status(co), "dead")
same({ coroutine.resume(co) }, { false, "cannot resume dead coroutine" })

-- Errors end it, and come out of resume.
co = coroutine.create(function() error({ code = 1 }) end)
local ok, message = coroutine.resume(co) same(ok, false) same(message.code, 1) same(coroutine.status(co), "dead")

-- Wrap raises, passes values, and puts the place before texts.
local generate = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end return "done" end)
same(generate(), 1) same(generate(), 2) same(generate(), 3) same(generate(), "done")
fails("cannot resume dead coroutine", generate)
same(select(2, pcall(coroutine.wrap(function() error(setmetatable({}, { __tostring = function() return "kept" end })) end))) ~= nil, true)
local sum = 0 for i in coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i) end end) do sum = sum + i end same(sum, 55)

-- Status, running, isyieldable.
local main, is_main = coroutine.running() same(type(main), "thread") same(is_main, true) same(coroutine.isyieldable(), false)
fails("attempt to yield from outside a coroutine", coroutine.yield)
coroutine.wrap(function()
  local self, main_thread = coroutine.running()
  same(main_thread, false) same(coroutine.isyieldable(), true) same(coroutine.status(self), "running")
  same(coroutine.status(main), "normal")
  fails("cannot resume non-suspended coroutine", function() assert(coroutine.resume(self)) end)
  same({ coroutine.resume(main) }, { false, "cannot resume non-suspended coroutine" })
end)()

-- Yields through pcall, metamethods, iterators, other coroutines.
co = coroutine.wrap(function()
  local ok, got = pcall(function() return coroutine.yield("in pcall") + 1 end)
  same(ok, true) same(got, 11)
  local object = setmetatable({}, { __add = function(_, n) return coroutine.yield("in add") + n end, __index = function(_, k) return coroutine.yield(k) end })
  same(object + 1, 21) same(object.key, 30)
  for v in function() return coroutine.yield("in for") end do same(v, 40) break end
  same(select(2, xpcall(function() return coroutine.yield("in xpcall") end, print)), 50)
  return "out"
end)
same(co(), "in pcall") same(co(10), "in add") same(co(20), "key") same(co(30), "in for") same(co(40), "in xpcall") same(co(50), "out")
fails("attempt to yield across a C-call boundary", function()
  assert(coroutine.resume(coroutine.create(function() table.sort({ 1, 2, 3 }, coroutine.yield) end)))
end)

-- A producer, a filter and a consumer.
local function producer() return coroutine.create(function() for i = 1, 6 do coroutine.yield(i) end end) end
local function filter(source)
  return coroutine.create(function()
    while true do
      local _, value = coroutine.resume(source)
      if not value then return end
      if value % 2 == 0 then coroutine.yield(value * 10) end
    end
  end)
end
local got, pipe = {}, filter(producer())
while true do local _, value = coroutine.resume(pipe) if not value then break end got[#got + 1] = value end
same(got, { 20, 40, 60 })

-- Close: variables that are to be closed, errors, states.
local closed = {}
co = coroutine.create(function()
  local a <close> = setmetatable({}, { __close = function(_, e) closed[#closed + 1] = "a" .. tostring(e) end })
  local b <close> = setmetatable({}, { __close = function(_, e) closed[#closed + 1] = "b" .. tostring(e) end })
  coroutine.yield()
end)
coroutine.resume(co) same(coroutine.close(co), true) same(closed, { "bnil", "anil" }) same(coroutine.status(co), "dead")
same(coroutine.close(co), true) same(coroutine.close(coroutine.create(print)), true)
co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() error("closing", 0) end }) coroutine.yield() end)
coroutine.resume(co) same({ coroutine.close(co) }, { false, "closing" })
co = coroutine.create(error) coroutine.resume(co, "dead of it") same({ coroutine.close(co) }, { false, "dead of it" })
fails("cannot close a running coroutine", function() coroutine.close((coroutine.running())) end)
fails("coroutine expected", coroutine.resume, 1) fails("function expected", coroutine.create, 1)
