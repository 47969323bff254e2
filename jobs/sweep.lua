-- Removes temporary files that nobody has touched for a while, and the directories they leave empty.
--
-- What it spares: what is not under one of `paths`, other file systems below them, sockets, FIFOs and devices, files
-- with the sticky bit, lost+found and systemd's private directories, what `exclude` names, what is open (where nobody
-- can tell, too: see `keep_open`), and what changed between the look and the removal. Links are removed, never
-- followed.
local wall_clock = require "clock"

-- Directories whose whole content belongs to somebody: never swept, nor anything below the second list.
local never = {
  ["/tmp/systemd-private"] = true, ["/var/lib"] = true, ["/var/log"] = true, ["/var/spool"] = true,
  ["/var/mail"] = true, ["/var/www"] = true, ["/var/cache"] = true, ["/var/backups"] = true, ["/var/run"] = true,
}
local never_below = {
  "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/root", "/run", "/sbin", "/sys",
  "/usr",
}
local may_be_mounts = { ["/tmp"] = true, ["/var/tmp"] = true, ["/dev/shm"] = true }
local always_excluded = { "lost+found", "systemd-private-*", "snap-private-tmp" }

-- For the size target alone: what was touched in the last ten minutes is still being worked on.
local too_young = 600

-- Why a root is too dangerous to sweep; nil where it is not.
local function danger(path)
  if type(path) ~= "string" or path:sub(1, 1) ~= "/" then return "it is not absolute" end
  if path:find("/%.%./") or path:find("/%.%.$") then return "it has .. in it" end
  path = path:gsub("/+$", "")
  local _, depth = path:gsub("/[^/]+", "")
  if path == "/tmp" or path == "/dev/shm" then return nil end
  if depth < 2 then return "it is a directory of the root, with everything that is in it" end
  if never[path] then return "what is in it belongs to programs, not to nobody" end
  if depth == 2 and path:find("^/home/") then return "it is somebody's home" end
  for _, directory in ipairs(never_below) do
    if path == directory or path:sub(1, #directory + 1) == directory .. "/" then
      return "it lies in " .. directory .. ", which belongs to the system"
    end
  end
end

-- The roots, each once, without one that lies inside another.
local function roots_of(settings)
  if #settings.paths == 0 then error("paths is empty: name the directories to sweep", 0) end
  local roots = {}
  for _, path in ipairs(settings.paths) do
    local why = danger(path)
    if why then error("paths: " .. tostring(path) .. " is not swept: " .. why, 0) end
    roots[#roots + 1] = (path:gsub("/+$", ""))
  end
  table.sort(roots)
  local kept = {}
  for _, root in ipairs(roots) do
    local inside = false
    for _, other in ipairs(kept) do
      if root == other or root:sub(1, #other + 1) == other .. "/" then inside = true end
    end
    if not inside then kept[#kept + 1] = root end
  end
  return kept
end

local function size_text(bytes)
  for _, unit in ipairs { "B", "KiB", "MiB", "GiB" } do
    if bytes < 1024 or unit == "GiB" then
      return string.format(unit == "B" and "%d %s" or "%.1f %s", bytes, unit)
    end
    bytes = bytes / 1024
  end
end

local function counted(count, one, many) return count .. " " .. (count == 1 and one or many) end

local function age_text(seconds)
  if seconds >= 172800 then return string.format("%d d", seconds // 86400) end
  if seconds >= 7200 then return string.format("%d h", seconds // 3600) end
  return string.format("%d min", seconds // 60)
end

-- The time that tells a file's age, as fs.walk's option `clock` takes it.
local function touched(entry, clock)
  local directory = entry.type == "directory"
  if clock == "newest" and directory then return math.max(entry.mtime, entry.btime or 0) end
  if clock == "newest" then return math.max(entry.mtime, entry.atime, entry.ctime, entry.btime or 0) end
  return directory and entry.mtime or entry[clock]
end

-- Whether the clock was set forward since the last run: then everything would seem old at once.
local function clock_jumped(this)
  local jump = wall_clock.jump(this)
  if not jump then return false end
  this.warn("the clock was set forward by " .. age_text(jump) .. " since the last run: nothing is removed this time")
  return true
end

-- One sweep over one root.
local Sweep = {}
Sweep.__index = Sweep

function Sweep.new(root, settings, this)
  return setmetatable({
    root = root, settings = settings, this = this, now = time.precise(), batch = {}, seen = 0, freed = 0,
    result = { path = root, files = 0, bytes = 0, directories = 0, in_use = 0, changed = 0, failed = 0, special = 0 },
  }, Sweep)
end

function Sweep:explain(text, entry, ...)
  if self.settings.explain then
    local age = age_text(self.now - touched(entry, self.settings.clock))
    log.info(string.format(text, ...) .. ": " .. entry.path, { age = age })
  end
end

-- Why an entry of any age stays; nil where nothing speaks for it.
function Sweep:spared(entry)
  if entry.type ~= "file" and entry.type ~= "link" and entry.type ~= "directory" then return "special" end
  local first = entry.mode:sub(1, 1)
  if entry.type == "file" and (tonumber(first, 8) or 0) % 2 == 1 then return "special" end
end

function Sweep:walk(options)
  options.exclude = {}
  for _, pattern in ipairs(always_excluded) do table.insert(options.exclude, pattern) end
  for _, pattern in ipairs(self.settings.exclude) do table.insert(options.exclude, pattern) end
  options.clock = self.settings.clock
  options.pattern = #self.settings.pattern > 0 and self.settings.pattern or nil
  return fs.walk(self.root, options)
end

function Sweep:remove(entry, why)
  local result = self.result
  local called, removed, reason = pcall(fs.remove, entry)
  if called and removed then
    if entry.type == "directory" then
      result.directories = result.directories + 1
    else
      result.files = result.files + 1
      if entry.type == "file" and entry.links == 1 then result.bytes = result.bytes + entry.size end
    end
    self.freed = self.freed + entry.allocated // entry.links
    self:explain("removed, %s", entry, why)
  elseif called then
    if reason == "changed" then
      result.changed = result.changed + 1
      self:explain("kept, it changed meanwhile", entry)
    end
  elseif removed.code == "ENOTEMPTY" or removed.code == "EEXIST" then
    -- A directory in which something young, or spared, still is.
    self:explain("kept, it is not empty", entry)
  elseif removed.code == "EDEADLINE" or removed.code == nil then
    error(removed, 0)
  else
    result.failed = result.failed + 1
    if result.failed == 1 then self.this.warn(tostring(removed)) end
  end
end

-- Removes what was collected, but what is open.
function Sweep:flush(why)
  local batch = self.batch
  self.batch = {}
  if #batch == 0 then return end
  local used, keep = nil, self.settings.keep_open
  if keep ~= "never" then
    used = fs.in_use(batch)
    if used == nil and keep == "always" then
      if not self.unknown then
        self.unknown = true
        self.this.warn("nobody can tell here which files are open: all count as in use "
          .. "(keep_open = \"known\" goes by age alone then)")
      end
      self.result.in_use = self.result.in_use + #batch
      return
    end
  end
  for index, entry in ipairs(batch) do
    if used and used[index] then
      self.result.in_use = self.result.in_use + 1
      self:explain("kept, it is open", entry)
    else
      self:remove(entry, why)
    end
  end
  log.progress(self.seen, nil, self.root)
  local deadline = self.this.deadline
  if deadline and time.now() > deadline - 5 then
    self.stopped = true
    self.this.warn("the time is over: the next run goes on in " .. self.root)
  end
end

function Sweep:take(entry, why)
  self.seen = self.seen + 1
  if self:spared(entry) then
    self.result.special = self.result.special + 1
    self:explain("kept, it is a %s with a purpose", entry, entry.type)
    return
  end
  self.batch[#self.batch + 1] = entry
  if #self.batch >= 1024 then self:flush(why) end
end

-- Everything that is old enough.
function Sweep:by_age()
  local settings = self.settings
  local why = string.format("untouched for %s (%s)", age_text(settings.older_than), settings.clock)
  for entry in self:walk { older_than = settings.older_than, children_first = true, all_directories = true } do
    if entry.type ~= "directory" or settings.empty_dirs then self:take(entry, why) end
    if self.stopped then return end
  end
  self:flush(why)
end

-- The oldest first, until what is left fits. Ages are counted by the minute, so that a million files need little
-- memory; only the minute in which the target is met is sorted.
function Sweep:by_size()
  local target = self.settings.size_target
  if not target or self.stopped then return end
  local clock = self.settings.clock
  local function minute_of(entry) return math.floor(touched(entry, clock) / 60) end
  local total, minutes = 0, {}
  for entry in self:walk { type = "file" } do
    local minute, bytes = minute_of(entry), entry.allocated // entry.links
    total = total + bytes
    minutes[minute] = (minutes[minute] or 0) + bytes
  end
  local order, at, done = {}, 0, math.mininteger
  for minute in pairs(minutes) do order[#order + 1] = minute end
  table.sort(order)
  local why = "to bring " .. self.root .. " under " .. size_text(target)
  self.freed = 0
  while total - self.freed > target and at < #order and not self.stopped do
    -- Up to the border everything goes; what stays nevertheless (in use) moves the border on, once more around.
    local sum, excess = 0, total - self.freed - target
    repeat
      at = at + 1
      sum = sum + minutes[order[at]]
    until sum >= excess or at == #order
    local border, last = order[at], {}
    for entry in self:walk { type = "file", older_than = math.max(too_young, self.now - (border + 1) * 60) } do
      local minute = minute_of(entry)
      if minute > done and minute < border then self:take(entry, why) end
      if minute == border then last[#last + 1] = entry end
      if self.stopped then break end
    end
    self:flush(why)
    table.sort(last, function(one, other) return touched(one, clock) < touched(other, clock) end)
    for _, entry in ipairs(last) do
      if total - self.freed <= target or self.stopped then break end
      -- One by one at the border, so that not one too many goes.
      self:take(entry, why)
      self:flush(why)
    end
    done = border
  end
  self.result.kept_bytes = total - self.freed
  if self.result.kept_bytes > target then
    self.this.warn(string.format("%s keeps %s, over its size_target of %s: what is left is young or in use", self.root,
      size_text(self.result.kept_bytes), size_text(target)))
  end
end

function Sweep:run()
  local entry = fs.stat(self.root, { follow = false })
  if not entry then
    self.this.warn(self.root .. " is not there")
    return self.result
  end
  if entry.type ~= "directory" then error(self.root .. " is a " .. entry.type .. ", no directory", 0) end
  local disk = fs.usage(self.root)
  if disk and disk.path == self.root and not may_be_mounts[self.root] then
    error("paths: " .. self.root .. " is not swept: it is a whole file system", 0)
  end
  self:by_age()
  self:by_size()
  return self.result
end

return job {
  about    = "Remove temporary files that nobody has touched for a while",
  schedule = "*/30 * * * *",
  timeout  = "20m",
  priority = "rescue",
  settings = {
    paths       = option.paths({ "var/tmp" }, { about = "The directories to sweep; they themselves stay" }),
    older_than  = option.duration("7d", { about = "What was touched more recently stays" }),
    clock       = option.one_of {
      "newest", "mtime", "atime", "ctime", default = "newest",
      about = "Which of a file's times tells its age; newest: the latest of all, its birth too",
    },
    pattern     = option.list({}, { about = "Only files whose names match one of these; none: all files" }),
    exclude     = option.list({}, { about = "What matches one of these stays, a directory with all that is in it" }),
    empty_dirs  = option.boolean(true, { about = "Whether directories that are empty and old enough go too" }),
    size_target = option.size { about = "The oldest files go until all take no more than this; none: by age alone" },
    keep_open   = option.one_of {
      "always", "known", "never", default = "always",
      about = "Whether open files stay: always (unknown counts as open), only where it is known, never",
    },
    explain     = option.boolean(false, { about = "Whether the log says of each file what became of it, and why" }),
  },
  needs = function(settings) return { write = roots_of(settings) } end,
  run = function(settings, this)
    local roots = roots_of(settings)
    if clock_jumped(this) then this.skip("the clock was set forward") end
    local result = { roots = {}, files = 0, bytes = 0, directories = 0, in_use = 0, failed = 0 }
    for index, root in ipairs(roots) do
      local one = Sweep.new(root, settings, this):run()
      result.roots[index] = one
      for key in pairs(result) do
        if key ~= "roots" then result[key] = result[key] + one[key] end
      end
    end
    log.info(string.format("removed %s (%s) and %s; %d in use", counted(result.files, "file", "files"),
      size_text(result.bytes), counted(result.directories, "directory", "directories"), result.in_use))
    if result.failed > 0 and result.files + result.directories == 0 then
      this.fail(result.failed .. " files could not be removed")
    end
    return result
  end,
}
