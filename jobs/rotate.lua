--- Rotates logs before they fill the disk: gives them another name, tells their writers, compresses what nobody has
--- open any more, and removes what is no longer to be kept.
---
--- A log is due when it is over `size`, when its last rotation (or its birth) is longer ago than `age`, or when another
--- hour, day, week, month or year has begun since (`time`). To rotate nginx's logs, in scriptron.lua:
---
---   ["rotate-nginx"] = {
---     script = "rotate.lua", schedule = "*/10 * * * *", user = "root",
---     settings = {
---       paths = { "/var/log/nginx/*.log" }, size = "100MiB", time = "daily",
---       keep  = { count = 30, age = "90d", free = "5GiB" },
---       after = { process = "nginx", pidfile = "/run/nginx.pid", signal = "USR1" },
---     },
---   },
---
--- and the directory into the ceiling's `write`, the process into its `signal`. `scriptron test jobs/rotate.lua --as
--- rotate-nginx` shows what it would do. Who cannot be told to open his log anew, needs method = "copytruncate": that
--- loses what is written between the last look and the cut: a line now and then, where fifty thousand come a second.
---
--- Nothing is overwritten, and nothing is removed but files whose names and logs say that they were made here. What is
--- open is neither compressed nor removed; links, hard links, FIFOs and devices are left alone.
local generations = require "generations"
local logfiles = require "logfiles"
local packing = require "packing"
local purging = require "purging"
local report_of = require "rotation_report"
local rotating = require "rotating"
local wall_clock = require "clock"

local known_groups = {
  keep = { count = true, age = true, size = true, free = true },
  after = { process = true, pidfile = true, signal = true, reload = true, command = true, settle = true },
}

local function wrong(name, what) error("settings." .. name .. " " .. what, 0) end

--- Raises for settings that cannot be meant: a rule that is misspelt must not pass for one.
local function validate(settings)
  for group, names in pairs(known_groups) do
    for name in pairs(settings[group]) do
      if not names[name] then wrong(group .. "." .. name, "is unknown") end
    end
  end
  if #settings.paths == 0 then wrong("paths", "is empty: name the logs") end
  for _, path in ipairs(settings.paths) do
    if not logfiles.root(path) then wrong("paths", "has " .. path .. ": logs in the root are not rotated") end
  end
  if settings.names == "dated" then
    local problem = generations.problem(settings.date_format)
    if problem then wrong("date_format", problem) end
  end
  local scheme = generations.scheme(settings.names, settings.date_format)
  for _, path in ipairs(settings.paths) do
    local _, name = logfiles.parts(path)
    if not logfiles.split(path) and scheme.is_product(name) then
      wrong("paths", "has " .. path .. ", which is the name of a rotated file")
    end
  end
  if not (settings.size or settings.age or settings.time ~= "never") then
    wrong("size", "or age or time must be set, or nothing would ever be due")
  end
  for name, value in pairs { ["keep.count"] = settings.keep.count, compress_after = settings.compress_after } do
    if value < 0 or value % 1 ~= 0 or value > generations.highest then
      wrong(name, "must be a whole number from 0 on")
    end
  end
  if settings.mode and not settings.mode:find("^0?[0-7][0-7][0-7]$") then
    wrong("mode", 'must be text of octal digits, such as "0640"')
  end
  local after = settings.after
  if after.pidfile and not after.process then wrong("after.pidfile", "needs after.process, the name of the process") end
  for index, word in ipairs(after.command) do
    if type(word) ~= "string" then wrong("after.command", "must be texts; its item " .. index .. " is none") end
  end
  return scheme
end

--- Tells the writers of the logs; false and why where that failed.
local function tell_writers(settings, rotated)
  local after = settings.after
  if after.process then
    local target = after.pidfile and { pidfile = after.pidfile } or { name = after.process }
    local called, count = pcall(process.signal, target, after.signal)
    if not called then return false, tostring(count) end
    log.info(string.format("sent %s to %d %s", after.signal, count, count == 1 and "process" or "processes"))
  end
  -- One that does not run has no log open.
  if after.reload and service.active(after.reload) ~= false then
    local called, problem = pcall(service.reload, after.reload)
    if not called then return false, tostring(problem) end
  end
  if #after.command > 0 then
    -- The names, each ended by a NUL, since they may hold anything else.
    local names = {}
    for index, name in ipairs(rotated) do names[index] = name .. "\0" end
    local called, problem = pcall(process.run, after.command, { stdin = table.concat(names), stdout = "log" })
    if not called then return false, tostring(problem) end
  end
  return true
end

local Rotation = {}
Rotation.__index = Rotation

--- Does something about a directory: a trouble with it stops nothing else.
function Rotation:guard(place, what)
  local called, problem = pcall(what, place, self.settings, self.report)
  if called then return true end
  if type(problem) ~= "table" then error(problem, 0) end
  if problem.code == "EDEADLINE" then
    self.report:late()
  elseif problem.code == "ENOENT" and place.logs and not fs.stat(place.path) then
    self.report:warn(place.path, "it vanished")
  else
    self.report:fail(place.path, tostring(problem))
  end
end

--- Reads the names in the directories, where they may be others than before.
function Rotation:refresh()
  for _, place in ipairs(self.places) do
    if place.changed then
      place.changed, place.found, place.unfinished = false, {}, {}
      local known = self:guard(place, function()
        place.found, place.unfinished = logfiles.generations(place, self.settings.scheme)
      end)
      -- Without its names nothing in it is touched.
      if not known then place.logs = {} end
    end
  end
end

--- Does something for each directory.
function Rotation:each(what)
  for _, place in ipairs(self.places) do
    if self.report.is_late then return end
    self:guard(place, what)
    self.report:check_time()
  end
  self:refresh()
end

--- Makes room in all of them together.
function Rotation:make_room(what)
  if self.report.is_late then return end
  self:guard({ path = "keep" }, function() what(self.places, self.settings, self.report) end)
  self:refresh()
end

--- Removes what a killed run had not finished: nobody has it open.
local function clean(place, settings, report)
  local entries = {}
  for _, name in ipairs(place.unfinished) do
    local entry = fs.stat(place.path .. "/" .. name, { follow = false })
    if entry and entry.type == "file" and entry.links == 1 then entries[#entries + 1] = entry end
  end
  if #entries == 0 then return end
  local used = fs.in_use(entries)
  for index, entry in ipairs(entries) do
    -- Where nobody can tell, a day is enough for any file to be finished.
    local is_dead = used and not used[index] or not used and entry.ctime < time.now() - 86400
    if is_dead and fs.remove(entry) then report:explain(entry.path, "removed: a killed run had not finished it") end
  end
end

--- Tells the writers, where logs were rotated now or by a run that was cut; false where they are not told.
function Rotation:tell_writers()
  if not self.settings.has_after or not (self.report.has_begun or state.get("after")) then return true end
  local told, problem = tell_writers(self.settings, self.report.new)
  if told then
    self.report:remember("after", nil)
  else
    self.report:fail("after", problem)
  end
  return told
end

--- Waits a little until the writers have let go of what was renamed.
function Rotation:wait_for_writers()
  local settings, moved = self.settings, self.report.moved
  if settings.method ~= "rename" or #moved == 0 or self.this.dry_run then return end
  local over = time.precise() + settings.after.settle
  while time.precise() < over do
    local is_open = false
    for _, one in ipairs(fs.in_use(moved) or {}) do is_open = is_open or one end
    if not is_open then return end
    time.sleep(0.1)
  end
end

function Rotation:run()
  local settings, report = self.settings, self.report
  report.clock_jumped = settings.keep.age and wall_clock.jump(self.this)
  if report.clock_jumped then
    report:note("the clock was set forward since the last run: nothing is removed for its age this time")
  end
  rotating.finish(settings, report)
  self.places = logfiles.find(settings, settings.scheme,
    function(entry, why, named) report:odd(entry, why, named) end,
    function(path, why) report:fail(path, why) end)
  local logs = 0
  for _, place in ipairs(self.places) do
    place.changed, logs = true, logs + #place.logs
  end
  self:refresh()
  self:each(clean)
  -- First of all room, for what is to be made needs it.
  self:make_room(purging.by_free_space)
  self:each(rotating.run)
  local told = self:tell_writers()
  if settings.has_after and told then self:wait_for_writers() end
  -- While its writer was not told, what was renamed may still be written.
  if told and settings.compress ~= "none" then self:each(packing.run) end
  self:each(purging.by_count_and_age)
  self:make_room(purging.by_size)
  self:make_room(purging.by_free_space)
  return report:finish(logs)
end

return job {
  about    = "Rotate logs: rename, compress, and remove what is no longer to be kept",
  schedule = "*/5 * * * *",
  timeout  = "1h",
  priority = "rescue",
  memory   = "256MiB",
  settings = {
    paths    = option.paths({ "var/log/*.log" }, { about = "The logs: paths, and patterns of them" }),
    exclude  = option.list({}, { about = "What matches one of these patterns is no log" }),
    missing_ok = option.boolean(false, { about = "Whether paths without a pattern, and directories, may be missing" }),

    size     = option.size { about = "A log that is larger is due" },
    age      = option.duration { about = "A log is due so long after its last rotation, or its birth" },
    time     = option.one_of {
      "never", "hourly", "daily", "weekly", "monthly", "yearly", default = "daily",
      about = "A log is due when another one has begun since its last rotation, or its birth",
    },
    min_size = option.size(0, { about = "By age and time, only logs of at least this size are due" }),
    empty    = option.boolean(false, { about = "Whether empty logs are rotated too" }),

    method   = option.one_of {
      "rename", "copytruncate", default = "rename",
      about = "rename loses nothing; copytruncate is for writers who cannot open their log anew, and loses a little",
    },
    names    = option.one_of {
      "numbered", "dated", default = "numbered", about = "app.log.1, or app.log-20260301-031500",
    },
    date_format = option.string("-%Y%m%d-%H%M%S", { about = "What a dated name has behind the log's" }),
    create   = option.boolean(true, { about = "Whether an empty log takes the place of the one that was renamed" }),
    mode     = option.string { about = 'Its mode, such as "0640"; none: as the log had it' },
    owner    = option.string { about = 'Its owner, "user", "user:group" or ":group"; none: as the log had it' },

    compress = option.one_of { "zstd", "gzip", "none", default = "zstd", about = "How rotated logs are compressed" },
    level    = option.number { about = "How hard: zstd 1 to 19 (3), gzip 1 to 9 (6)" },
    compress_after = option.number(0, { about = "The newest so many stay as they are" }),

    keep     = {
      count = option.number(12, { about = "The newest so many of each log stay; 0: none, once `after` has run" }),
      age   = option.duration { about = "What was last written longer ago goes, also where the log is not due" },
      size  = option.size { about = "The oldest go until all rotated logs together take no more than this" },
      free  = option.size { about = "The oldest go until their disk has so much free" },
    },
    after    = {
      process = option.string { about = "The process that is signalled when logs were renamed" },
      pidfile = option.path { about = "The file with its pid; none: all processes of this name" },
      signal  = option.string("HUP", { about = "The signal" }),
      reload  = option.string { about = "The unit of systemd that is reloaded" },
      command = option.list({}, { about = "A program and its arguments; it reads the new names, a NUL behind each" }),
      settle  = option.duration("5s", { about = "How long writers may take to open their logs anew" }),
    },
    keep_open = option.one_of {
      "always", "known", "never", default = "always",
      about = "What is open is left alone: always (unknown counts as open), only where it is known, never",
    },
    explain  = option.boolean(false, { about = "Whether the log says of each file what became of it" }),
  },
  needs = function(settings)
    validate(settings)
    local after, seen, write = settings.after, {}, {}
    for _, path in ipairs(settings.paths) do
      local root = logfiles.root(path)
      if not seen[root] then
        seen[root] = true
        write[#write + 1] = root
      end
    end
    return {
      write = write, signal = after.process, read = after.pidfile, service = after.reload,
      run = after.command[1] and { after.command[1] },
    }
  end,
  run = function(settings, this)
    settings.scheme = validate(settings)
    settings.has_command = #settings.after.command > 0
    settings.has_after = settings.has_command or settings.after.process ~= nil or settings.after.reload ~= nil
    return setmetatable({ settings = settings, this = this, report = report_of.new(settings, this) }, Rotation):run()
  end,
}
