-- Copies what must not be lost, and proves that the copy can be restored.
--
-- One run makes one backup of all sources together, or none: files and directories (`paths`), SQLite databases while
-- they are written (`databases`), what commands print (`commands`). It is a plain `.tar.zst`, read back and compared
-- file by file before it counts, and copied to every target: directories (`targets`), buckets of S3 (`buckets`). To
-- point it at your own data, in scriptron.lua:
--
--   ["backup-app"] = {
--     script = "backup.lua", schedule = "15 3 * * *", user = "root",
--     settings = {
--       paths     = { "/srv/app/uploads", "/etc/app" },
--       exclude   = { "cache", "*.tmp" },
--       databases = { "/srv/app/app.db" },
--       commands  = {
--         { name = "shop.sql", run = { "pg_dump", "shop" }, user = "postgres", min = "10KiB",
--           ends_with = "dump complete", connect = "unix:/run/postgresql/.s.PGSQL.5432" },
--       },
--       targets   = { "/var/backups/app", "/mnt/nas/backups" },
--       buckets   = {
--         { endpoint = "https://s3.example.org", bucket = "backups", prefix = "web1/",
--           key = secret "S3_KEY", secret = secret "S3_SECRET" },
--       },
--       keep      = { last = 3, daily = 7, weekly = 4, monthly = 12 },
--       prove     = "weekly",
--     },
--   },
--
-- and paths, targets, programs and servers into the ceiling. `scriptron test jobs/backup.lua --as backup-app` shows what
-- it would do. Restore with: scriptron run restore --set from=backup-app --set into=DIR --grant write=DIR
local bucket = require "backup_bucket"
local backups = require "backups"
local format = require "format"
local proof = require "backup_proof"
local retention = require "retention"
local sources = require "backup_sources"
local targets = require "backup_targets"

local function fail(...) error(string.format(...), 0) end

local function counted(count, one, many) return count .. " " .. (count == 1 and one or many) end

-- What is wrong with the settings; nil where nothing is.
local function problem(settings)
  local wrong = retention.problem(settings.keep) or sources.problem(settings) or bucket.problem(settings.buckets)
  if wrong then return wrong end
  if #settings.targets + #settings.buckets == 0 then
    return "targets and buckets are empty: name the directories or buckets that backups go to"
  end
  for index, recipient in ipairs(settings.recipients) do
    if type(recipient) ~= "string" or not recipient:match("^%w") then
      return "recipients: number " .. index .. " is no recipient of age"
    end
  end
end

local Backup = {}
Backup.__index = Backup

-- A directory for what is big and does not last: in `staging`, or the run's scratch.
function Backup:workplace(name)
  if not self.settings.staging then return fs.temp_dir() end
  local path = self.settings.staging .. "/" .. backups.unfinished .. self.set .. "." .. name
  fs.remove_tree(path)
  fs.mkdir(path, { mode = "0700" })
  return path
end

-- Makes the archive, under a name that does not count, reads it back, and compares it with its manifest.
function Backup:archive(list, prefix)
  local settings, this = self.settings, self.this
  local paths = { archive = prefix .. ".tar.zst", manifest = prefix .. ".manifest" }
  local made = archive.create(paths.archive, list, {
    manifest = paths.manifest, level = settings.level, exclude = settings.exclude, one_fs = settings.one_fs,
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
    fail("the backup has %s, less than min_size (%s)", format.size(made.stored), format.size(settings.min_size))
  end
  local read = archive.verify(paths.archive, { manifest = paths.manifest })
  if not this.dry_run and read.sha256 ~= made.sha256 then
    backups.damaged(paths.archive .. ": what was stored is not what was written")
  end
  return paths, made
end

-- What a disk says that takes no more: then another target may still take the archive.
local disk_errors = { ENOSPC = 1, EDQUOT = 1, EIO = 1, EROFS = 1, ESTALE = 1, EFBIG = 1, ENOTCONN = 1, EDAMAGED = 1 }

-- Makes the archive where it will lie, in the first directory that takes it; else in `staging`. Returns the paths of its
-- files, what it holds, and the target in which it is.
function Backup:archive_somewhere(list)
  for _, target in ipairs(#self.settings.recipients == 0 and self.targets:sound() or {}) do
    if target.directory then
      local good, paths, made = pcall(self.archive, self, list, target:unfinished(""))
      if good then return paths, made, target end
      if not disk_errors[backups.code(paths)] then error(paths, 0) end
      self.targets:lose(target, paths)
      pcall(target.clean, target)
      self.targets:sound()
    end
  end
  return self:archive(list, self.staging .. "/backup")
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
  -- What age would have written.
  if self.this.dry_run then fs.write(path .. ".age", "") end
  fs.remove(path)
  return path .. ".age"
end

-- For whom a backup is encrypted, as one word; nil: for nobody.
function Backup:readers()
  local recipients = self.settings.recipients
  return #recipients > 0 and hash.text(table.concat(recipients, "\n")) or nil
end

-- Makes a backup of the sources, and stores it.
function Backup:make(scan)
  local settings, is_dry = self.settings, self.this.dry_run
  for index, path in ipairs(sources.live_databases(settings)) do
    if index <= 20 then
      self.this.warn(path .. " looks like a SQLite database that is being written: name it in databases, or its copy may "
        .. "be of no use")
    end
  end
  self.staging = self:workplace("staging")
  local list, printed = sources.stage(settings, self.staging, is_dry)
  if self.last then sources.check_shrink(settings, self.last.sources, printed) end
  local paths, made, home = self:archive_somewhere(list)
  local at = self.targets:free_time(self.now)
  local info = {
    format = 1, set = self.set, machine = self.targets.machine, time = at, name = backups.name(self.set, at),
    files = made.files, directories = made.directories, bytes = made.bytes, fingerprint = scan.fingerprint,
    sources = table.move(printed, 1, #printed, #scan.sources + 1, scan.sources), readers = self:readers(),
    encrypted = #settings.recipients > 0 or nil, sha256 = made.sha256 or "planned",
  }
  if info.encrypted then
    paths = { archive = self:encrypt(paths.archive), manifest = self:encrypt(paths.manifest) }
    if not is_dry then info.sha256 = hash.file(paths.archive) end
  end
  info.parts = backups.parts(info.name, info.encrypted)
  info.stored, info.manifest_stored = fs.stat(paths.archive).size, fs.stat(paths.manifest).size
  info.manifest_sha256 = is_dry and "planned" or hash.file(paths.manifest)
  self.targets:publish(self.targets:sound(), info, paths, home)
  if settings.staging then fs.remove_tree(self.staging) end
  log.info(string.format("%s: %s of %s in %s", info.name, counted(made.files, "file", "files"), format.size(made.bytes),
    format.size(info.stored)))
  return info
end

-- The last backup, where the sources are as they were then: put into the targets that lack it. Nil where a new one is to
-- be made.
function Backup:keep_last(scan)
  local last, all = self.last, self.targets
  if not last or not last.fingerprint or last.fingerprint ~= scan.fingerprint or last.readers ~= self:readers() then
    return
  end
  local holders, lacking = all:holders(last.name)
  if #lacking > 0 then
    local holder = holders[1].target
    local scratch = self:workplace("staging")
    if not holder.directory then targets.check_room(scratch, last.stored, "the copy of " .. last.name) end
    local good, why = pcall(holder.verify, holder, last)
    if not good then
      all:condemn(holder, last, why)
      return
    end
    all:publish(lacking, last, holder:fetch(last, scratch))
    fs.remove_tree(scratch)
    log.info("copied " .. last.name .. " to " .. counted(#lacking, "target that lacked it", "targets that lacked it"))
  end
  log.info("unchanged since " .. last.name .. ": no new backup", { files = scan.files })
  return last
end

--- When the sources were last as a backup has them that was proven by a restore; nil: never.
function Backup:last_proven(info)
  for _, holder in ipairs(self.targets:holders(info.name)) do
    if holder.info.proven then return self.now end
  end
  return state.get("proven")
end

function Backup:run()
  local settings, this, all = self.settings, self.this, self.targets
  all:clean()
  sources.check(settings)
  self.last = all:look(self.now)
  local scan = sources.scan(settings)
  if self.last then sources.check_shrink(settings, self.last.sources, scan.sources) end
  local info = self:keep_last(scan)
  local result = { unchanged = info ~= nil }
  if not info then
    info = self:make(scan)
    result.files, result.bytes, result.stored = info.files, info.bytes, info.stored
  end
  result.backup = info.name
  result.proven = proof.run(all, info.name, not result.unchanged, settings, self.now, this.dry_run, function(name)
    return self:workplace(name)
  end)
  result.last_proven = self:last_proven(info)
  result.removed = all:expire(info.name, settings.keep, self.now)
  alert.check("backup.same-disk", not (settings.off_machine or all:is_elsewhere()), {
    severity = "warning",
    summary = "every backup of " .. self.set .. " is on the machine that it is of: add a target that is elsewhere (a "
      .. "bucket, a mount of another machine), or set off_machine if one of them is",
  })
  all:finish(info.name)
  return result
end

return job {
  about    = "Back up files, databases and dumps, and prove that they can be restored",
  schedule = "15 3 * * *",
  timeout  = "6h",
  -- Dumps and proofs lie in the run's scratch, whose bound is its disk: there must be room before a proof begins.
  limits   = { scratch = "1024TiB", scratch_files = 100000000 },
  settings = {
    paths      = option.paths({}, { about = "Files and directories" }),
    exclude    = option.list({}, { about = "What matches one of these is left out; patterns are relative to each path" }),
    one_fs     = option.boolean(true, { about = "Whether other file systems below the paths are left out" }),
    mounted    = option.paths({}, { about = "Where something must be mounted, or the run fails" }),
    databases  = option.paths({}, { about = "SQLite databases, copied while they are written" }),
    busy       = option.duration("60s", { about = "How long a locked database is waited for" }),
    store      = option.boolean(false, { about = "Whether Scriptron's own store is in it" }),
    commands   = option.list({}, {
      about = "Dumps: { name, run = { program, … }, user, env, min, ends_with, connect, read, dns }",
    }),
    targets    = option.paths({ "var/backups" }, { about = "The directories that backups go to, each a whole copy" }),
    buckets    = option.list({}, {
      about = "Buckets of S3: { endpoint, bucket, prefix, region, key, secret, ca, read_back }, each a whole copy",
    }),
    machine    = option.string { about = "Whose backups they are; none: this machine's name" },
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
    local needs = { read = { settings.identity }, write = {}, run = {}, connect = {}, secrets = {} }
    sources.need(settings, needs)
    bucket.need(settings.buckets, needs)
    for _, path in ipairs(settings.targets) do needs.write[#needs.write + 1] = path end
    if settings.staging then needs.write[#needs.write + 1] = settings.staging end
    if #settings.recipients > 0 then needs.run[#needs.run + 1] = "age" end
    return needs
  end,
  run = function(settings, this)
    local wrong = problem(settings)
    if wrong then this.fail(wrong, { retry = false }) end
    local machine = settings.machine or sys.hostname() or "this"
    return setmetatable({
      settings = settings, this = this, set = this.job, now = time.now(),
      targets = targets.open(settings, this.job, machine, this),
    }, Backup):run()
  end,
}
