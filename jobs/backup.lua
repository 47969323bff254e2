-- Copies what must not be lost, and proves that the copy can be restored.
--
-- One run makes one backup of all sources together, or none: files and directories (`paths`), SQLite databases while
-- they are written (`databases`), what commands print (`commands`). It is a plain `.tar.zst`, read back and compared
-- file by file before it counts, and copied to every target. To point it at your own data, in scriptron.lua:
--
--   ["backup-app"] = {
--     script = "backup.lua", schedule = "15 3 * * *", user = "root",
--     limits = { scratch = "50GiB" },     -- dumps and proofs lie there; or set `staging` to a directory
--     settings = {
--       paths     = { "/srv/app/uploads", "/etc/app" },
--       exclude   = { "cache", "*.tmp" },
--       databases = { "/srv/app/app.db" },
--       commands  = {
--         { name = "shop.sql", run = { "pg_dump", "shop" }, user = "postgres", ends_with = "dump complete", min = "10KiB" },
--       },
--       targets   = { "/mnt/nas/backups", "/var/backups/app" },
--       keep      = { last = 3, daily = 7, weekly = 4, monthly = 12 },
--       prove     = "weekly",
--     },
--   },
--
-- and paths, targets and programs into the ceiling. `scriptron test jobs/backup.lua --as backup-app` shows what it would
-- do. Restore with: scriptron run restore --set from=backup-app --set into=DIR --grant write=DIR
local backups = require "backups"
local retention = require "retention"

local function fail(...) error(string.format(...), 0) end

local function counted(count, one, many) return count .. " " .. (count == 1 and one or many) end

local function size_text(bytes)
  for _, unit in ipairs { "B", "KiB", "MiB", "GiB" } do
    if bytes < 1024 or unit == "GiB" then
      return string.format(unit == "B" and "%d %s" or "%.1f %s", bytes, unit)
    end
    bytes = bytes / 1024
  end
end

-- A size inside a list, which the host does not convert.
local function bytes(text)
  local units = { [""] = 1, B = 1, KiB = 1 << 10, MiB = 1 << 20, GiB = 1 << 30, kB = 1000, MB = 1000000, GB = 1000000000 }
  local number, unit = tostring(text):match("^(%d+%.?%d*)%s*(%a*)$")
  if not number or not units[unit] then fail("commands: min is a size such as 10KiB, not %s", tostring(text)) end
  return tonumber(number) * units[unit]
end

local function parent(path) return path:match("^(.*)/[^/]*$") or "." end

local function base(path) return path:match("([^/]+)/*$") end

-- The programs of a command: one, or several connected by pipes.
local function stages(command)
  if type(command.run) ~= "table" or #command.run == 0 then fail("commands: each needs run = { program, arguments … }") end
  if type(command.run[1]) == "table" then return command.run end
  return { command.run }
end

-- What is wrong with the settings; nil where nothing is.
local function problem(settings)
  local wrong = retention.problem(settings.keep)
  if wrong then return wrong end
  if #settings.paths + #settings.databases + #settings.commands == 0 and not settings.store then
    return "there is nothing to back up: set paths, databases or commands"
  end
  if #settings.targets == 0 then return "targets is empty: name the directories that backups go to" end
  if settings.max_shrink < 0 or settings.max_shrink > 100 then return "max_shrink is a share in percent, 0 to 100" end
  local names = {}
  for _, command in ipairs(settings.commands) do
    if type(command) ~= "table" or type(command.name) ~= "string" or not command.name:match("^[%w._-]+$")
      or command.name:match("^%.") then
      return "commands: each needs a name of letters, digits, '.', '_' and '-'"
    end
    if names[command.name] then return "commands: two have the name " .. command.name end
    names[command.name] = true
    for key in pairs(command) do
      if not ({ name = 1, run = 1, user = 1, min = 1, ends_with = 1, env = 1 })[key] then
        return "commands: " .. command.name .. " has the unknown key " .. tostring(key)
      end
    end
  end
end

-- Fails where a source is not what it should be: missing, not mounted, or empty.
local function check_sources(settings)
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

-- What a backup holds, by the names in its archive.
local function path_sources(settings)
  local sources = {}
  for _, path in ipairs(settings.paths) do sources[#sources + 1] = { path = path, as = "files" .. path } end
  return sources
end

local Backup = {}
Backup.__index = Backup

-- Copies databases and runs commands: what has no files of its own gets some, in `staging`.
function Backup:stage()
  local settings, sources = self.settings, path_sources(self.settings)
  for _, path in ipairs(settings.databases) do
    local to = self.staging .. "/" .. base(path)
    local number = 1
    while fs.stat(to) do
      number = number + 1
      to = self.staging .. "/" .. base(path) .. "-" .. number
    end
    local copy = sql.backup(path, to, { timeout = settings.busy })
    log.info("copied " .. path, { bytes = copy.bytes })
    sources[#sources + 1] = { path = to, as = "databases" .. path }
  end
  if settings.store then
    sources[#sources + 1] = { path = sys.store_copy(), as = "databases/scriptron.db" }
  end
  for _, command in ipairs(settings.commands) do
    local to = self.staging .. "/command-" .. command.name
    local argv, options = stages(command), { stdout = { file = to }, user = command.user, env = command.env }
    -- Any stage that fails, fails the run: nothing of it is published.
    if #argv == 1 then process.run(argv[1], options) else process.pipe(argv, options) end
    self:check_output(command, to)
    sources[#sources + 1] = { path = to, as = "commands/" .. command.name }
  end
  return sources
end

-- A dump that ended early may still have ended well: its size and its end tell.
function Backup:check_output(command, path)
  if self.this.dry_run then return end
  local entry = fs.stat(path)
  local least = bytes(command.min or 1)
  if entry.size < least then
    fail("commands: %s printed %s, less than %s", command.name, size_text(entry.size), size_text(least))
  end
  if command.ends_with then
    local file <close> = fs.open(path, "r")
    file:seek("end", -math.min(entry.size, 4096))
    if not file:read(4096):find(command.ends_with, 1, true) then
      fail("commands: what %s printed does not end with %q: it was cut short", command.name, command.ends_with)
    end
  end
end

-- Fails where the sources have lost more than they may have since the last backup.
function Backup:check_shrink(now)
  local last, most = self.last, self.settings.max_shrink
  if not last or not last.scan or most >= 100 then return end
  for _, what in ipairs { "files", "bytes" } do
    local before = last.scan[what] or 0
    if before > 0 and now[what] < before * (1 - most / 100) then
      fail("the sources have %d %s, and had %d in %s: more than max_shrink (%g %%) is gone. If that is right, "
        .. "run once with --set max_shrink=100", now[what], what, before, last.name, most)
    end
  end
end

-- The sources that have files of their own, and what is beside databases: unchanged, they need no new backup.
function Backup:scan()
  local sources = path_sources(self.settings)
  for _, path in ipairs(self.settings.databases) do
    for _, suffix in ipairs { "", "-wal", "-journal" } do
      if fs.stat(path .. suffix) then sources[#sources + 1] = { path = path .. suffix, as = "databases" .. path .. suffix } end
    end
  end
  if #sources == 0 then return { files = 0, bytes = 0, directories = 0 } end
  return archive.scan(sources, { exclude = self.settings.exclude, one_fs = self.settings.one_fs })
end

-- The path of something unfinished in a directory. The same in each run: what a killed one left is found.
function Backup:unfinished(directory, behind) return directory .. "/" .. backups.prefix .. self.set .. (behind or "") end

-- Removes what a run that was killed left in a target.
function Backup:clean(target)
  for _, behind in ipairs { ".tar.zst", ".manifest", ".json", ".copy" } do fs.remove(self:unfinished(target, behind)) end
  local cut = state.get("publishing")
  if not cut then return end
  for _, encrypted in ipairs { false, true } do
    local paths = backups.paths(target, cut, encrypted)
    if not fs.stat(paths.info) then
      for _, path in ipairs { paths.archive, paths.manifest } do
        if fs.remove(path) then log.info("removed " .. path .. ": a run was cut before it counted") end
      end
    end
  end
end

-- A directory for what is big and does not last: `staging`, or the run's scratch.
function Backup:workplace(name)
  if not self.settings.staging then return fs.temp_dir() end
  local directory = self:unfinished(self.settings.staging, name)
  fs.remove_tree(directory)
  fs.mkdir(directory, { mode = "0700" })
  return directory
end

-- Makes the archive under a name that does not count, reads it back, and compares it with its manifest.
function Backup:make(sources)
  local settings, this = self.settings, self.this
  local directory = #settings.recipients > 0 and self.staging or settings.targets[1]
  local prefix = self:unfinished(directory)
  local made = archive.create(prefix .. ".tar.zst", sources, {
    manifest = prefix .. ".manifest", level = settings.level, exclude = settings.exclude, one_fs = settings.one_fs,
  })
  for index, remark in ipairs(made.unreadable) do
    local text = remark.path .. ": " .. remark.message
    if remark.code ~= "ENOTREG" and not settings.allow_unreadable then
      fail("%s cannot be read (%s in all); allow_unreadable = true leaves such files out", text, #made.unreadable)
    end
    if index <= 20 then log.warn("left out " .. text) end
  end
  for index, remark in ipairs(made.changed) do
    if index <= 20 then log.warn(remark.path .. ": " .. remark.message) end
  end
  if #made.changed > 0 then
    this.warn(counted(#made.changed + made.unlisted, "file", "files") .. " changed while being read")
  end
  if made.stored and made.stored < settings.min_size then
    fail("the backup has %s, less than min_size (%s)", size_text(made.stored), size_text(settings.min_size))
  end
  local read = archive.verify(prefix .. ".tar.zst", { manifest = prefix .. ".manifest" })
  if not this.dry_run and read.sha256 ~= made.sha256 then
    fail("what was stored is not what was written: the disk of %s cannot be trusted", directory)
  end
  self.made = made
  return { archive = prefix .. ".tar.zst", manifest = prefix .. ".manifest" }
end

-- Encrypts a file for the recipients; returns the encrypted one. Nothing secret is on the command line.
function Backup:encrypt(path)
  local argv = { "age", "--encrypt" }
  for _, recipient in ipairs(self.settings.recipients) do
    argv[#argv + 1] = "--recipient"
    argv[#argv + 1] = recipient
  end
  argv[#argv + 1] = "--output"
  argv[#argv + 1] = path .. ".age"
  argv[#argv + 1] = path
  process.run(argv)
  return path .. ".age"
end

-- Puts the files into a target: under names that do not count, compared, then renamed; the one that makes it count last.
function Backup:publish(target, files, info)
  local paths = backups.paths(target, self.name, info.encrypted)
  for _, part in ipairs { "manifest", "archive" } do
    local from = files[part]
    if parent(from) ~= target then
      local copy = self:unfinished(target, ".copy")
      fs.copy(from, copy, { preserve = false })
      fs.chmod(copy, "0600")
      if not self.this.dry_run and hash.file(copy) ~= info[part == "archive" and "sha256" or "manifest_sha256"] then
        fail("%s: what was stored is not what was written", copy)
      end
      from = copy
    end
    fs.rename(from, paths[part])
  end
  self:write_info(target, paths.info, info)
end

-- Writes what a backup is; from then on it counts.
function Backup:write_info(target, path, info)
  local unfinished, kept = self:unfinished(target, ".json"), {}
  for key, value in pairs(info) do
    if key ~= "paths" and key ~= "directory" and key ~= "name" then kept[key] = value end
  end
  fs.write(unfinished, json.encode(kept, { pretty = true }) .. "\n", { mode = "0600" })
  fs.rename(unfinished, path, { replace = true })
end

-- Restores the newest backup into scratch, and compares it with its manifest; databases must be sound.
function Backup:prove(info)
  local directory = self:workplace(".proof")
  local archive_path, manifest = backups.open(info, self.settings.identity, directory)
  local tree = directory .. "/tree"
  local out = archive.extract(archive_path, tree, { owners = true })
  archive.verify(tree, { manifest = manifest })
  if not self.this.dry_run and fs.stat(tree .. "/databases") then
    for entry in fs.walk(tree .. "/databases", { type = "file" }) do
      local db <close> = sql.open(entry.path)
      local answer = db:query("PRAGMA integrity_check(1)")[1].integrity_check
      if answer ~= "ok" then fail("%s of %s: %s", entry.path:sub(#tree + 2), info.name, answer) end
    end
  end
  -- Also from scratch: the next thing in this run may need the room.
  fs.remove_tree(directory)
  log.info("proven: restored and compared " .. info.name, { files = out.files })
end

-- Whether the newest backup is to be restored now.
function Backup:proof_is_due(info)
  local how = self.settings.prove
  if how == "never" then return false end
  if info.encrypted and not self.settings.identity then return false end
  if how == "always" then return not info.proven end
  local last = math.max(state.get("proven", { default = 0 }), info.proven or 0)
  return self.now - last >= 7 * 86400 - 3600
end

function Backup:prove_if_due(target, info)
  if not self:proof_is_due(info) then return false end
  if self.this.dry_run then
    log.info("would prove " .. info.name .. ": restore it into scratch and compare it with its manifest")
    return true
  end
  self:prove(info)
  state.set("proven", self.now)
  info.proven = time.now()
  self:write_info(target, info.paths.info, info)
  return true
end

-- When the sources were last as a proven backup has them; nil: never.
function Backup:last_proven(info) return info.proven and self.now or state.get("proven") end

-- Removes from a target what the policy no longer wants, each with its reason.
function Backup:expire(target)
  local copies = backups.list(target, self.set, self.this.warn)
  local _, remove = retention.judge(copies, self.settings.keep, self.now)
  for _, judged in ipairs(remove) do
    local copy = judged.copy
    log.info("removed " .. copy.name .. " from " .. target .. ": " .. judged.why)
    -- Without this file it does not count: what is left of a run that is killed here is no backup.
    fs.remove(copy.paths.info)
    fs.remove(copy.paths.archive)
    fs.remove(copy.paths.manifest)
  end
  return #remove
end

-- Whether some target is off this machine, as far as it can be told.
local function leaves_machine(settings)
  if settings.off_machine then return true end
  local network = { nfs = 1, nfs4 = 1, cifs = 1, smb3 = 1, ceph = 1, glusterfs = 1, ["fuse.sshfs"] = 1, ["9p"] = 1 }
  for _, target in ipairs(settings.targets) do
    local good, disk = pcall(fs.usage, target)
    if good and disk and network[disk.type] then return true end
  end
  return false
end

function Backup:watch_same_disk()
  alert.check("backup.same-disk", not leaves_machine(self.settings), {
    severity = "warning",
    summary = "every backup of " .. self.set .. " is on the machine that it is of: add a target that is elsewhere (a "
      .. "mount of another machine), or set off_machine if one of them is",
  })
end

function Backup:run()
  local settings, this = self.settings, self.this
  for _, target in ipairs(settings.targets) do
    if not fs.stat(target) then fail("targets: %s is not there (is it mounted?)", target) end
    self:clean(target)
  end
  if state.get("publishing") then state.set("publishing", nil) end
  check_sources(settings)
  self.last = backups.list(settings.targets[1], self.set, this.warn)[1]
  local scan = self:scan()
  self:check_shrink(scan)
  local result = { removed = 0, proven = false, unchanged = false }
  local can_be_unchanged = #settings.commands == 0 and not settings.store and #scan.unreadable == 0
  if can_be_unchanged and self.last and self.last.fingerprint == scan.fingerprint and self:is_everywhere() then
    result.unchanged, result.backup = true, self.last.name
    result.proven = self:prove_if_due(settings.targets[1], self.last)
    result.last_proven = self:last_proven(self.last)
    log.info("unchanged since " .. self.last.name .. ": no new backup", { files = scan.files })
    self:watch_same_disk()
    return result
  end
  self.staging = self:workplace(".staging")
  local files = self:make(self:stage())
  local made = self.made
  local info = {
    format = 1, set = self.set, time = self.now, files = made.files,
    directories = made.directories, bytes = made.bytes, fingerprint = can_be_unchanged and scan.fingerprint or nil,
    scan = { files = scan.files, bytes = scan.bytes }, encrypted = #settings.recipients > 0 or nil,
  }
  if info.encrypted then
    files = { archive = self:encrypt(files.archive), manifest = self:encrypt(files.manifest) }
    if this.dry_run then
      -- What age would have written.
      fs.write(files.archive, "")
      fs.write(files.manifest, "")
    end
  end
  info.stored = fs.stat(files.archive).size
  info.sha256 = this.dry_run and "planned" or hash.file(files.archive)
  info.manifest_sha256 = this.dry_run and "planned" or hash.file(files.manifest)
  state.set("publishing", self.name)
  -- The first target last: the others copy its files.
  for index = #settings.targets, 1, -1 do self:publish(settings.targets[index], files, info) end
  state.set("publishing", nil)
  info.name, info.directory = self.name, settings.targets[1]
  info.paths = backups.paths(info.directory, info.name, info.encrypted)
  if settings.staging then fs.remove_tree(self.staging) end
  log.info(string.format("%s: %s of %s in %s", self.name, counted(made.files, "file", "files"), size_text(made.bytes),
    size_text(info.stored or 0)))
  result.proven = self:prove_if_due(settings.targets[1], info)
  result.last_proven = self:last_proven(info)
  for _, target in ipairs(settings.targets) do result.removed = result.removed + self:expire(target) end
  self:watch_same_disk()
  result.backup, result.files, result.bytes, result.stored = self.name, made.files, made.bytes, info.stored
  return result
end

-- Whether every target has the last backup.
function Backup:is_everywhere()
  for _, target in ipairs(self.settings.targets) do
    local newest = backups.list(target, self.set, self.this.warn)[1]
    if not newest or newest.name ~= self.last.name then return false end
  end
  return true
end

return job {
  about    = "Back up files, databases and dumps, and prove that they can be restored",
  schedule = "15 3 * * *",
  timeout  = "6h",
  settings = {
    paths      = option.paths({}, { about = "Files and directories" }),
    exclude    = option.list({}, { about = "What matches one of these is left out; patterns are relative to each path" }),
    one_fs     = option.boolean(true, { about = "Whether other file systems below the paths are left out" }),
    mounted    = option.paths({}, { about = "Where something must be mounted, or the run fails" }),
    databases  = option.paths({}, { about = "SQLite databases, copied while they are written" }),
    busy       = option.duration("60s", { about = "How long a locked database is waited for" }),
    store      = option.boolean(false, { about = "Whether Scriptron's own store is in it" }),
    commands   = option.list({}, { about = "Dumps: { name, run = { program, … }, user, env, min, ends_with }" }),
    targets    = option.paths({ "var/backups" }, { about = "The directories that backups go to, each a whole copy" }),
    off_machine = option.boolean(false, { about = "Whether a target is off this machine, where that cannot be seen" }),
    recipients = option.list({}, { about = "Whom it is encrypted for (age); none: nobody" }),
    identity   = option.path { about = "The file with age's key, for proofs of encrypted backups" },
    staging    = option.path { about = "Where dumps and copies of databases are made; none: the run's scratch" },
    level      = option.number(3, { about = "zstd's level, 1 to 19" }),
    min_size   = option.size(0, { about = "A smaller backup fails" }),
    max_shrink = option.number(50, { about = "Percent of its files or bytes that the sources may lose; more fails" }),
    allow_empty = option.boolean(false, { about = "Whether a directory of paths may be empty" }),
    allow_unreadable = option.boolean(false, { about = "Whether files that cannot be read are left out; else it fails" }),
    keep       = retention.settings(7),
    prove      = option.one_of {
      "always", "weekly", "never", default = "weekly",
      about = "How often the newest is restored into scratch and compared; reading back is always done",
    },
  },
  needs = function(settings)
    local read, write, run = {}, {}, {}
    for _, path in ipairs(settings.paths) do read[#read + 1] = path end
    for _, path in ipairs(settings.mounted) do read[#read + 1] = path end
    -- SQLite looks for its log and journal beside the database.
    for _, path in ipairs(settings.databases) do read[#read + 1] = parent(path) end
    if settings.identity then read[#read + 1] = settings.identity end
    for _, path in ipairs(settings.targets) do write[#write + 1] = path end
    if settings.staging then write[#write + 1] = settings.staging end
    for _, command in ipairs(settings.commands) do
      for _, argv in ipairs(stages(command)) do
        run[#run + 1] = command.user and { argv[1], user = command.user } or argv[1]
      end
    end
    if #settings.recipients > 0 then run[#run + 1] = "age" end
    return { read = read, write = write, run = run }
  end,
  run = function(settings, this)
    local wrong = problem(settings)
    if wrong then this.fail(wrong, { retry = false }) end
    local now = time.now()
    return setmetatable({
      settings = settings, this = this, set = this.job, now = now, name = backups.name(this.job, now),
    }, Backup):run()
  end,
}
