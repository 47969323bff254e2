--- Rotates: says which logs are due, and gives them and their generations new names, or copies and cuts them.
local generations = require "generations"
local logfiles = require "logfiles"

local rotating = {}

--- So many logs go into one call: it bounds memory, and how long a run that is over goes on.
local together = 500

--- What tells one calendar period from the next.
local periods = {
  hourly = "%Y-%m-%d %H %z", daily = "%Y-%m-%d", weekly = "%G-W%V", monthly = "%Y-%m", yearly = "%Y",
}

--- When a log was last rotated or, before the first time, when it began; nil: nobody knows.
---
--- The files themselves tell: where a rotated log is made anew its birth is the last rotation. Where it is cut, or the
--- file system keeps no birth, the newest generation was made or renamed then.
local function last_rotation(place, entry, settings)
  local cuts = settings.method == "copytruncate"
  if entry.btime and not cuts then return entry.btime end
  local newest = logfiles.sorted(place.found[entry.name], settings.scheme)[1]
  local file = newest and newest.files[1] and fs.stat(place.path .. "/" .. newest.files[1].name, { follow = false })
  if file then return cuts and file.btime or file.ctime end
  return entry.btime
end

--- Why a log is due; nil where it is not.
function rotating.due(place, entry, settings, now)
  if entry.size == 0 and not settings.empty then return nil end
  if settings.size and entry.size > settings.size then return "it is over its size" end
  if entry.size < settings.min_size or not (settings.age or settings.time ~= "never") then return nil end
  local last = last_rotation(place, entry, settings)
  if not last then return "nobody knows when it began" end
  -- A clock that was wrong must not keep it for years.
  if last > now + 60 then return "it began in the future" end
  -- A job that runs as often as its logs are due would else find each second run a moment too early.
  if settings.age and now - last >= settings.age - math.min(30, settings.age / 20) then return "it is over its age" end
  local period = periods[settings.time]
  if period and time.format(last, period) ~= time.format(now, period) then return "its time is over" end
end

--- The renames that free the first number: only up to the first gap, which an interrupted run may have left. Or nil
--- and what is in the way.
local function shifts(base, found)
  local free = 1
  while found[free] do
    if found[free].blocked then return nil, found[free].blocked end
    free = free + 1
  end
  if free > generations.highest then return nil, base .. "." .. free - 1 end
  local steps = {}
  for number = free - 1, 1, -1 do
    for _, file in ipairs(found[number].files) do
      steps[#steps + 1] = { rename = file.name, to = base .. "." .. number + 1 .. file.ending }
    end
  end
  return steps
end

--- The generation's name and the changes that come before it is made; or nil and why there are none.
local function prepared(place, entry, settings, now)
  local scheme, base = settings.scheme, entry.name
  local found, target = place.found[base] or {}, scheme.name(base, now)
  -- Room for a date or number, and for the end of a compressed file.
  if #target + 10 > 255 then return nil, "its name is too long to have another one behind it" end
  if not scheme.dated then
    local steps, obstacle = shifts(base, found)
    if not steps then return nil, place.path .. "/" .. obstacle .. " is in the way" end
    return target, steps
  end
  local _, key = scheme.read(target)
  local there = found[key]
  if there then
    return nil, place.path .. "/" .. (there.blocked or there.files[1].name) .. " is in the way: both stay"
  end
  return target, {}
end

--- Tells what became of one log's changes.
local function tell(outcome, entry, report)
  if outcome.code == "EDEADLINE" then
    report:late()
  elseif outcome.code == "ECHANGED" or (outcome.code == "ENOENT" and not fs.stat(entry.path, { follow = false })) then
    report:warn(entry.path, "it vanished, or was replaced, before it was rotated")
  else
    report:fail(entry.path, outcome.message)
  end
end

local function owner_of(entry, settings)
  local owner = { uid = entry.uid, gid = entry.gid }
  return settings.owner or owner
end

--- Renames logs of one directory: `due` is a list of `{ entry, why, target, steps }`.
local function rename(place, due, settings, report)
  local chains = {}
  for index, log in ipairs(due) do
    local chain, entry = log.steps, log.entry
    chain[#chain + 1] = { rename = entry, to = log.target }
    if settings.create then
      chain[#chain + 1] = { create = entry.name, mode = settings.mode or entry.mode, owner = owner_of(entry, settings) }
    end
    chains[index] = chain
  end
  if settings.create then report:remember("renaming", { path = place.path, at = time.precise() }) end
  local is_whole = true
  for index, outcome in ipairs(fs.change(place.path, chains)) do
    local log = due[index]
    local renamed = outcome == true or outcome.done >= #chains[index] - (settings.create and 1 or 0)
    if renamed then report:rotated(log.entry, place.path .. "/" .. log.target, log.why) end
    if outcome ~= true then
      tell(outcome, log.entry, report)
      -- The log has no successor: the next run makes it.
      if renamed then is_whole = false end
    end
  end
  if settings.create and is_whole then report:remember("renaming", nil) end
end

--- Of those who have a log open the first who does not write at its end: after a cut he would leave a hole.
local function strays(openers)
  for _, opener in ipairs(openers or {}) do
    if opener.mode:find("w") and not opener.appends then return opener end
  end
end

--- Copies logs of one directory and cuts them.
local function cut(place, due, settings, report)
  local entries = {}
  for index, log in ipairs(due) do entries[index] = log.entry end
  local openers = fs.openers(entries)
  if not openers then report:unknown() end
  for index, log in ipairs(due) do
    local entry, target = log.entry, place.path .. "/" .. log.target
    local stray = openers and strays(openers[index])
    if stray then
      report:fail(entry.path, string.format(
        "%s (pid %d) does not open it to append: cut, it would begin with a hole", stray.name, stray.pid))
    else
      -- What a killed run was about to cut must not be there twice: see `rotating.finish`.
      report:remember("cutting", { log = entry.path, copy = target, inode = entry.inode })
      local outcome = #log.steps > 0 and fs.change(place.path, { log.steps })[1] or true
      if outcome ~= true then
        tell(outcome, entry, report)
      else
        local called, result = pcall(fs.copy_truncate, entry, target)
        if called then
          report:rotated(entry, target, log.why)
          report:explain(entry.path, string.format("cut; what came in %.0f µs may be lost", result.window * 1e6))
        elseif type(result) == "table" and result.code then
          tell(result, entry, report)
        else
          error(result, 0)
        end
      end
    end
    if report.is_late then return end
  end
  report:remember("cutting", nil)
end

--- Rotates what is due in one directory.
function rotating.run(place, settings, report)
  local now, due = time.precise(), {}
  local function flush()
    if #due == 0 then return end
    place.changed = true
    report:begins()
    if settings.method == "copytruncate" then
      cut(place, due, settings, report)
    else
      rename(place, due, settings, report)
    end
    due = {}
  end
  for _, entry in ipairs(place.logs) do
    local why = rotating.due(place, entry, settings, now)
    if why then
      local target, steps = prepared(place, entry, settings, now)
      if target then
        due[#due + 1] = { entry = entry, why = why, target = target, steps = steps }
      else
        report:fail(entry.path, steps)
      end
      if #due == together then flush() end
      if report.is_late then return end
    end
  end
  flush()
end

--- Where a copy was made and its log not cut, the log still begins with all that is in the copy, and the copy goes.
local function finish_cut(begun, report)
  local copy, log = fs.stat(begun.copy, { follow = false }), fs.stat(begun.log, { follow = false })
  local is_twice = copy and log and copy.type == "file" and copy.size > 0 and log.type == "file"
    and log.inode == begun.inode and log.size >= copy.size
    and hash.file(begun.log, { first = copy.size }) == hash.file(begun.copy)
  if is_twice and fs.remove(copy) then
    report:explain(begun.copy, "removed: a run was cut before it cut the log, which still has all of it")
  end
end

--- Where a log was renamed and its successor not made, it is made: its writer may not be able to.
local function finish_rename(begun, settings, report)
  local entry = fs.stat(begun.path)
  if not entry or entry.type ~= "directory" then return end
  local place = { path = begun.path }
  local chains = {}
  for base, of_log in pairs((logfiles.generations(place, settings.scheme))) do
    local newest = logfiles.sorted(of_log, settings.scheme)[1].files[1]
    local file = newest and newest.ending == "" and not fs.stat(begun.path .. "/" .. base, { follow = false })
      and fs.stat(begun.path .. "/" .. newest.name, { follow = false })
    -- Renaming sets a file's ctime: an older one is of a log that went another way.
    if file and file.type == "file" and file.ctime >= begun.at - 1 then
      chains[#chains + 1] = {
        { create = base, mode = settings.mode or file.mode, owner = owner_of(file, settings) },
      }
      report:explain(begun.path .. "/" .. base, "made anew: a run was cut after it renamed it")
    end
  end
  if #chains == 0 then return end
  for index, outcome in ipairs(fs.change(begun.path, chains)) do
    if outcome ~= true then report:fail(begun.path .. "/" .. chains[index][1].create, outcome.message) end
  end
end

--- Ends what a killed run began.
function rotating.finish(settings, report)
  local function finish(key, how)
    local begun = state.get(key)
    if not begun then return end
    -- What can no longer be reached (other settings, another disk) must not hold up everything else.
    local called, problem = pcall(how, begun)
    if not called then
      report:warn(begun.path or begun.log, "what a killed run began there cannot be ended: " .. tostring(problem))
    end
    report:remember(key, nil)
  end
  finish("cutting", function(begun) finish_cut(begun, report) end)
  finish("renaming", function(begun)
    if settings.create then finish_rename(begun, settings, report) end
  end)
end

return rotating
