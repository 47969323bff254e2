-- §3.1 Lexical conventions
same("\a\b\f\n\r\t\v\\\"\'", "\7\8\12\10\13\9\11\92\34\39")
same("\x41\x7a\65\122\u{41}\u{7A}", "AzAzAz") same("\0", string.char(0)) same("\1234", "\123" .. "4")
same("\u{0}\u{7FF}\u{FFFF}\u{10FFFF}\u{7FFFFFFF}", "\0\xDF\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xFD\xBF\xBF\xBF\xBF\xBF")
same("a\z
      b", "ab") same("a\
b", "a\nb") same('single "in" it', "single \"in\" it")
same([[long
string]], "long\nstring") same([[
first line break is dropped]], "first line break is dropped")
same([==[a]]b]=]c]==], "a]]b]=]c") same([[\n]], "\\n") same(#[[]], 0)
--[[ a comment
over lines ]] same(1, 1) --[==[ another ]] ]==] same(2, 2)
---[[ not a long one
same(3, 3)

same(3, 0x3) same(0xff, 255) same(0XA, 10) same(0xfF, 255) same(0x7fffffffffffffff, math.maxinteger)
same(0xffffffffffffffff, -1) same(0x1ffffffffffffffff, -1)
same(3.0, 3) same(.5, 0.5) same(5., 5) same(314.16e-2, 3.1416) same(0.31416E1, 3.1416) same(34e1, 340)
same(0x0.1E, 0.1171875) same(0xA23p-4, 162.1875) same(0X1.921FB54442D18P+1, math.pi) same(0x.8, 0.5) same(0x1p4, 16)
same(math.type(3e0), "float") same(math.type(0x10), "integer") same(math.type(0x1p4), "float")
same(9223372036854775807, math.maxinteger) same(math.type(9223372036854775808), "float") same(9223372036854775808, 2 ^ 63)

local function bad(text, pattern)
  local chunk, message = load(text)
  same(chunk, nil) same(message:find(pattern) ~= nil, true, text .. ": " .. tostring(message))
end
bad("x = 'a", "unfinished string") bad("x = 'a\n'", "unfinished string") bad("x = [[a", "unfinished long string")
bad("--[[ a", "unfinished long comment") bad("x = '\\q'", "invalid escape sequence") bad("x = '\\300'", "decimal escape too large")
bad("x = '\\xZ'", "hexadecimal digit expected") bad("x = '\\u{110000000}'", "UTF%-8 value too large")
bad("x = 3x", "malformed number") bad("x = 0x", "malformed number") bad("x = 1e", "malformed number") bad("x = 1..2", "malformed number")
bad("x = @", "unexpected symbol") bad("x = [=a", "invalid long string delimiter") bad("and = 1", "unexpected symbol")
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true until while"):gmatch("%a+") do
  same(load("local " .. word .. " = 1"), nil)
end
same(load("local _, a1, A, _1x, Andy = 1")~= nil, true) same(load("local caf\xe9 = 1"), nil)
local A, a = 1, 2 same(A ~= a, true)
same(load("#!/bin/x\nreturn 1"), nil)
same(load(";;; return 1;")(), 1)
