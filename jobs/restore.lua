-- Restores a backup that `backup` made, all of it or some files, into a directory of your choice:
--
--   scriptron run restore --set from=backup --set into=/srv/restored --grant write=/srv/restored
--   scriptron run restore --set from=backup --set into=DIR --set only='files/etc/**' --set at=2026-03-01 --grant write=DIR
--
-- The directory must be there; nothing in it is overwritten. `from` is the name of the job that made the backup, whose
-- `targets` and `buckets` must stand here too (`jobs.restore.settings` in scriptron.lua, as at the top of backup.lua);
-- `at` takes the newest backup made at or before that time. What the archive holds: `files/…` with the whole paths,
-- `databases/…`, `commands/…`. It needs nothing but the files of the backup: no running host, no records. And without
-- Scriptron: `tar --zstd -xf`, for encrypted ones after `age --decrypt`.
local backups = require "backups"
local bucket = require "backup_bucket"
local targets = require "backup_targets"

-- The backup that is asked for, and the target that has it; and the others that have it, for where that one is damaged.
local function choose(settings, this)
  local until_time
  if settings.at then
    local good, parsed = pcall(time.parse, settings.at)
    until_time = tonumber(settings.at) or good and parsed
    if not until_time then this.fail("at: " .. settings.at .. " is no time", { retry = false }) end
    -- A day means all of it.
    if settings.at:match("^%d+%-%d+%-%d+$") then until_time = until_time + 86399 end
  end
  local all, holders, machines, places, failed = {}, {}, {}, {}, {}
  for _, target in ipairs(targets.of(settings, settings.from, "restore", this.dry_run)) do
    places[#places + 1] = target.label
    local good, list = pcall(function()
      target:check()
      return target:list(this.warn)
    end)
    if not good then
      failed[#failed + 1] = target.label .. ": " .. backups.reason(list)
      this.warn(failed[#failed])
    end
    for _, info in ipairs(good and list or {}) do
      if not settings.machine or info.machine == settings.machine then
        machines[info.machine or ""] = true
        if not until_time or info.time <= until_time then
          all[#all + 1] = info
          local id = info.name .. info.sha256
          holders[id] = holders[id] or {}
          table.insert(holders[id], { target = target, info = info })
        end
      end
    end
  end
  local names = {}
  for machine in pairs(machines) do names[#names + 1] = machine end
  table.sort(names)
  if #names > 1 then
    this.fail("there are backups of several machines: say which by machine = one of " .. table.concat(names, ", "),
      { retry = false })
  end
  local newest = backups.newest(all, time.now())
  if newest then return holders[newest.name .. newest.sha256] end
  local where = table.concat(places, ", ")
  if #failed > 0 then this.fail("no backup of " .. settings.from .. " can be had: " .. table.concat(failed, "; ")) end
  this.fail(#names == 0 and "there is no verified backup of " .. settings.from .. " in " .. where
    or "no backup of " .. settings.from .. " is as old as " .. settings.at, { retry = false })
end

-- A backup's archive, fetched, decrypted, and compared with its manifest: before a single file is made.
local function open(holder, settings, this, scratch)
  local path, manifest = backups.open(holder.target, holder.info, settings.identity, scratch)
  local checked = archive.verify(path, { manifest = manifest })
  if not holder.info.encrypted and not this.dry_run and checked.sha256 ~= holder.info.sha256 then
    backups.damaged(holder.info.parts.archive .. " is not what was stored: its checksum differs")
  end
  return path
end

local function restore(holders, settings, this, scratch)
  local path, info
  for index, holder in ipairs(holders) do
    local good, result = pcall(open, holder, settings, this, scratch)
    if good then
      path, info = result, holder
      break
    end
    -- Another copy of the same may be sound.
    if index == #holders then error(result, 0) end
    this.warn(holder.target.label .. ": " .. backups.reason(result))
    fs.remove_tree(scratch)
    fs.mkdir(scratch, { mode = "0700" })
  end
  local out = archive.extract(path, settings.into, {
    only = #settings.only > 0 and settings.only or nil, owners = settings.owners,
  })
  if out.files + out.directories == 0 then
    this.fail("nothing in " .. info.info.name .. " matches only", { retry = false })
  end
  for index, remark in ipairs(out.changed) do
    if index <= 20 then this.warn(remark.path .. ": " .. remark.message) end
  end
  return info, out
end

return job {
  about    = "Restore a backup, or some files of it, into a directory",
  timeout  = "6h",
  settings = {
    from     = option.string { required = true, about = "The job that made the backup" },
    into     = option.path { required = true, about = "An existing directory; nothing in it is overwritten" },
    only     = option.list({}, { about = "Only what matches one of these, such as files/etc/**; none: everything" }),
    at       = option.string { about = "The newest backup made at or before this time; none: the newest" },
    targets  = option.paths({ "var/backups" }, { about = "Directories in which backups lie" }),
    buckets  = option.list({}, { about = "Buckets of S3 in which backups lie, as in backup.lua" }),
    machine  = option.string { about = "The machine whose backups they are, where there are several" },
    owners   = option.boolean(true, { about = "Whether root gives files back to their owners" }),
    identity = option.path { about = "The file with age's key, for encrypted backups" },
  },
  needs = function(settings)
    local needs = { read = { settings.identity }, write = { settings.into }, connect = {}, secrets = {} }
    for _, target in ipairs(settings.targets) do needs.read[#needs.read + 1] = target end
    bucket.need(settings.buckets, needs)
    if settings.identity then needs.run = { "age" } end
    return needs
  end,
  run = function(settings, this)
    local wrong = bucket.problem(settings.buckets)
    if wrong then this.fail(wrong, { retry = false }) end
    local holders = choose(settings, this)
    -- Where what is restored will be, there is room for what it comes out of.
    local scratch
    if holders[1].info.encrypted or not holders[1].target.directory or #holders > 1 then
      scratch = settings.into .. "/" .. backups.unfinished .. "restore"
      if fs.stat(scratch) then fs.remove_tree(scratch) end
      fs.mkdir(scratch, { mode = "0700", parents = true })
    end
    local good, holder, out = pcall(restore, holders, settings, this, scratch)
    if scratch then fs.remove_tree(scratch) end
    if not good then error(holder, 0) end
    log.info((this.dry_run and "would restore " or "restored ") .. out.files .. " files of " .. holder.info.name .. " into "
      .. settings.into)
    return {
      backup = holder.info.name, from = holder.target.label, files = out.files, directories = out.directories,
      bytes = out.bytes,
    }
  end,
}
