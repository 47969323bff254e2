-- §2.1 Values and types
same(type(nil), "nil") same(type(true), "boolean") same(type(1), "number") same(type(1.5), "number")
same(type("x"), "string") same(type({}), "table") same(type(print), "function") same(type(function() end), "function")
same(type(coroutine.create(print)), "thread")

-- nil and false are false, all else is true.
same(not nil, true) same(not false, true) same(not 0, false) same(not "", false) same(not {}, false)

-- Integers of 64 bits that wrap, floats of 64 bits.
same(math.type(1), "integer") same(math.type(1.0), "float") same(math.type("1"), nil)
same(math.maxinteger + 1, math.mininteger) same(math.mininteger - 1, math.maxinteger)
same(math.maxinteger * 2, -2) same(-math.mininteger, math.mininteger)
same(2 ^ 53 == 2 ^ 53 + 1, true) same(1 << 53 == (1 << 53) + 1, false)
same(1 == 1.0, true) same(math.type(3 // 1.0), "float") same(0.0 == -0.0, true) same(1 / 0.0 == 1 / -0.0, false)
same(0 / 0 ~= 0 / 0, true)

-- Strings are immutable bytes, any of them.
same(#"\0\255\0", 3) same("a\0b" == "a\0c", false) same(("x"):rep(3) == "xxx", true)
local bytes = {}
for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
local all = table.concat(bytes)
same(#all, 256) same(all:byte(256), 255) same(all:sub(1, 1), "\0")

-- Tables take any value but nil and NaN for a key; a float with a whole value is the integer.
local t = {}
t[1.0] = "one" same(t[1], "one") same(next(t), 1) same(math.type(next(t)), "integer")
t[2 ^ 53] = "big" same(t[1 << 53], "big")
fails("index is nil", function() t[nil] = 1 end)
fails("index is NaN", function() t[0 / 0] = 1 end)
same(t[nil], nil) same(t[0 / 0], nil)
t["1"] = "text" same(t[1], "one") same(t["1"], "text")
t[t] = t same(t[t][t], t)
t[print] = 1 same(t[print], 1) t[print] = nil same(t[print], nil)
t[1.5] = "half" same(t[3 / 2], "half")

-- Tables, functions and threads are references.
local a = {} local b = a b.x = 1 same(a.x, 1) same(a == b, true) same({} == {}, false)
local function f() end local g = f same(f == g, true)
same(a, b)
local function fresh(x) return function() return x end end
same(fresh(a) == fresh(a), false)
