--- Backups in a bucket of an S3-compatible server, as `backups` says of targets.
---
--- A bucket, in the settings: `{ endpoint = "https://s3.example.org", bucket = "backups", prefix = "web1/", region =
--- "us-east-1", key = secret "S3_KEY", secret = secret "S3_SECRET", ca = "/etc/ssl/own.pem", read_back = true }`.
local backups = require "backups"

local bucket = {}

local kinds = {
  endpoint = "string", bucket = "string", prefix = "string", region = "string", ca = "string", read_back = "boolean",
}

local function is_secret(value) return type(value) == "table" and rawget(value, "$secret") ~= nil end

-- Host and port of an endpoint; nil where it is none.
local function server(endpoint)
  local scheme, rest = endpoint:match("^(https?)://([^/?#@]+)/?$")
  if not scheme then return end
  local host, port = rest:match("^(%[[%x:.]+%]):?(%d*)$")
  if not host then host, port = rest:match("^([^:]+):?(%d*)$") end
  if not host then return end
  return host, port ~= "" and port or (scheme == "https" and "443" or "80")
end

--- What is wrong with the buckets of the settings; nil where nothing is.
function bucket.problem(buckets)
  local seen = {}
  for index, one in ipairs(buckets) do
    local name = "buckets: number " .. index
    if type(one) ~= "table" then return name .. " is no table of endpoint, bucket, key, secret …" end
    for key, value in pairs(one) do
      if key == "key" or key == "secret" then
        if not is_secret(value) then return name .. ": " .. key .. ' must be a secret: ' .. key .. ' = secret "NAME"' end
      elseif not kinds[key] then
        return name .. " has the unknown key " .. tostring(key)
          .. ": it takes endpoint, bucket, prefix, region, key, secret, ca, read_back"
      elseif type(value) ~= kinds[key] then
        return name .. ": " .. key .. " must be a " .. kinds[key]
      end
    end
    for _, key in ipairs { "endpoint", "bucket", "key", "secret" } do
      if one[key] == nil then return name .. " has no " .. key end
    end
    if not server(one.endpoint) then return name .. ": endpoint must be https://host or https://host:port" end
    if one.prefix and one.prefix:match("^/") then return name .. ": prefix must not begin with a slash" end
    local place = one.endpoint .. " " .. one.bucket .. " " .. (one.prefix or "")
    if seen[place] then return name .. " is there twice" end
    seen[place] = true
  end
end

--- Adds to needs what the buckets need.
function bucket.need(buckets, needs)
  for _, one in ipairs(type(buckets) == "table" and not bucket.problem(buckets) and buckets or {}) do
    local host, port = server(one.endpoint)
    needs.connect[#needs.connect + 1] = host .. ":" .. port
    for _, key in ipairs { "key", "secret" } do needs.secrets[#needs.secrets + 1] = one[key] end
    if one.ca then needs.read[#needs.read + 1] = one.ca end
  end
end

local Bucket = {}
Bucket.__index = Bucket

function Bucket:key(file) return self.prefix .. file end

-- The path of a small file in the run's scratch.
function Bucket:small(name)
  self.scratch = self.scratch or fs.temp_dir()
  return self.scratch .. "/" .. name
end

function Bucket:check() self.bucket:list(self:key(self.set .. "-"), { max = 1000000 }) end

function Bucket:clean(cut)
  if not cut or self.bucket:head(self:key(backups.parts(cut).info)) then return end
  for _, encrypted in ipairs { false, true } do
    local files = backups.parts(cut, encrypted)
    for _, part in ipairs { "archive", "manifest" } do
      local key = self:key(files[part])
      if self.bucket:head(key) then
        self.bucket:delete(key)
        log.info("removed " .. key .. " from " .. self.label .. ": a run was cut before it counted")
      end
      -- Not every server tells of them; what it keeps costs room, and harms nothing else.
      local good, count = pcall(self.bucket.abort, self.bucket, key)
      if good and count > 0 then log.info("removed unfinished uploads of " .. key .. " from " .. self.label) end
    end
  end
end

function Bucket:list(complain)
  local found, sizes, times, names = {}, {}, {}, {}
  for _, object in ipairs(self.bucket:list(self:key(self.set .. "-"), { max = 1000000 })) do
    local file = object.key:sub(#self.prefix + 1)
    sizes[file], times[file] = object.size, object.modified
    local name = backups.named(self.set, file)
    if name then names[#names + 1] = name end
  end
  for _, name in ipairs(names) do
    local path = self:small("info.json")
    self.bucket:get(self:key(name .. ".json"), path)
    local info, problem = backups.read(self.set, name, fs.read(path), sizes)
    -- The server's own time: nobody who writes there chooses it.
    if info then
      info.stored_at = times[info.parts.archive]
      found[#found + 1] = info
    else
      complain(self.label .. ": " .. problem)
    end
  end
  return found
end

function Bucket:has(name) return #self.bucket:list(self:key(name .. ".")) > 0 end

function Bucket:publish(info, paths)
  for _, part in ipairs { "manifest", "archive" } do
    local key, sum = self:key(info.parts[part]), info[part == "archive" and "sha256" or "manifest_sha256"]
    self.bucket:put(key, paths[part], { checksum = not self.is_dry and sum or nil, replace = false })
    if self.reads_back and not self.is_dry then self.bucket:verify(key, { checksum = sum }) end
  end
  self:write_info(info)
end

function Bucket:write_info(info)
  local path = self:small("info.json")
  fs.write(path, backups.text(info), { mode = "0600" })
  self.bucket:put(self:key(info.parts.info), path)
end

function Bucket:verify(info)
  for part, sum in pairs { archive = info.sha256, manifest = info.manifest_sha256 } do
    self.bucket:verify(self:key(info.parts[part]), { checksum = sum })
  end
end

function Bucket:fetch(info, scratch)
  local paths = {}
  for part, sum in pairs { archive = info.sha256, manifest = info.manifest_sha256 } do
    paths[part] = scratch .. "/" .. info.parts[part]
    self.bucket:get(self:key(info.parts[part]), paths[part])
    if not self.is_dry and hash.file(paths[part]) ~= sum then
      backups.damaged(self:key(info.parts[part]) .. " is not what was stored: its checksum differs")
    end
  end
  return paths
end

function Bucket:remove(info)
  for _, part in ipairs { "info", "archive", "manifest" } do self.bucket:delete(self:key(info.parts[part])) end
end

function Bucket:is_elsewhere() return not self.host:match("^127%.") and self.host ~= "[::1]" and self.host ~= "localhost" end

--- A bucket of the settings as a target of the backups of a set.
function bucket.open(one, set, is_dry)
  local prefix = one.prefix or ""
  return setmetatable({
    bucket = s3.open {
      endpoint = one.endpoint, bucket = one.bucket, region = one.region, key = one.key, secret = one.secret, ca = one.ca,
    },
    label = "s3://" .. one.bucket .. "/" .. prefix, host = server(one.endpoint), set = set, prefix = prefix,
    reads_back = one.read_back ~= false, is_dry = is_dry,
  }, Bucket)
end

return bucket
