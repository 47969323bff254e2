--- The machine's disks, as a vital of `health`: each real one once. A dead one costs its timeout and is told as such.
local format = require "format"

--- The most disks that are judged and listed, the worst first: state and result stay bounded.
local most_disks = 100

local disks = { name = "disks", label = "disk" }

--- How full, as df counts: of what users may have.
local function used_percent(disk)
  local all = (disk.used or 0) + (disk.free or 0)
  return all > 0 and 100 * disk.used / all or nil
end

--- A disk's name in keys, results and labels: its mount point as one line of text.
local function name_of(disk) return format.plain(disk.path, 100) end

--- The disks to judge: those that do not answer first, then the fullest.
local function chosen(list, ignored)
  local skip, kept = {}, {}
  for _, path in ipairs(ignored) do skip[path] = true end
  for _, disk in ipairs(list) do
    if not skip[disk.path] then kept[#kept + 1] = disk end
  end
  local function weight(disk) return disk.error and 1000 or used_percent(disk) or 0 end
  table.sort(kept, function(left, right)
    if weight(left) ~= weight(right) then return weight(left) > weight(right) end
    return left.path < right.path
  end)
  return kept
end

--- When a disk will be full if it fills on as it did: what `health` measured of it in the last `disk_trend` seconds
--- must cover a quarter of them.
local function forecast(disk, settings)
  if disk.error or disk.read_only or settings.disk_full.for_runs == 0 then return nil end
  local known, found = pcall(metrics.forecast, "disk_free_bytes", 0, {
    labels = { disk = name_of(disk) }, span = settings.disk_trend, at_least = settings.disk_trend / 4,
  })
  return known and found or nil
end

function disks.look(settings)
  local list = sys.disks { timeout = settings.disk_timeout }
  local kept = chosen(list, settings.disks_ignored)
  local there = {}
  for _, disk in ipairs(list) do there[disk.path] = true end
  for index = 1, math.min(#kept, most_disks) do kept[index].forecast = forecast(kept[index], settings) end
  return { kept = kept, there = there }
end

--- A disk that gave no figures. One that may not be looked at is unknown; all else is a disk that fails.
local function judge_silent(disk, name, settings, checks)
  local why = format.plain(disk.error)
  local function add(key, value)
    checks[#checks + 1] = { key = key .. " " .. name, value = value, rule = settings[key], why = why }
  end
  local forbidden = disk.code == "EACCES" or disk.code == "EPERM"
  add("disk_failing", not forbidden or nil)
  add("disk_used")
  add("disk_full")
  add("disk_inodes")
  add("disk_read_only")
  return { error = why }
end

--- A disk with its figures. One that is read-only from the start is meant to be, and cannot fill; one that was writable
--- before has been taken away by the kernel.
local function judge_disk(disk, name, settings, was_writable, checks)
  local function add(key, value, show, why)
    checks[#checks + 1] = { key = key .. " " .. name, value = value, rule = settings[key], show = show, why = why }
  end
  add("disk_failing", false)
  add("disk_read_only", disk.read_only and was_writable, nil, "it was writable, and is read-only now")
  local used, inodes, full = used_percent(disk), nil, disk.forecast and disk.forecast.seconds
  -- Some file systems (btrfs) make inodes as they need them, and count none.
  if disk.inodes > 0 then inodes = 100 * disk.inodes_used / disk.inodes end
  if not disk.read_only then
    if used then add("disk_used", used, format.percent) end
    if inodes then add("disk_inodes", inodes, format.percent) end
    -- One that does not fill is full in no time that could be named.
    add("disk_full", full or math.huge, format.duration)
  end
  return {
    used = used and format.round(used), free_bytes = disk.free, inodes_used = inodes and format.round(inodes),
    read_only = disk.read_only or nil, full_in = full and math.floor(full),
  }
end

local function judge_expected(there, settings, checks)
  for _, path in ipairs(settings.disks_expected) do
    checks[#checks + 1] = {
      key = "disk_missing " .. format.plain(path, 100), value = not there[path], rule = settings.disk_missing,
      why = "no disk of its own is mounted there",
    }
  end
end

function disks.judge(facts, settings, memory)
  local values, checks, before = {}, {}, memory.writable or {}
  memory.writable = {}
  local kept = facts.kept
  for index = 1, math.min(#kept, most_disks) do
    local disk = kept[index]
    local name = name_of(disk)
    if disk.error then
      values[name] = judge_silent(disk, name, settings, checks)
    else
      values[name] = judge_disk(disk, name, settings, before[name] or false, checks)
    end
    if before[name] or disk.read_only == false then memory.writable[name] = true end
  end
  judge_expected(facts.there, settings, checks)
  local left_out = #kept > most_disks and #kept - most_disks or nil
  return { disks = values, disks_left_out = left_out }, checks, #kept == 0 and "no disk is visible here" or nil
end

return disks
