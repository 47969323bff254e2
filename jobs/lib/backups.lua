--- What a backup is, wherever it lies: shared by `backup`, `restore` and the targets (`backup_directory`,
--- `backup_bucket`).
---
--- A backup is three files: SET-TIME.tar.zst (the archive, plain tar), SET-TIME.manifest (all that is in it) and
--- SET-TIME.json (what it is). The last one is written when what was stored was read back and compared: without it a
--- backup does not count. Encrypted ones have `.age` behind the first two names.
---
--- A target has `label` and these methods, all of which raise what went wrong:
---   check()                 whether it is there
---   clean(cut)              removes what killed runs left, and what is there of the backup `cut` that does not count
---   list(complain)          the backups that count, as tables of their SET-TIME.json with `name` and `parts` (names of files)
---   has(name)               whether anything of this backup is there
---   publish(info, paths)    stores a backup, compared with what it should be; its SET-TIME.json last
---   write_info(info)        replaces SET-TIME.json
---   verify(info)            reads what is stored, and compares it with its checksums
---   fetch(info, scratch)    the paths of its archive and manifest on this machine, as they are stored
---   remove(info)            removes one; what is left of a removal that is cut short does not count
---   is_elsewhere()          whether it is off this machine, as far as it can be told
local backups = {}

--- What the names of unfinished files begin with.
backups.unfinished = ".unfinished-"

--- An error that says that a copy is not what it was.
function backups.damaged(message) error({ code = "EDAMAGED", message = message }, 0) end

--- The code of an error; nil of a text.
function backups.code(problem) return type(problem) == "table" and problem.code or nil end

--- What an error's object, or a text, says.
function backups.reason(problem)
  return type(problem) == "table" and problem.message or tostring(problem)
end

--- The name of a backup made at this time. In UTC, so that names sort by age.
function backups.name(set, at)
  return set .. "-" .. time.format(at, "%Y%m%dT%H%M%SZ", { zone = "UTC" })
end

--- The names of a backup's files.
function backups.parts(name, encrypted)
  local behind = encrypted and ".age" or ""
  return { archive = name .. ".tar.zst" .. behind, manifest = name .. ".manifest" .. behind, info = name .. ".json" }
end

--- The backup of this set whose SET-TIME.json has this name; nil where it is something else.
function backups.named(set, file)
  local name = file:match("^(.*)%.json$")
  if name and #name == #set + 17 and name:sub(1, #set) == set and name:match("%-%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ$") then
    return name
  end
end

--- What SET-TIME.json says; nil, and why it does not count. `sizes` are those of the files that are there, by name.
function backups.read(set, name, text, sizes)
  local good, info = pcall(json.decode, text)
  if not good or type(info) ~= "table" or type(info.time) ~= "number" or type(info.sha256) ~= "string"
    or type(info.stored) ~= "number" or info.set ~= set
  then
    return nil, name .. ".json is damaged: its backup does not count"
  end
  if info.damaged then return nil, name .. " is damaged, and does not count: " .. tostring(info.damaged) end
  info.name, info.parts = name, backups.parts(name, info.encrypted)
  for part, size in pairs { archive = info.stored, manifest = info.manifest_stored or false } do
    local file = info.parts[part]
    if not sizes[file] then return nil, file .. " is missing: " .. name .. " does not count" end
    if size and sizes[file] ~= size then
      return nil, file .. " has another size than it had: " .. name .. " does not count"
    end
  end
  return info
end

--- SET-TIME.json's text.
function backups.text(info)
  local kept = {}
  for key, value in pairs(info) do
    if key ~= "name" and key ~= "parts" and key ~= "stored_at" then kept[key] = value end
  end
  return json.encode(kept, { pretty = true }) .. "\n"
end

--- Whether a backup is dated after now, with an hour for clocks that differ: made by a wrong clock, or to be preferred.
function backups.is_of_the_future(info, now) return info.time > now + 3600 end

--- The newest of a list. Those of the future count where there are no others.
function backups.newest(list, now)
  local newest, future
  for _, info in ipairs(list) do
    if backups.is_of_the_future(info, now) then
      if not future or info.time > future.time then future = info end
    elseif not newest or info.time > newest.time then
      newest = info
    end
  end
  return newest or future
end

--- The paths of a backup's archive and manifest, readable: fetched and decrypted into `scratch` where needed.
function backups.open(target, info, identity, scratch)
  local stored = target:fetch(info, scratch)
  if not info.encrypted then return stored.archive, stored.manifest end
  if not identity then
    error({ code = "EKEY", message = info.name .. " is encrypted: set identity to the file with the key" }, 0)
  end
  local plain = {}
  for _, part in ipairs { "archive", "manifest" } do
    plain[part] = scratch .. "/" .. info.name .. "." .. part
    process.run { "age", "--decrypt", "--identity", identity, "--output", plain[part], stored[part] }
  end
  return plain.archive, plain.manifest
end

return backups
