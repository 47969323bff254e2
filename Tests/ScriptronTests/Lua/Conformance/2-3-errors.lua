-- §2.3 Error handling
local ok, message = pcall(error, "m") same(ok, false) same(message, "m")
local value = {} ok, message = pcall(error, value) same(message, value)
ok, message = pcall(error) same(ok, false) same(message, nil)
ok, message = pcall(error, nil) same(message, nil)
ok, message = pcall(error, 42) same(message, 42)
same(select("#", pcall(error)), 2)
ok, message = pcall(function() error("here") end) same(message:match(":%d+: here$") ~= nil, true)
ok, message = pcall(function() error("plain", 0) end) same(message, "plain")
local function raiser() error("up", 2) end
local _, one = pcall(function() error("up") end)
local _, two = pcall(function() raiser() end)
same(one:match("^(.-:%d+):") ~= nil and two:match("^(.-:%d+):") ~= nil, true)

-- Nested handlers: the inner one catches.
same(select(2, pcall(function() local o, m = pcall(error, "inner") error("outer after " .. m, 0) end)), "outer after inner")
same(select(2, pcall(pcall, error, "x")), false)

-- Message handlers see the error where it happened.
local depth
ok, message = xpcall(function() local t = nil return t.x end, function(m) depth = m return "handled" end)
same(ok, false) same(message, "handled") same(depth:match("attempt to index a nil value %(local 't'%)") ~= nil, true)
same(select(2, xpcall(error, function(m) return { m } end, "boxed"))[1], "boxed")
same(select(2, xpcall(function(...) return select("#", ...) end, print, nil, 2)), 2)
ok, message = xpcall(function() error("first", 0) end, function() error("second", 0) end)
same(ok, false)

-- Errors of the core name what they are about.
fails("attempt to call a nil value (local 'f')", function() local f f() end)
fails("attempt to call a number value (field 'x')", function() local t = { x = 1 } t.x() end)
fails("attempt to call a nil value (method 'go')", function() local t = {} t:go() end)
fails("attempt to perform arithmetic on a table value", function() return {} + 1 end)
fails("attempt to perform arithmetic on a nil value (field 'n')", function() local t = {} return t.n + 1 end)
fails("attempt to concatenate a boolean value", function() return "x" .. true end)
fails("attempt to compare two table values", function() return {} < {} end)
fails("attempt to compare number with string", function() return 1 < "2" end)
fails("attempt to get length of a number value", function() local n = 1 return #n end)
fails("attempt to index a boolean value", function() return (true).x end)
fails("number has no integer representation", function() return 1.5 | 1 end)
fails("attempt to perform bitwise operation on a nil value", function() return nil | 1 end)
fails("attempt to divide by zero", function() return 1 // 0 end)
fails("attempt to perform 'n%0'", function() return 1 % 0 end)
fails("bad argument #1 to 'len'", function() string.len() end)
fails("bad argument #1 to 'rep'", function() ("x"):rep({}) end)
-- An error unwinds through any number of Lua and C frames.
local function deep(n) if n == 0 then error("bottom", 0) end deep(n - 1) return n end
same(select(2, pcall(deep, 100)), "bottom")
same(select(2, pcall(table.sort, { 3, 2, 1 }, function() error("in sort", 0) end)), "in sort")
same(select(2, pcall(string.gsub, "abc", "b", function() error("in gsub", 0) end)), "in gsub")
fails("stack overflow", function() local function f() return 1 + f() end f() end)
