--- The names of rotated logs: made, and read back. What cannot be read back was not made here: it is never removed.
---
--- Numbered: `app.log.1` is the newest, `app.log.2.zst` the one before. Dated: `app.log-20260301-031500.zst`.
local generations = {}

--- The ends of compressed files, by their formats.
generations.endings = { zstd = ".zst", gzip = ".gz" }

local packed_endings = { ".zst", ".gz" }
--- Names with these ends are no logs, whoever made them.
local never_logs = { ".zst", ".gz", ".bz2", ".xz" }

local widths = { Y = 4, m = 2, d = 2, H = 2, M = 2, S = 2 }
local order = { "Y", "m", "d", "H", "M", "S" }
local highest = 999999

--- What is wrong with a format of dates; nil where its names can be read back.
function generations.problem(format)
  local seen, rest = {}, format
  if #format > 60 then return "is longer than 60 bytes" end
  if not format:find("^[^%d%%/]") then return "must begin with a character that is no digit, such as -" end
  while rest ~= "" do
    local field = rest:match("^%%(.)")
    if field then
      if not widths[field] then return "knows %Y %m %d %H %M %S, not %" .. field end
      if seen[field] then return "has %" .. field .. " twice" end
      seen[field], rest = true, rest:sub(3)
    elseif rest:find("^[%w._+=@:-]") then
      rest = rest:sub(2)
    else
      return "may have letters, digits and ._+=@:- beside the fields, not " .. rest:sub(1, 1)
    end
  end
  if not (seen.Y and seen.m and seen.d) then return "needs %Y, %m and %d, or its names cannot be put in order" end
  for _, ending in ipairs(never_logs) do
    if format:sub(-#ending) == ending then return "ends as a compressed file does" end
  end
end

local function days(year, month)
  if month == 2 then return (year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)) and 29 or 28 end
  return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
end

--- Whether these are the parts of a date that there is.
local function is_date(parts)
  local month, day = tonumber(parts.m), tonumber(parts.d)
  return month >= 1 and month <= 12 and day >= 1 and day <= days(tonumber(parts.Y), month)
    and tonumber(parts.H or 0) < 24 and tonumber(parts.M or 0) < 60 and tonumber(parts.S or 0) <= 60
end

--- A reader of the dates that a format makes: the log's name and a text that sorts by time, or nil.
local function date_reader(format)
  local pattern, fields = "^(.+)", {}
  local rest = format
  while rest ~= "" do
    local field = rest:match("^%%(.)")
    if field then
      fields[#fields + 1] = field
      pattern, rest = pattern .. "(" .. ("%d"):rep(widths[field]) .. ")", rest:sub(3)
    else
      -- Not before letters, where % would make a class of characters.
      pattern, rest = pattern .. rest:sub(1, 1):gsub("%W", "%%%0"), rest:sub(2)
    end
  end
  pattern = pattern .. "$"
  return function(stem)
    local found = { stem:match(pattern) }
    if not found[1] then return nil end
    local parts = {}
    for index, field in ipairs(fields) do parts[field] = found[index + 1] end
    if not is_date(parts) then return nil end
    local key = {}
    for index, field in ipairs(order) do key[index] = parts[field] or ("0"):rep(widths[field]) end
    return found[1], table.concat(key)
  end
end

--- A log's name and its number, or nil.
local function read_number(stem)
  -- Most names are no product, and this is asked of each of them.
  local last = stem:byte(-1)
  if not last or last < 48 or last > 57 then return nil end
  local base, number = stem:match("^(.+)%.([1-9]%d*)$")
  number = base and #number <= 6 and tonumber(number)
  if number then return base, number end
end

--- The way of naming: `read(name)` is the log's name, the generation's key and the end of a compressed file (or
--- empty), or nil; `is_older(one, other)` compares keys; `make(base, key)` makes a name again.
function generations.scheme(names, format)
  local read_key = names == "dated" and date_reader(format) or read_number
  local scheme = { dated = names == "dated", format = format }

  function scheme.read(name)
    local stem, ending = name, ""
    for _, packed in ipairs(packed_endings) do
      if name:sub(-#packed) == packed then stem, ending = name:sub(1, -#packed - 1), packed end
    end
    local base, key = read_key(stem)
    if base then return base, key, ending end
  end

  function scheme.is_older(one, other)
    if scheme.dated then return one < other end
    return one > other
  end

  --- The name of the generation that a rotation at this time makes.
  function scheme.name(base, now)
    return base .. (scheme.dated and time.format(now, format) or ".1")
  end

  --- Whether a name is of a rotated or a compressed file: such a one is no log, or it would be rotated for ever.
  function scheme.is_product(name)
    if scheme.read(name) or read_number(name) then return true end
    for _, ending in ipairs(never_logs) do
      if name:sub(-#ending) == ending then return true end
    end
    return false
  end

  return scheme
end

--- The highest number that a name may have.
generations.highest = highest

--- Whether a name is of a file that a killed run had not finished (the host's own names for them).
function generations.is_unfinished(name) return name:find("^%.scriptron%-[0-9a-z]+%.tmp$") ~= nil end

return generations
