-- §2.2 Environments and the global environment
x = 5
same(_ENV.x, 5) same(x, _ENV["x"])
_ENV.y = 6 same(y, 6) y = nil same(_ENV.y, nil)
do
  local _ENV = { same = same }
  z = 1
  same(_ENV.z, 1)
end
same(z, nil)
local function with(_ENV) value = 3 return value end
local scope = {} same(with(scope), 3) same(scope.value, 3) same(value, nil)
local chunk = load("a = 1 b = a + 1 return b", "chunk", "t", scope)
same(chunk(), 2) same(scope.a, 1) same(a, nil)
local inherited = load("mine = tostring(x) return mine", "chunk", "t", setmetatable({}, { __index = _ENV }))
same(inherited(), "5") same(mine, nil)
same(load("return _ENV", "chunk", "t", nil)(), nil)
fails("global 'missing'", function() missing() end)
fails("_ENV", function() local _ENV = nil return anything end)
fails("field 'nothing'", function() scope.nothing.more = 1 end)

-- What is no global here.
for _, name in ipairs { "io", "debug", "package", "dofile", "loadfile", "warn", "_G", "arg" } do same(_ENV[name], nil) end
for _, name in ipairs { "execute", "exit", "getenv", "remove", "rename", "tmpname", "setlocale" } do same(os[name], nil) end
same(string.dump, nil)
