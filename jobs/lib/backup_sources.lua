--- What `backup` copies: files and directories, SQLite databases, what commands print. Whether it is all there, and how
--- it comes into an archive.
local format = require "format"

local sources = {}

local function fail(...) error(string.format(...), 0) end

-- A size inside a list, which the host does not convert; nil where it is none.
local function bytes(text)
  local units = { [""] = 1, B = 1, KiB = 1 << 10, MiB = 1 << 20, GiB = 1 << 30, kB = 1000, MB = 1000000, GB = 1000000000 }
  local number, unit = tostring(text):match("^(%d+%.?%d*)%s*(%a*)$")
  return number and units[unit] and tonumber(number) * units[unit]
end

local function parent(path) return path:match("^(.*)/[^/]*$") or "." end

local function base(path) return path:match("([^/]+)/*$") end

-- The programs of a command: one, or several connected by pipes.
local function stages(command)
  if type(command.run) ~= "table" or #command.run == 0 then
    fail("commands: each needs run = { program, arguments … }")
  end
  if type(command.run[1]) == "table" then return command.run end
  return { command.run }
end

local keys = { name = 1, run = 1, user = 1, min = 1, ends_with = 1, env = 1, connect = 1, read = 1, dns = 1 }

-- A list, or the one thing that stands for a list of it.
local function list_of(value) return type(value) == "table" and value or { value } end

--- What is wrong with the settings; nil where nothing is.
function sources.problem(settings)
  if #settings.paths + #settings.databases + #settings.commands == 0 and not settings.store then
    return "there is nothing to back up: set paths, databases or commands"
  end
  if settings.max_shrink < 0 or settings.max_shrink > 100 then return "max_shrink is a share in percent, 0 to 100" end
  local names = {}
  for _, command in ipairs(settings.commands) do
    if type(command) ~= "table" or type(command.name) ~= "string" or not command.name:match("^[%w._-]+$")
      or command.name:match("^%.")
    then
      return "commands: each needs a name of letters, digits, '.', '_' and '-'"
    end
    if names[command.name] then return "commands: two have the name " .. command.name end
    names[command.name] = true
    for key in pairs(command) do
      if not keys[key] then return "commands: " .. command.name .. " has the unknown key " .. tostring(key) end
    end
    if command.min ~= nil and not bytes(command.min) then
      return "commands: " .. command.name .. ": min is a size such as 10KiB, not " .. tostring(command.min)
    end
  end
end

--- Adds to needs what the sources need.
function sources.need(settings, needs)
  for _, path in ipairs(settings.paths) do needs.read[#needs.read + 1] = path end
  for _, path in ipairs(settings.mounted) do needs.read[#needs.read + 1] = path end
  -- SQLite looks for its log and journal beside the database.
  for _, path in ipairs(settings.databases) do needs.read[#needs.read + 1] = parent(path) end
  for _, command in ipairs(settings.commands) do
    for _, argv in ipairs(stages(command)) do
      needs.run[#needs.run + 1] = command.user and { argv[1], user = command.user } or argv[1]
    end
    for _, kind in ipairs { "connect", "read" } do
      for _, entry in ipairs(list_of(command[kind])) do needs[kind][#needs[kind] + 1] = entry end
    end
    if command.dns then needs.dns = true end
  end
end

--- Fails where a source is not what it should be: missing, not mounted, or empty.
function sources.check(settings)
  for _, path in ipairs(settings.mounted) do
    local disk = fs.usage(path)
    if not disk or disk.path ~= path then fail("mounted: nothing is mounted at %s", path) end
  end
  for _, path in ipairs(settings.paths) do
    local entry = fs.stat(path)
    if not entry then fail("paths: %s is not there", path) end
    if entry.type == "directory" and not settings.allow_empty and #fs.list(path) == 0 then
      fail("paths: %s is empty: is it mounted? (allow_empty = true if it may be)", path)
    end
  end
  for _, path in ipairs(settings.databases) do
    local entry = fs.stat(path)
    if not entry then fail("databases: %s is not there", path) end
    if entry.size == 0 then fail("databases: %s is empty", path) end
  end
end

-- The sources that have files of their own, by their names in the archive.
local function paths(settings)
  local list = {}
  for _, path in ipairs(settings.paths) do list[#list + 1] = { path = path, as = "files" .. path } end
  return list
end

--- Counts what the sources hold: `files` and `bytes` of all and of each `source`, `unreadable`, and a `fingerprint` that
--- stays the same as long as nothing changes; nil where that cannot be known (commands, the store).
function sources.scan(settings)
  local list = paths(settings)
  for _, path in ipairs(settings.databases) do
    for _, suffix in ipairs { "", "-wal", "-journal" } do
      if fs.stat(path .. suffix) then list[#list + 1] = { path = path .. suffix, as = "databases" .. path .. suffix } end
    end
  end
  local result = { files = 0, bytes = 0, unreadable = 0, sources = {} }
  local prints = {}
  for _, source in ipairs(list) do
    local found = archive.scan({ source }, { exclude = settings.exclude, one_fs = settings.one_fs })
    result.files, result.bytes = result.files + found.files, result.bytes + found.bytes
    result.unreadable = result.unreadable + #found.unreadable
    prints[#prints + 1] = found.fingerprint
    if not source.as:match("^databases.*%-wal$") and not source.as:match("^databases.*%-journal$") then
      result.sources[#result.sources + 1] = { name = source.as, files = found.files, bytes = found.bytes }
    end
  end
  if #settings.commands == 0 and not settings.store and #prints == #list and result.unreadable == 0 then
    result.fingerprint = hash.text(table.concat(prints, " "))
  end
  return result
end

--- Fails where a source has lost more than it may have since the last backup, whose `sources` these are.
function sources.check_shrink(settings, last, now)
  local most, before = settings.max_shrink, {}
  if most >= 100 then return end
  for _, source in ipairs(last or {}) do before[source.name] = source end
  for _, source in ipairs(now) do
    local old = before[source.name]
    for _, what in ipairs { "files", "bytes" } do
      local had, has = old and old[what] or 0, source[what] or 0
      if had > 0 and has < had * (1 - most / 100) then
        fail("%s has %s, and had %s in the last backup: more than max_shrink (%g %%) is gone. If that is right, run "
          .. "once with --set max_shrink=100", source.name, what == "bytes" and format.size(has) or has .. " files",
          what == "bytes" and format.size(had) or had .. " files", most)
      end
    end
  end
end

--- The SQLite databases below the paths that somebody seems to be writing, and that `databases` does not name: a copy of
--- their files, one after the other, may be of no use.
function sources.live_databases(settings)
  local named, found = {}, {}
  for _, path in ipairs(settings.databases) do named[path] = true end
  for _, path in ipairs(settings.paths) do
    local entry = fs.stat(path)
    if entry and entry.type == "directory" then
      local walk = fs.walk(path, {
        pattern = "*-wal", type = "file", exclude = settings.exclude, one_fs = settings.one_fs, on_error = function() end,
      })
      for log_file in walk do
        local database = log_file.path:sub(1, -5)
        if log_file.size > 0 and not named[database] and fs.stat(database) then found[#found + 1] = database end
      end
    end
  end
  return found
end

-- A dump that ended early may still have ended well: its size and its end tell.
local function check_output(command, path)
  local entry = fs.stat(path)
  local least = bytes(command.min or 1)
  if entry.size < least then
    fail("commands: %s printed %s, less than %s", command.name, format.size(entry.size), format.size(least))
  end
  if command.ends_with then
    local file <close> = fs.open(path, "r")
    file:seek("end", -math.min(entry.size, 4096))
    if not file:read(4096):find(command.ends_with, 1, true) then
      fail("commands: what %s printed does not end with %q: it was cut short", command.name, command.ends_with)
    end
  end
  return entry.size
end

--- Copies databases and runs commands, in `staging`. Returns what goes into the archive, and how much each command
--- printed, as `sources` of a scan.
function sources.stage(settings, staging, is_dry)
  local list, printed = paths(settings), {}
  for _, path in ipairs(settings.databases) do
    local to = staging .. "/" .. base(path)
    local number = 1
    while fs.stat(to) do
      number = number + 1
      to = staging .. "/" .. base(path) .. "-" .. number
    end
    local copy = sql.backup(path, to, { timeout = settings.busy })
    log.info("copied " .. path, { bytes = copy.bytes })
    list[#list + 1] = { path = to, as = "databases" .. path }
  end
  if settings.store then list[#list + 1] = { path = sys.store_copy(), as = "databases/scriptron.db" } end
  for _, command in ipairs(settings.commands) do
    local to = staging .. "/command-" .. command.name
    local argv, options = stages(command), { stdout = { file = to }, user = command.user, env = command.env }
    -- Any stage that fails, fails the run: nothing of it is published.
    if #argv == 1 then process.run(argv[1], options) else process.pipe(argv, options) end
    if not is_dry then
      printed[#printed + 1] = { name = "commands/" .. command.name, bytes = check_output(command, to) }
    end
    list[#list + 1] = { path = to, as = "commands/" .. command.name }
  end
  return list, printed
end

return sources
