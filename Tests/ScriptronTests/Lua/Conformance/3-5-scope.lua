-- §3.5 Visibility rules
x = 10
do
  local x = x
  same(x, 10)
  x = x + 1
  do local x = x + 1 same(x, 12) end
  same(x, 11)
end
same(x, 10) x = nil
local a = {} local y = 20
for i = 1, 10 do local y = 0 a[i] = function() y = y + 1 return y + y * 0 end end
same(a[1](), 1) same(a[1](), 2) same(a[2](), 1) same(y, 20)
local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end end
local up, look = counter() up() up() same(look(), 2) local other = counter() same(other(), 1) same(look(), 2)
local shadow = 1 local shadow = shadow + 1 same(shadow, 2)
local function own() return own end same(own(), own)
local value = function() return value end same(value(), nil)
local function outer() local v = 1 local function inner() v = v + 1 return function() v = v * 10 return v end end return inner() end same(outer()(), 20)
repeat local last = true until last same(last, nil)
for i = 1, 1 do local i = "inner" same(i, "inner") end same(i, nil)
local up1, up2 = {}, {} for i = 1, 2 do local shared = i up1[i] = function() shared = shared + 1 end up2[i] = function() return shared end end up1[1]() same(up2[1](), 2) same(up2[2](), 2)
same((function(arg) local arg = arg or "default" return arg end)(), "default")
local text = {} for n = 1, 200 do text[n] = "local v" .. n .. " = " .. n end same(load(table.concat(text, "\n") .. "\nreturn v200")(), 200)
text[201] = "local v201 = 201" same(load(table.concat(text, "\n")), nil)
