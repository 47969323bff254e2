--- Removes rotated logs that `keep` no longer wants: files whose names can be read back, of logs that are there.
local logfiles = require "logfiles"

local purging = {}

local together = 256

--- Removes the files of a list of `{ path, why }`, but what is open: removing it would free nothing, and lose what is
--- still being written. Returns the bytes that are free.
local function remove(doomed, settings, report)
  local freed, at = 0, 1
  while at <= #doomed and not report.is_late do
    local entries, reasons = {}, {}
    for index = at, math.min(at + together - 1, #doomed) do
      local entry = fs.stat(doomed[index].path, { follow = false })
      if entry and entry.type == "file" and entry.links == 1 then
        entries[#entries + 1], reasons[#reasons + 1] = entry, doomed[index].why
      end
    end
    at = at + together
    -- Where nobody can tell who has what open, what is to go goes nevertheless, or nothing ever would.
    local used = settings.keep_open ~= "never" and #entries > 0 and fs.in_use(entries) or {}
    for index, entry in ipairs(entries) do
      if used[index] then
        report.open = report.open + 1
        report:warn(entry.path, "kept, for somebody has it open: " .. reasons[index])
      else
        local called, removed = pcall(fs.remove, entry)
        if not called then
          report:fail(entry.path, tostring(removed))
        elseif removed then
          freed = freed + entry.allocated
          report:removed(entry, reasons[index])
        end
      end
    end
    report:check_time()
  end
  return freed
end

--- The generations of a log that count, the newest first: those of the future (a clock was wrong) push none out.
local function counted(of_log, scheme, now)
  local list = {}
  local latest = scheme.dated and time.format(now + 86400, "%Y%m%d%H%M%S")
  for _, generation in ipairs(logfiles.sorted(of_log, scheme)) do
    if not latest or generation.key <= latest then list[#list + 1] = generation end
  end
  return list
end

local function names_of(place)
  local names = {}
  for _, log in ipairs(place.logs) do names[log.name] = true end
  return names
end

--- What is beyond the count, and what is older than `keep.age`.
function purging.by_count_and_age(place, settings, report)
  local keep, doomed, now = settings.keep, {}, time.precise()
  for _, log in ipairs(place.logs) do
    local of_log = place.found[log.name]
    if of_log then
      for index, generation in ipairs(counted(of_log, settings.scheme, now)) do
        if index > keep.count then
          local why = string.format("it is beyond the newest %d (keep.count)", keep.count)
          for _, file in ipairs(generation.files) do
            doomed[#doomed + 1] = { path = place.path .. "/" .. file.name, why = why }
          end
        end
      end
    end
  end
  remove(doomed, settings, report)
  if not keep.age or report.clock_jumped or next(place.found) == nil then return end
  local logs = names_of(place)
  doomed = {}
  for entry in fs.walk(place.path, { depth = 1, type = "file", older_than = keep.age, clock = "mtime" }) do
    if logs[settings.scheme.read(entry.name) or ""] then
      doomed[#doomed + 1] = { path = entry.path, why = "it was last written longer ago than keep.age" }
    end
  end
  remove(doomed, settings, report)
end

--- The files of all generations but the newest of each log, the oldest first, and what all take together.
local function removable(places, settings)
  local files, total, now = {}, 0, time.precise()
  for _, place in ipairs(places) do
    local spared = {}
    if settings.keep.count > 0 then
      for _, log in ipairs(place.logs) do
        local newest = counted(place.found[log.name], settings.scheme, now)[1]
        for _, file in ipairs(newest and newest.files or {}) do spared[file.name] = true end
      end
    end
    local logs = names_of(place)
    if next(place.found) then
      for entry in fs.walk(place.path, { depth = 1, type = "file" }) do
        if logs[settings.scheme.read(entry.name) or ""] then
          total = total + entry.allocated
          if not spared[entry.name] then
            files[#files + 1] = {
              path = entry.path, bytes = entry.allocated, at = entry.mtime, device = entry.device, place = place,
            }
          end
        end
      end
    end
  end
  table.sort(files, function(one, other)
    if one.at ~= other.at then return one.at < other.at end
    return one.path > other.path
  end)
  return files, total
end

--- As many of the oldest files as take so many bytes.
local function oldest(files, bytes, why)
  local doomed = {}
  for _, file in ipairs(files) do
    if bytes <= 0 then break end
    bytes = bytes - file.bytes
    file.place.changed = true
    doomed[#doomed + 1] = { path = file.path, why = why }
  end
  return doomed
end

--- The oldest go until all take no more than `keep.size`.
function purging.by_size(places, settings, report)
  local most = settings.keep.size
  if not most then return end
  local files, total = removable(places, settings)
  local freed = remove(oldest(files, total - most, "all take more than keep.size"), settings, report)
  if total - freed > most then report:note("the rotated logs take more than keep.size: what is left may not go") end
end

--- The oldest go until as much of each disk is free as `keep.free` says.
function purging.by_free_space(places, settings, report)
  local least = settings.keep.free
  if not least then return end
  local seen = {}
  for _, place in ipairs(places) do
    local entry = fs.stat(place.path)
    local disk = entry and not seen[entry.device] and fs.usage(place.path)
    if disk then seen[entry.device] = true end
    if disk and disk.free and disk.free < least then
      local files = {}
      for _, file in ipairs((removable(places, settings))) do
        if file.device == entry.device then files[#files + 1] = file end
      end
      local freed = remove(oldest(files, least - disk.free, "its disk has less free than keep.free"), settings, report)
      if disk.free + freed < least then
        report:note(disk.path .. " has less free than keep.free: what is left of the rotated logs may not go")
      end
    end
  end
end

return purging
