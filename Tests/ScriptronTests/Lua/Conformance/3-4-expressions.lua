-- §3.4 Expressions
-- 3.4.1 Arithmetic.
same(7 + 3, 10) same(7 - 10, -3) same(7 * 3, 21) same(7 / 2, 3.5) same(8 / 2, 4.0) same(math.type(8 / 2), "float") same(2 ^ 10, 1024.0)
same(7 // 2, 3) same(-7 // 2, -4) same(7 // -2, -4) same(-7 // -2, 3) same(7.5 // 2, 3.0) same(-7.5 // 2, -4.0) same(1 // 0.0, math.huge) same(-1 // 0.0, -math.huge)
same(7 % 3, 1) same(-7 % 3, 2) same(7 % -3, -2) same(-7 % -3, -1) same(5.5 % 2, 1.5) same(-5.5 % 2, 0.5) same(5 % math.huge, 5.0) same(-5 % math.huge, math.huge)
same(math.mininteger // -1, math.mininteger) same(math.mininteger % -1, 0) same(5 % -math.huge, -math.huge) same(0 % 5, 0)
same(- -3, 3) same(-2 ^ 2, -4.0) same(2 ^ -1, 0.5) same(2 ^ 0.5 == math.sqrt(2), true) same(-0.0 == 0, true)
-- 3.4.2 Bitwise.
same(5 & 3, 1) same(5 | 3, 7) same(5 ~ 3, 6) same(~0, -1) same(~5, -6) same(1 << 4, 16) same(256 >> 4, 16) same(-1 >> 60, 15) same(1 << 63, math.mininteger)
same(1 << 64, 0) same(1 << -1, 0) same(2 << -1, 1) same(4 >> -1, 8) same(-1 >> 64, 0) same(5.0 & 3, 1)
fails("has no integer representation", function() return 2 ^ 64 & 1 end) fails("perform bitwise operation on a string", function() return "7" & 1 end)
-- 3.4.3 Coercions.
same("10" + 5, 15) same("10" * "2", 20) same("3.0" + 1, 4.0) same("0x10" + 0, 16) same(" 5 " + 1, 6) same(math.type("10" + 1), "integer") same("1e1" + 0, 10.0) same(-"2", -2)
same(10 .. 20, "1020") same(1.0 .. "", "1.0") same(-0.0 .. "", "-0.0") same(2 ^ 63 .. "", "9.2233720368548e+18") same(1e100 .. "", "1e+100") same(math.huge .. "", "inf")
fails("attempt to add a 'string' with a 'number'", function() return "abc" + 1 end) fails("attempt to compare", function() return 10 < "20" end) same(10 == "10", false)
-- 3.4.4 Relational, 3.4.5 logical.
same(1 < 2, true) same(2 <= 2, true) same("a" < "b", true) same("a" < "ab", true) same("Z" < "a", true) same("" < "a", true) same("a\0b" > "a\0a", true)
same(1 < 1.5, true) same(math.maxinteger < math.huge, true) same(math.maxinteger + 0.0 == 2 ^ 63, true) same(math.maxinteger < 2 ^ 63, true) same(math.mininteger <= -2 ^ 63, true) same((1 << 53) + 1 > 2 ^ 53, true)
same(0 / 0 < 1, false) same(0 / 0 > 1, false) same(0 / 0 == 0 / 0, false) same(1 ~= 1.0, false) same("x" ~= "y", true)
same(nil and 1, nil) same(false and error(), false) same(1 and 2, 2) same(nil or "b", "b") same(1 or error(), 1) same(false or nil, nil) same(nil or false, false) same(not (1 and nil), true)
-- 3.4.6 Concatenation, 3.4.7 length.
same("a" .. "b" .. "c", "abc") same(1 .. "", "1") same(#"abc", 3) same(#{ 1, 2, 3 }, 3) same(#{}, 0) same(#{ n = 1 }, 0) same(#{ 1, 2, nil }, 2) same(#("x"):rep(1000), 1000)
-- 3.4.8 Precedence.
same(2 + 3 * 4, 14) same((2 + 3) * 4, 20) same(2 ^ 3 ^ 2, 512.0) same(-3 ^ 2, -9.0) same(not 1 == 2, false) same(1 .. 2 == "12", true) same(1 + 1 .. 2, "22") same(2 * 3 .. "", "6")
same(1 << 2 + 1, 8) same(1 | 2 & 3, 3) fails("perform bitwise operation on a boolean", function() return 5 & (3 == 1) end) same(7 ~ 2 | 8, 13) same("a" .. "b" == "ab" and "yes" or "no", "yes") same(1 < 2 and 2 < 3, true) same(-2 * -2, 4) same(not nil and 1, 1)
same(1 or nil and 2, 1) same(8 // 3 * 3 + 8 % 3, 8) same(2 - 1 - 1, 0) same(#"ab" + 1, 3) same(~1 + 2, 0)
-- 3.4.9 Constructors.
local function three() return 1, 2, 3 end
same(({ 10, 20, x = 1, 30 })[3], 30) same(({ [1] = "a", "b" })[1], "b") same(#{ three() }, 3) same(#{ three(), three() }, 4) same(#{ (three()) }, 1) same(({ three(), n = 1 })[2], nil) same(({ ["a b"] = 1 })["a b"], 1)
same(#{ 1, 2, 3, }, 3) same(#{ 1; 2; 3 }, 3) same(({ [2 + 1] = "x" })[3], "x") same(({ { {} } })[1][1] ~= nil, true)
fails("index is nil", function() return { [nil] = 1 } end)
local many = {} for i = 1, 300 do many[i] = tostring(i) end same(#load("return {" .. table.concat(many, ",") .. "}")(), 300)
-- 3.4.10 Calls, 3.4.11 definitions, 3.4.12 lists.
local object = { n = 1 } function object:add(x) self.n = self.n + x return self end function object.plain(x) return x end same(object:add(2):add(3).n, 6) same(object.plain(object), object)
local nested = { a = { b = {} } } function nested.a.b.f(x) return x end function nested.a.b:g() return self end same(nested.a.b.f(1), 1) same(nested.a.b:g(), nested.a.b)
local function id(...) return ... end same(id "text", "text") same(id({ 1 })[1], 1) same(id [[long]], "long") same(("x"):upper(), "X")
local function count(...) return select("#", ...) end same(count(three()), 3) same(count(three(), 1), 2) same(count((three())), 1) same(count(nil, nil), 2) same(count(), 0) same(count(id()), 0) same(count(1, id()), 1)
local function tail(n) if n == 0 then return "deep" end return tail(n - 1) end same(tail(200000), "deep")
local function variadic(first, ...) local a, b = ... local t = { ... } return first, a, b, #t, (select("#", ...)) end
same({ variadic(1, 2, 3, 4) }, { 1, 2, 3, 3, 3 }) same(select("#", variadic()), 5) same((function(...) return (...) end)(5, 6), 5)
local recursive = function(n) return n end local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end same(fact(20), 2432902008176640000) same(recursive(1), 1)
same((function(a, b) return a, b end)(1), 1) same(select(2, (function(a, b) return a, b end)(1)), nil) same((function(a) return a end)(1, 2, 3), 1)
same(load("return ...", "c")(7), 7) same(load("function f() return ... end"), nil) same(load("f() = 1"), nil) same(load("(a) = 1") == nil, true) same(load("a.b:c = 1"), nil) same(load("x"), nil)
