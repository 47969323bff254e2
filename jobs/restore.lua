-- Restores a backup that `backup` made, all of it or some files, into a directory of your choice:
--
--   scriptron run restore --set from=backup --set into=/srv/restored --grant write=/srv/restored
--   scriptron run restore --set from=backup --set into=DIR --set only='files/etc/**' --set at=2026-03-01 --grant write=DIR
--
-- The directory must be there; nothing in it is overwritten. `from` is the name of the job that made the backup, whose
-- targets must stand here too (`jobs.restore.settings.targets` in scriptron.lua); `at` takes the newest backup made at
-- or before that time. What the archive holds: `files/…` with the whole paths, `databases/…`, `commands/…`. It needs
-- nothing but the files of the backup: no running host, no records. And without Scriptron: `tar --zstd -xf`.
local backups = require "backups"

-- The backup that is asked for.
local function choose(settings, this)
  local all, until_time = {}, nil
  if settings.at then
    local good, parsed = pcall(time.parse, settings.at)
    until_time = tonumber(settings.at) or good and parsed
    if not until_time then this.fail("at: " .. settings.at .. " is no time", { retry = false }) end
    -- A day means all of it.
    if settings.at:match("^%d+%-%d+%-%d+$") then until_time = until_time + 86399 end
  end
  for _, target in ipairs(settings.targets) do
    for _, info in ipairs(backups.list(target, settings.from, this.warn)) do all[#all + 1] = info end
  end
  table.sort(all, function(one, other) return one.time > other.time end)
  for _, info in ipairs(all) do
    if not until_time or info.time <= until_time then return info end
  end
  local where = table.concat(settings.targets, ", ")
  this.fail(#all == 0 and "there is no verified backup of " .. settings.from .. " in " .. where
    or "no backup of " .. settings.from .. " is as old as " .. settings.at, { retry = false })
end

return job {
  about    = "Restore a backup, or some files of it, into a directory",
  timeout  = "6h",
  settings = {
    from     = option.string { required = true, about = "The job that made the backup" },
    into     = option.path { required = true, about = "An existing directory; nothing in it is overwritten" },
    only     = option.list({}, { about = "Only what matches one of these, such as files/etc/**; none: everything" }),
    at       = option.string { about = "The newest backup made at or before this time; none: the newest" },
    targets  = option.paths({ "var/backups" }, { about = "Where backups lie" }),
    owners   = option.boolean(true, { about = "Whether root gives files back to their owners" }),
    identity = option.path { about = "The file with age's key, for encrypted backups" },
  },
  needs = function(settings)
    local read = { settings.identity }
    for _, target in ipairs(settings.targets) do read[#read + 1] = target end
    return { read = read, write = { settings.into }, run = settings.identity and { "age" } or {} }
  end,
  run = function(settings, this)
    local info = choose(settings, this)
    local path, manifest = backups.open(info, settings.identity, fs.temp_dir())
    -- Before a single file is made: a damaged backup says so here, and another one can be asked for.
    local checked = archive.verify(path, { manifest = manifest })
    if not info.encrypted and not this.dry_run and checked.sha256 ~= info.sha256 then
      this.fail(info.paths.archive .. " is not what was stored: its checksum differs", { retry = false })
    end
    local out = archive.extract(path, settings.into, {
      only = #settings.only > 0 and settings.only or nil, owners = settings.owners,
    })
    if out.files + out.directories == 0 then
      this.fail("nothing in " .. info.name .. " matches only", { retry = false })
    end
    for index, remark in ipairs(out.changed) do
      if index <= 20 then this.warn(remark.path .. ": " .. remark.message) end
    end
    log.info((this.dry_run and "would restore " or "restored ") .. out.files .. " files of " .. info.name .. " into " .. settings.into)
    return { backup = info.name, from = info.directory, files = out.files, directories = out.directories, bytes = out.bytes }
  end,
}
