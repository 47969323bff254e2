--- Finds logs and what became of them: by directory, the logs that are to be looked at, and their generations.
local generations = require "generations"

local logfiles = {}

--- Where a path begins to be a pattern: the directory before, and what is below it; nil for a plain path.
function logfiles.split(path)
  local at = path:find("[*?%[{\\]")
  if not at then return nil end
  local directory, rest = path:sub(1, at - 1):match("^(.*)/([^/]*)$")
  return directory, rest .. path:sub(at)
end

--- A path's directory and its last name.
function logfiles.parts(path) return path:match("^(.*)/([^/]+)$") end

--- The directory that a path or pattern needs to be granted; nil where it is the root.
function logfiles.root(path)
  local directory = logfiles.split(path) or logfiles.parts(path)
  if directory ~= "" then return directory end
end

local function depth_of(pattern)
  if pattern:find("**", 1, true) then return nil end
  return select(2, pattern:gsub("/", "")) + 1
end

--- Tells each entry of a path or pattern to `take`, and what is wrong to `fail` (path, why).
local function look(path, settings, take, fail)
  local directory, pattern = logfiles.split(path)
  if not directory then
    local entry = fs.stat(path, { follow = false })
    if entry then return take(entry, true) end
    if not settings.missing_ok then fail(path, "it is not there (missing_ok = true if it need not be)") end
    return
  end
  if not fs.stat(directory) then
    if not settings.missing_ok then fail(directory, "it is not there (missing_ok = true if it need not be)") end
    return
  end
  local options = {
    pattern = "/" .. pattern, depth = depth_of(pattern), one_fs = false, exclude = settings.exclude,
    on_error = function(where, problem) fail(where, problem.message) end,
  }
  for entry in fs.walk(directory, options) do take(entry, false) end
end

--- The logs of the settings, by directory: `{ path, logs }`, `logs` a list of entries of regular files with one name;
--- in the order of their paths. What is none is told to `odd` (entry, why, named), what is wrong to `fail` (path, why).
function logfiles.find(settings, scheme, odd, fail)
  local places, list, seen = {}, {}, {}
  local function take(entry, named)
    if seen[entry.path] or entry.type == "directory" then return end
    seen[entry.path] = true
    if generations.is_unfinished(entry.name) or (scheme.is_product(entry.name) and not named) then return end
    local directory = logfiles.parts(entry.path)
    local place = places[directory]
    if not place then
      place = { path = directory, logs = {} }
      places[directory], list[#list + 1] = place, place
    end
    if entry.type ~= "file" then return odd(entry, "it is a " .. entry.type, named) end
    if entry.links > 1 then return odd(entry, string.format("it has %d names (hard links)", entry.links), named) end
    place.logs[#place.logs + 1] = entry
  end
  for _, path in ipairs(settings.paths) do
    local called, problem = pcall(look, path, settings, take, fail)
    if not called then
      if type(problem) == "table" and problem.code == "EDEADLINE" then error(problem, 0) end
      fail(path, tostring(problem))
    end
  end
  table.sort(list, function(one, other) return one.path < other.path end)
  for _, place in ipairs(list) do
    table.sort(place.logs, function(one, other) return one.name < other.name end)
  end
  return list
end

--- The generations in a directory: for each log's name a list of `{ key, files, blocked }`, the newest first, `files`
--- being `{ name, ending }`, the file that is not compressed first, and `blocked` the name of what is no regular file
--- there. Also the names of unfinished files.
function logfiles.generations(place, scheme)
  local names, others = fs.names(place.path)
  local found, unfinished = {}, {}
  local function put(name, is_file)
    local base, key, ending = scheme.read(name)
    if not base then return end
    local of_log = found[base]
    if not of_log then
      of_log = {}
      found[base] = of_log
    end
    local generation = of_log[key]
    if not generation then
      generation = { key = key, files = {} }
      of_log[key] = generation
    end
    if is_file then
      generation.files[#generation.files + 1] = { name = name, ending = ending }
    else
      generation.blocked = name
    end
  end
  for _, name in ipairs(names) do
    if generations.is_unfinished(name) then unfinished[#unfinished + 1] = name else put(name, true) end
  end
  for _, other in ipairs(others) do put(other.name, false) end
  return found, unfinished
end

--- The generations of one log in order, the newest first.
function logfiles.sorted(of_log, scheme)
  local list = {}
  for _, generation in pairs(of_log or {}) do list[#list + 1] = generation end
  table.sort(list, function(one, other) return scheme.is_older(other.key, one.key) end)
  return list
end

return logfiles
