-- §2.4 Metatables and metamethods
local function make(events) return setmetatable({}, events) end
local log = {}
local function record(name) return function(a, b) log[#log + 1] = name return name end end
local binary = {
  __add = function(a, b) return a + b end, __sub = function(a, b) return a - b end, __mul = function(a, b) return a * b end,
  __div = function(a, b) return a / b end, __mod = function(a, b) return a % b end, __pow = function(a, b) return a ^ b end,
  __idiv = function(a, b) return a // b end, __band = function(a, b) return a & b end, __bor = function(a, b) return a | b end,
  __bxor = function(a, b) return a ~ b end, __shl = function(a, b) return a << b end, __shr = function(a, b) return a >> b end,
  __concat = function(a, b) return a .. b end,
}
for name, operate in pairs(binary) do
  local events = { [name] = record(name) }
  same(operate(make(events), 1), name) same(operate(1, make(events)), name) same(operate(make(events), make(events)), name)
  fails("attempt to", operate, make {}, 1)
end
for name, operate in pairs { __unm = function(a) return -a end, __bnot = function(a) return ~a end, __len = function(a) return #a end } do
  local object = make { [name] = function(a) return a end }
  same(operate(object), object)
end
-- Arithmetic adjusts the result to one value; operands keep their order; the left one's handler goes first.
same((make { __add = function() return 1, 2 end } + 1), 1)
same((1 - make { __sub = function(a, b) return type(a) end }), "number")
same(make { __add = function() return "left" end } + make { __add = function() return "right" end }, "left")
same(make {} + make { __add = function() return "right" end }, "right")
-- Concatenation is tried where an operand is no string and no number.
same(1 .. make { __concat = function(a) return type(a) end }, "number")
same("a" .. ("b" .. make { __concat = function(a, b) return a .. "!" end }), "ab!")

-- Comparison: always a boolean, never between an object and itself.
local eq = { __eq = function() return 1 end }
same(make(eq) == make(eq), true) same(make(eq) ~= make(eq), false)
same(make { __eq = function() return nil end } == make {}, false)
local self = make { __eq = function() error("not called") end } same(self == self, true)
same(make(eq) == 1, false)
local order = { __lt = function(a, b) return a.n < b.n end, __le = function(a, b) return a.n <= b.n end }
local low, high = setmetatable({ n = 1 }, order), setmetatable({ n = 2 }, order)
same(low < high, true) same(low > high, false) same(low <= high, true) same(low >= high, false) same(low <= low, true)
same(make { __lt = function() return "yes" end } < 1, true) same(1 < make { __lt = function() return nil end }, false)
fails("attempt to compare", function() return make { __le = print } < make {} end)

-- Index: a function or a table, along a chain; raw access passes it by.
local base = { greet = "hi" }
local object = make { __index = base } same(object.greet, "hi") same(rawget(object, "greet"), nil)
same(make { __index = function(t, k) return k .. "!" end }.x, "x!")
same(make { __index = make { __index = make { __index = { deep = 3 } } } }.deep, 3)
object.greet = "own" same(object.greet, "own") same(base.greet, "hi")
same(make { __index = function() return 1, 2 end }.x, 1)
fails("attempt to index", function() return make { __index = 5 }.x end)

-- Newindex: only where the key is absent.
local kept = {}
local proxy = make { __newindex = kept } proxy.a = 1 same(rawget(proxy, "a"), nil) same(kept.a, 1)
local seen
proxy = make { __newindex = function(t, k, v) seen = k .. v end } proxy.b = 2 same(seen, "b2") same(rawget(proxy, "b"), nil)
rawset(proxy, "b", 1) proxy.b = 3 same(rawget(proxy, "b"), 3) same(seen, "b2")

-- Call: the object first; chains of callables; all results.
same(make { __call = function(self, a, b) return a + b end }(1, 2), 3)
same(select("#", make { __call = function(...) return ... end }(1, nil, 3)), 4)
same(make { __call = make { __call = function(outer, inner, x) return type(outer) .. type(inner) .. x end } }(7), "tabletable7")
local method = { name = "m" } setmetatable(method, { __call = function(self, x) return self.name .. x end })
local holder = { method = method } same(holder.method("1"), "m1")

-- Length and its operator on what has none.
same(#make { __len = function() return 42 end }, 42) same(#make { __len = function() return "x" end }, "x")
same(rawlen(make { __len = function() return 42 end }), 0)

-- Metatables that are protected, shared, changed.
same(getmetatable(make { __metatable = "hidden" }), "hidden")
fails("cannot change a protected metatable", setmetatable, make { __metatable = 1 }, {})
local events = {} local x = setmetatable({}, events) events.__add = function() return "late" end same(x + 1, "late")
same(getmetatable(x), events) setmetatable(x, nil) same(getmetatable(x), nil)
same(getmetatable(1), nil) same(getmetatable({}), nil)
fails("nil or table expected", setmetatable, {}, 1) fails("table expected", setmetatable, 1, {})
same(tostring(make { __tostring = function() return "text" end }), "text")
fails("'__tostring' must return a string", tostring, make { __tostring = function() return {} end })
same(tostring(make { __name = "Thing" }), "Thing")
-- __close is of 2.5; __gc cannot be had here.
fails("__gc is not available", setmetatable, {}, { __gc = print })
-- Weak tables exist; what is held elsewhere stays.
local key, weak = {}, make { __mode = "k" } weak[key] = 1 same(weak[key], 1)
local strong = {} weak = make { __mode = "v" } weak[1] = strong same(weak[1], strong)
-- What nothing else holds goes sooner or later.
local ephemeral = make { __mode = "v" }
for i = 1, 200 do ephemeral[i] = {} end
local rounds = 0
repeat local junk = {} for i = 1, 1000 do junk[i] = { i } end rounds = rounds + 1 until ephemeral[1] == nil or rounds > 2000
same(ephemeral[1], nil)
