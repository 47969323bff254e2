--- Backups in a directory, as `backups` says of targets: on a disk of this machine, or the mount of another one.
local backups = require "backups"

local Directory = {}
Directory.__index = Directory

-- What network file systems are called.
local networks = {
  nfs = 1, nfs4 = 1, cifs = 1, smb3 = 1, ceph = 1, glusterfs = 1, ["fuse.sshfs"] = 1, ["fuse.rclone"] = 1, ["9p"] = 1,
}

function Directory:path(file) return self.directory .. "/" .. file end

-- The path of something unfinished. The same in each run: what a killed one left is found.
function Directory:unfinished(behind)
  return self:path(backups.unfinished .. self.set .. "@" .. self.machine .. behind)
end

function Directory:check()
  local entry = fs.stat(self.directory)
  if not entry or entry.type ~= "directory" then error("it is not there (is it mounted?)", 0) end
end

function Directory:clean(cut)
  for _, behind in ipairs { ".tar.zst", ".manifest", ".json", ".copy" } do fs.remove(self:unfinished(behind)) end
  if not cut or fs.stat(self:path(backups.parts(cut).info)) then return end
  for _, encrypted in ipairs { false, true } do
    local files = backups.parts(cut, encrypted)
    for _, part in ipairs { "archive", "manifest" } do
      if fs.remove(self:path(files[part])) then
        log.info("removed " .. self:path(files[part]) .. ": a run was cut before it counted")
      end
    end
  end
end

function Directory:list(complain)
  local found, sizes, names = {}, {}, {}
  for _, entry in ipairs(fs.list(self.directory, { pattern = self.set .. "-*", type = "file" })) do
    sizes[entry.name] = entry.size
    local name = backups.named(self.set, entry.name)
    if name then names[#names + 1] = name end
  end
  for _, name in ipairs(names) do
    local info, problem = backups.read(self.set, name, fs.read(self:path(name .. ".json")), sizes)
    if info then found[#found + 1] = info else complain(self.label .. ": " .. problem) end
  end
  return found
end

function Directory:has(name)
  return #fs.list(self.directory, { pattern = name .. ".*" }) > 0
end

function Directory:publish(info, paths)
  for _, part in ipairs { "manifest", "archive" } do
    local from = paths[part]
    if from ~= self:unfinished(part == "archive" and ".tar.zst" or ".manifest") then
      local copy = self:unfinished(".copy")
      fs.copy(from, copy)
      if not self.is_dry and hash.file(copy) ~= info[part == "archive" and "sha256" or "manifest_sha256"] then
        backups.damaged(copy .. ": what was stored is not what was written")
      end
      from = copy
    end
    fs.rename(from, self:path(info.parts[part]))
  end
  self:write_info(info)
end

function Directory:write_info(info)
  local unfinished = self:unfinished(".json")
  fs.write(unfinished, backups.text(info), { mode = "0600" })
  fs.rename(unfinished, self:path(info.parts.info), { replace = true })
end

function Directory:verify(info)
  for part, sum in pairs { archive = info.sha256, manifest = info.manifest_sha256 } do
    local path = self:path(info.parts[part])
    if hash.file(path) ~= sum then
      backups.damaged(path .. " is not what was stored: its checksum differs")
    end
  end
end

function Directory:fetch(info)
  return { archive = self:path(info.parts.archive), manifest = self:path(info.parts.manifest) }
end

function Directory:remove(info)
  for _, part in ipairs { "info", "archive", "manifest" } do fs.remove(self:path(info.parts[part])) end
end

function Directory:is_elsewhere()
  local good, disk = pcall(fs.usage, self.directory)
  return good and disk ~= nil and networks[disk.type] ~= nil
end

local directory = {}

--- A directory as a target of the backups of a set, made by a machine.
function directory.open(path, set, machine, is_dry)
  return setmetatable({
    directory = path, label = path, set = set, machine = machine:gsub("[^%w.-]", "_"), is_dry = is_dry,
  }, Directory)
end

return directory
