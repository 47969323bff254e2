-- §3.2 Variables and §3.3 Statements
local undefined same(undefined, nil) same(a_global_that_is_not, nil)
local t = { x = { y = 1 } } same(t.x.y, t["x"]["y"])

-- 3.3.1 Blocks, 3.3.2 chunks: a chunk is a function with arguments.
do local inner = 1 same(inner, 1) end same(inner, nil)
same(load("return ...")(1), 1) same(select("#", load("return ...")(nil, nil)), 2) same(load("")(), nil)
same(load("local a = 1; ; return a")(), 1) same(load("return")(), nil) same(load("return 1 return 2"), nil)

-- 3.3.3 Assignment: all expressions first; surplus dropped, missing nil; the last call expands.
local a, b, c = 1, 2 same(c, nil) a, b = b, a same(a, 2) same(b, 1)
local i, list = 3, {} i, list[i] = i + 1, 20 same(list[3], 20) same(list[4], nil) same(i, 4)
local function three() return 1, 2, 3 end
a, b, c = three() same(c, 3) a, b, c = 0, three() same(b, 1) same(c, 2) a, b, c = three(), 10 same(a, 1) same(b, 10) same(c, nil)
a, b = (three()) same(a, 1) same(b, nil) a, b, c = three(), three() same(b, 1) same(c, 2)

-- 3.3.4 Control structures.
local n = 0 while n < 5 do n = n + 1 if n == 3 then break end end same(n, 3)
n = 0 repeat local stop = n >= 2 n = n + 1 until stop same(n, 3)
local function grade(x) if x > 2 then return "high" elseif x > 1 then return "mid" else return "low" end end
same(grade(3), "high") same(grade(2), "mid") same(grade(0), "low")
local seen = {}
for row = 1, 3 do
  for column = 1, 3 do
    if column == 2 then goto continue end
    seen[#seen + 1] = row * 10 + column
    ::continue::
  end
end
same(seen, { 11, 13, 21, 23, 31, 33 })
do local k = 0 ::top:: k = k + 1 if k < 3 then goto top end same(k, 3) end
do -- Each turn of a loop by goto has variables of its own.
  local functions = {} local k = 1
  ::again:: local own = k functions[k] = function() return own end k = k + 1 if k <= 2 then goto again end
  same(functions[1](), 1) same(functions[2](), 2)
end
for _, text in ipairs { "goto nowhere", "do ::here:: end goto here", "goto in_scope local x ::in_scope:: print(x)", "::l:: ::l::", "break", "repeat if x then goto c end local y ::c:: until y" } do
  same(load(text), nil, text)
end
same(pcall(load, "for i = 1, 10 do local x ::l:: end"), true)

-- 3.3.5 Numeric for.
local function numbers(from, to, step) local out = {} for k = from, to, step or 1 do out[#out + 1] = k end return out end
same(numbers(1, 3), { 1, 2, 3 }) same(numbers(3, 1, -1), { 3, 2, 1 }) same(numbers(1, 0), {}) same(numbers(1, 6, 2), { 1, 3, 5 })
same(numbers(1.0, 2), { 1.0, 2.0 }) same(#numbers(0.1, 1, 0.1) >= 9, true) same(math.type(numbers(1.0, 2)[1]), "float")
same(numbers(math.maxinteger - 1, math.maxinteger), { math.maxinteger - 1, math.maxinteger })
same(numbers(math.mininteger + 1, math.mininteger, -1), { math.mininteger + 1, math.mininteger })
same(#numbers(1, 3.9), 3) same(#numbers(1, -math.huge), 0) same(numbers(3, 1.5, -1), { 3, 2 })
fails("'for' step is zero", numbers, 1, 2, 0) fails("'for' initial value", numbers, {}, 2) fails("'for' limit", numbers, 1, {})
for k = 1, 3 do local k = k * 2 same(k % 2, 0) end
local captured = {} for k = 1, 3 do captured[k] = function() k = k + 1 return k end end same(captured[1](), 2) same(captured[1](), 3) same(captured[2](), 3)

-- Generic for: iterator, state, control, closing value.
local function iterate(limit, k) if k < limit then return k + 1, k * 10 end end
local out = {} for k, v in iterate, 3, 0 do out[k] = v end same(out, { 0, 10, 20 })
local order = {}
local closing = setmetatable({}, { __close = function() order[#order + 1] = "closed" end })
for k in iterate, 3, 0, closing do order[#order + 1] = k if k == 2 then break end end same(order, { 1, 2, "closed" })
order = {} pcall(function() for k in iterate, 3, 0, closing do error("x") end end) same(order, { "closed" })
local count = 0 for k, v in pairs { 1, 2, x = 3 } do count = count + v end same(count, 6)
local keys = {} for k in pairs { a = 1, b = 2, c = 3 } do keys[#keys + 1] = k end table.sort(keys) same(keys, { "a", "b", "c" })
local holes = {} for k, v in ipairs { 1, 2, nil, 4 } do holes[k] = v end same(#holes, 2)
local mutable = { 1, 2, 3, 4 } for k in pairs(mutable) do mutable[k] = nil end same(next(mutable), nil)
fails("attempt to call a nil value", function() for k in nil do end end)

-- 3.3.6 Calls as statements; 3.3.7 local attributes; 3.3.8 to-be-closed variables.
local called = 0 (function() called = called + 1 end)() same(called, 1)
local fixed <const> = 5 same(fixed, 5) same(load("local x <const> = 1 x = 2"), nil) same(load("local x <other> = 1"), nil)
same(load("local a <close>, b <close> = nil, nil"), nil)
order = {}
local function closer(name) return setmetatable({}, { __close = function(_, e) order[#order + 1] = name .. ":" .. tostring(e) end }) end
do local one <close> = closer("one") local two <close> = closer("two") local none <close> = nil local no <close> = false end
same(order, { "two:nil", "one:nil" })
order = {} pcall(function() local one <close> = closer("one") error("boom", 0) end) same(order, { "one:boom" })
order = {} same((function() local one <close> = closer("one") return #order end)(), 0) same(order, { "one:nil" })
order = {} for k = 1, 2 do local each <close> = closer("k" .. k) if k == 2 then break end end same(order, { "k1:nil", "k2:nil" })
order = {} do goto out_of_it end ::out_of_it:: same(order, {})
local ok, message = pcall(function()
  local one <close> = setmetatable({}, { __close = function(_, e) error("second after " .. e, 0) end })
  error("first", 0)
end) same(message, "second after first")
fails("variable 'x' got a non-closable value", function() local x <close> = {} end)
same(select("#", (function() local c <close> = closer("c") return 1, nil, nil end)()), 3)
