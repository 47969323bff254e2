--- What a rotation did, could not do, and left alone: told while it goes on, and as the run's result.
local format = require "format"

local Report = {}
Report.__index = Report

--- The most lines of a kind in the log, unless all shall be explained.
local most = 20

local function new(settings, this)
  return setmetatable({
    settings = settings, this = this, counts = {}, failures = 0, open = 0, new = {}, moved = {},
    result = { rotated = 0, compressed = 0, removed = 0, bytes = 0, open = 0, odd = 0, failed = 0 },
  }, Report)
end

--- Logs a line, of each kind the first few.
function Report:line(kind, write, path, text)
  self.counts[kind] = (self.counts[kind] or 0) + 1
  if self.settings.explain or self.counts[kind] <= most then write(format.plain(path, 1000) .. ": " .. text) end
end

function Report:explain(path, text) self:line("explain", log.info, path, text) end

--- Something that is worth a warning in the record, and no failure.
function Report:note(text) self.this.warn(format.plain(text, 2000)) end

function Report:warn(path, text)
  self.counts.warning = (self.counts.warning or 0) + 1
  if self.counts.warning <= most then self:note(path .. ": " .. text) end
end

--- One log that could not be treated as it should: the others go on, and the run fails at its end.
function Report:fail(path, why)
  self.failures = self.failures + 1
  self.first = self.first or (format.plain(path, 300) .. ": " .. format.plain(why, 1000))
  self:line("failure", log.error, path, format.plain(why, 1000))
end

--- What matches, and is no regular file with one name: it is left alone.
function Report:odd(entry, why, named)
  self.result.odd = self.result.odd + 1
  -- What only matches a pattern may well be meant so; what is named is not.
  if named or entry.type == "file" then
    self:warn(entry.path, "left alone: " .. why)
  else
    self:explain(entry.path, "left alone: " .. why)
  end
end

--- Nobody can tell which files are open.
function Report:unknown()
  if self.is_unknown then return end
  self.is_unknown = true
  self:note("nobody can tell here which files are open: all count as open, and stay as they are "
    .. '(keep_open = "known" believes that they are closed)')
end

--- Keeps in mind, durably, what is about to be done, for the run that comes after a kill; nil: it is done.
function Report:remember(key, value)
  if not self.this.dry_run then state.set(key, value) end
end

--- Called before the first change of names.
function Report:begins()
  if self.has_begun then return end
  self.has_begun = true
  -- Whoever writes the logs is told, if need be by the next run.
  if self.settings.has_after then self:remember("after", true) end
end

function Report:rotated(entry, target, why)
  self.result.rotated = self.result.rotated + 1
  if self.settings.has_command then self.new[#self.new + 1] = target end
  -- The very file, whatever its name is now: the first of them are enough to see whether the writers were told.
  if #self.moved < 1000 then self.moved[#self.moved + 1] = entry end
  self:line("rotated", log.info, entry.path, "rotated, " .. why)
end

function Report:packed(entry)
  self.result.compressed = self.result.compressed + 1
  if self.settings.explain then self:explain(entry.path, "compressed") end
end

function Report:removed(entry, why)
  self.result.removed = self.result.removed + 1
  self.result.bytes = self.result.bytes + entry.size
  self:line("removed", log.info, entry.path, "removed: " .. why)
end

--- The time is over: what is left is the next run's.
function Report:late()
  if self.is_late then return end
  self.is_late = true
  self:note("the time is over: the next run goes on")
end

function Report:check_time()
  local deadline = self.this.deadline
  if deadline and time.now() > deadline - 10 then self:late() end
end

--- The last line, and the result; fails where something failed.
function Report:finish(logs)
  local result = self.result
  result.open, result.failed, result.logs = self.open, self.failures, logs
  log.info(string.format("rotated %d of %d %s; compressed %d, removed %d (%s)", result.rotated, logs,
    logs == 1 and "log" or "logs", result.compressed, result.removed, format.size(result.bytes)))
  if self.failures == 0 then return result end
  local more = self.failures > 1 and string.format(" (and %d more, see the log)", self.failures - 1) or ""
  self.this.fail(self.first .. more)
end

return { new = new }
