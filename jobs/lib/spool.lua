--- A spool: a directory into which other programs put tasks, a JSON file each. A file is removed once its task is
--- safely in the queue, and only if it still is the file that was read.
---
--- Write a file under another name (`.tmp`, a leading dot), then rename it to `NAME.json`: a rename is whole or not at
--- all. A file that is still being written is left until it has not changed for a while and is valid JSON.
local spool = {}

--- The most files of one pass, so that one run ends; the next takes the rest.
local most = 1000
--- No larger file is read: no task may be larger (the queue refuses what is larger as JSON).
local largest = 256 * 1024

--- Why a file cannot be a task yet, or never; nil where it can.
local function trouble(entry, now, policy)
  if entry.name:find("^%.") or not entry.name:find("%.json$") then return "its name is not NAME.json" end
  if entry.type ~= "file" then return "it is no regular file" end
  if entry.size > largest then return "it is larger than 256 KiB" end
  -- One that seems to be of the future was written under another clock.
  if now - entry.mtime < policy.age and entry.mtime <= now + policy.age then return "it may still be being written" end
end

local function same(left, right)
  return right and left.inode == right.inode and left.size == right.size and left.mtime == right.mtime
end

local function message(problem) return type(problem) == "table" and problem.message or tostring(problem) end

--- Reads a file that was listed: its value and its key, or nil and why not.
local function read(entry)
  local known, text = pcall(fs.read, entry.path, { max = largest })
  if not known then return nil, "it cannot be read: " .. message(text) end
  if not same(entry, fs.stat(entry.path, { follow = false })) then return nil, "it is being written" end
  local valid, body = pcall(json.decode, text)
  if not valid then return nil, "it is not valid JSON" end
  -- The same file pushed twice (the run died between push and removal) is one task; the same content later is another.
  local identity = string.format("%s\n%d\n%s\n%s", entry.name, entry.inode or 0, entry.mtime, text)
  return body, nil, "spool:" .. hash.text(identity)
end

--- Pushes a file's task into the queue, and removes the file when that is durable: whether the task is new there, or
--- nil and why the file was left.
local function take(entry, queue, now, policy)
  local why = trouble(entry, now, policy)
  if why then return nil, why end
  local body, problem, key = read(entry)
  if problem then return nil, problem end
  local pushed, answer, is_new = pcall(function() return queue:push(body, { key = key }) end)
  if not pushed then return nil, "it cannot be queued: " .. message(answer) end
  local known, removed = pcall(fs.remove, entry)
  if not known then return is_new, "its task is queued, but it cannot be removed: " .. message(removed) end
  return is_new, not removed and "it was changed after it was read" or nil
end

--- Pushes what lies in the directory into the queue. Returns how many tasks, and the files that were left, each
--- `{ name, why, age }`, `age` being the seconds since it changed.
function spool.take(directory, queue, policy)
  local taken, left, now = 0, {}, time.precise()
  for _, entry in ipairs(fs.list(directory)) do
    if taken >= most then break end
    if entry.type ~= "directory" then
      local is_new, why = take(entry, queue, now, policy)
      if is_new then taken = taken + 1 end
      if why then left[#left + 1] = { name = entry.name, why = why, age = now - entry.mtime } end
    end
  end
  return taken, left
end

return spool
