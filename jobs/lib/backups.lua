--- Where backups lie, and what is known of them: shared by `backup` and `restore`.
---
--- A backup is three files in a directory: SET-TIME.tar.zst (the archive, plain tar), SET-TIME.manifest (all that is in
--- it) and SET-TIME.json (what it is). The last one is written when the archive was read back and compared: without it
--- a backup does not count. Encrypted ones have `.age` behind the first two names.
local backups = {}

backups.prefix = ".unfinished-"

--- The name of a backup made at this time. In UTC, so that names sort by age.
function backups.name(set, at)
  return set .. "-" .. time.format(at, "%Y%m%dT%H%M%SZ", { zone = "UTC" })
end

--- The paths of a backup in a directory.
function backups.paths(directory, name, encrypted)
  local base, behind = directory .. "/" .. name, encrypted and ".age" or ""
  return { archive = base .. ".tar.zst" .. behind, manifest = base .. ".manifest" .. behind, info = base .. ".json" }
end

--- The verified backups of a set in a directory, the newest first. What cannot be read counts as not there, and is told
--- to `complain`.
function backups.list(directory, set, complain)
  local found = {}
  if not fs.stat(directory) then return found end
  for _, entry in ipairs(fs.list(directory, { pattern = set .. "-*.json", type = "file" })) do
    local name = entry.name:match("^(.*)%.json$")
    if name:match("%-(%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ)$") and #name == #set + 17 then
      local good, info = pcall(function() return json.decode(fs.read(entry.path)) end)
      local usable = good and type(info) == "table" and type(info.time) == "number" and type(info.sha256) == "string"
        and type(info.stored) == "number" and info.set == set
      if not usable then
        complain(entry.path .. " is damaged: its backup does not count")
      else
        info.name, info.directory = name, directory
        info.paths = backups.paths(directory, name, info.encrypted)
        local archive = fs.stat(info.paths.archive)
        if archive and archive.size == info.stored then
          found[#found + 1] = info
        else
          complain(info.paths.archive .. (archive and " has another size than it had" or " is missing")
            .. ": it does not count")
        end
      end
    end
  end
  table.sort(found, function(one, other) return one.time > other.time end)
  return found
end

--- Makes the archive and the manifest of a backup readable: their paths, decrypted into `scratch` where needed.
function backups.open(info, identity, scratch)
  if not info.encrypted then return info.paths.archive, info.paths.manifest end
  if not identity then
    error({ code = "EKEY", message = info.name .. " is encrypted: set identity to the file with the key" }, 0)
  end
  local plain = {}
  for _, part in ipairs { "archive", "manifest" } do
    plain[part] = scratch .. "/" .. info.name .. "." .. part
    process.run { "age", "--decrypt", "--identity", identity, "--output", plain[part], info.paths[part] }
  end
  return plain.archive, plain.manifest
end

return backups
