--- The targets of a run of `backup`, together: one that fails loses nothing, and the others keep theirs.
local backups = require "backups"
local bucket = require "backup_bucket"
local directory = require "backup_directory"
local format = require "format"
local retention = require "retention"

local Targets = {}
Targets.__index = Targets

--- Notes that a target failed, and is asked no more in this run.
function Targets:lose(target, why)
  local text = target.label .. ": " .. backups.reason(why)
  log.error("target failed: " .. text)
  self.lost[target] = true
  self.failures[#self.failures + 1] = text
end

--- Calls a function of every target that did not fail yet; one where it raises is lost. Returns the results, by target.
function Targets:each(call)
  local results = {}
  for _, target in ipairs(self:sound()) do
    local good, result = pcall(call, target)
    if good then results[target] = result else self:lose(target, result) end
  end
  return results
end

--- Those that did not fail; there must be one.
function Targets:sound()
  local list = {}
  for _, target in ipairs(self.all) do
    if not self.lost[target] then list[#list + 1] = target end
  end
  if #list == 0 then error("every target failed: " .. table.concat(self.failures, "; "), 0) end
  return list
end

--- Removes what runs that were killed left.
function Targets:clean()
  self:each(function(target) target:check() end)
  local cut = state.get("publishing")
  self:each(function(target) target:clean(cut) end)
  -- A target that is away now is cleaned when it is back.
  if cut and #self.failures == 0 then state.set("publishing", nil) end
end

-- The backups of this machine in a target. Those that others made under the same name are neither counted nor removed.
function Targets:mine(target)
  local mine, others = {}, {}
  for _, info in ipairs(target:list(self.warn)) do
    if info.machine == nil or info.machine == self.machine then
      mine[#mine + 1] = info
    else
      others[info.machine] = (others[info.machine] or 0) + 1
    end
  end
  for machine, count in pairs(others) do
    self.warn(string.format("%s: %d of the backups there are of the machine %s, and do not count. Give each machine a "
      .. "place of its own, or set machine if they are this one's", target.label, count, machine))
  end
  return mine
end

--- Reads what every target has. Returns the newest backup of all; nil where there is none.
function Targets:look(now)
  self.copies = self:each(function(target) return self:mine(target) end)
  local all = {}
  for _, target in ipairs(self:sound()) do table.move(self.copies[target], 1, #self.copies[target], #all + 1, all) end
  return backups.newest(all, now)
end

--- What a target has of a backup; nil where it does not count there.
function Targets:copy_of(target, name)
  for _, info in ipairs(self.copies[target] or {}) do
    if info.name == name then return info end
  end
end

--- The targets that have a backup, each `{ target, info }`, and a list of those that do not.
function Targets:holders(name)
  local holders, others = {}, {}
  for _, target in ipairs(self:sound()) do
    local info = self:copy_of(target, name)
    if info then holders[#holders + 1] = { target = target, info = info } else others[#others + 1] = target end
  end
  return holders, others
end

--- A time, from `now` on, of which no target has a backup: another machine may have made one in the same second.
function Targets:free_time(now)
  for at = now, now + 60 do
    local is_taken = false
    local name = backups.name(self.set, at)
    for _, taken in pairs(self:each(function(target) return target:has(name) end)) do is_taken = is_taken or taken end
    if not is_taken then return at end
  end
  error("the targets have a backup of every second of this minute", 0)
end

--- Stores a backup in these targets, out of the files at these paths; `home` is the one where they lie already.
function Targets:publish(targets, info, paths, home)
  local failures = #self.failures
  state.set("publishing", info.name)
  for _, target in ipairs(targets) do
    local good, why = pcall(target.publish, target, info, paths)
    if good then
      table.insert(self.copies[target], info)
      -- There the files got their names: the others copy them from there.
      if target == home then paths = target:fetch(info) end
    else
      self:lose(target, why)
      pcall(target.clean, target, info.name)
    end
  end
  -- What is left of it in a target that failed is removed when that is back.
  if #self.failures == failures then state.set("publishing", nil) end
end

--- Says of a copy that it is damaged, where an error says so: it does not count from now on, and is left for whoever
--- wants to look at it.
function Targets:condemn(target, info, why)
  self:lose(target, why)
  if backups.code(why) ~= "EDAMAGED" then return end
  local marked = {}
  for key, value in pairs(info) do marked[key] = value end
  marked.damaged = backups.reason(why)
  pcall(target.write_info, target, marked)
end

-- Removes from a target what the policy no longer wants, each with its reason. Returns how many.
local function expire(target, copies, keep, now)
  local _, remove = retention.judge(copies, keep, now)
  -- Where the server says when a copy came, it goes only if the policy does not want it by that time either: who can
  -- write there could push the real ones out by copies with times of their choice.
  local by_server, wanted = {}, {}
  for _, copy in ipairs(copies) do
    by_server[#by_server + 1] = { name = copy.name, time = copy.stored_at or copy.time }
  end
  for _, judged in ipairs((retention.judge(by_server, keep, now))) do wanted[judged.copy.name] = true end
  local count = 0
  for _, judged in ipairs(remove) do
    if not wanted[judged.copy.name] then
      log.info("removed " .. judged.copy.name .. " from " .. target.label .. ": " .. judged.why)
      target:remove(judged.copy)
      count = count + 1
    end
  end
  return count
end

--- Removes what the policy no longer wants from every target that has the backup `newest`: where it is not, the older
--- ones are all there is. Returns how many were removed.
function Targets:expire(newest, keep, now)
  local removed = 0
  for _, count in pairs(self:each(function(target)
    return self:copy_of(target, newest) and expire(target, self.copies[target], keep, now) or 0
  end)) do removed = removed + count end
  return removed
end

--- Whether one of them is off this machine.
function Targets:is_elsewhere()
  for _, target in ipairs(self.all) do
    if target:is_elsewhere() then return true end
  end
  return false
end

--- Fails where some failed, with their names: the others have the backup `name`.
function Targets:finish(name)
  if #self.failures == 0 then return end
  local failed = 0
  for _ in pairs(self.lost) do failed = failed + 1 end
  self:sound()
  error(string.format("%d of %d targets failed, the others have %s: %s", failed, #self.all, name,
    table.concat(self.failures, "; ")), 0)
end

local targets = {}

--- The targets that the settings name, each as `backups` says.
function targets.of(settings, set, machine, is_dry)
  local list = {}
  for _, path in ipairs(settings.targets) do list[#list + 1] = directory.open(path, set, machine, is_dry) end
  for _, one in ipairs(settings.buckets) do list[#list + 1] = bucket.open(one, set, is_dry) end
  return list
end

--- All of them for a run; `warn` is told what does not count.
function targets.open(settings, set, machine, this)
  return setmetatable({
    all = targets.of(settings, set, machine, this.dry_run), set = set, machine = machine, warn = this.warn, copies = {},
    lost = {}, failures = {},
  }, Targets)
end

--- Fails where a directory's disk has not so much room, and some left for others: before it is full.
function targets.check_room(path, needed, what)
  local good, disk = pcall(fs.usage, path)
  if not good or not disk or disk.free >= needed + math.min(1 << 30, disk.size // 20) then return end
  error(string.format("%s needs %s in %s, whose disk has %s: set staging to a directory on a larger one", what,
    format.size(needed), path, format.size(disk.free)), 0)
end

return targets
