--- Values as people read them, for the messages of jobs.
local format = {}

local units = { "KiB", "MiB", "GiB", "TiB", "PiB" }

--- Bytes: `512 B`, `1.5 KiB`, `3.1 GiB`.
function format.size(bytes)
  if bytes < 1024 then return string.format("%d B", bytes // 1) end
  local value, unit = bytes, "B"
  for _, larger in ipairs(units) do
    if value < 1024 then break end
    value, unit = value / 1024, larger
  end
  return string.format("%.1f %s", value, unit)
end

--- Seconds, by their two largest units: `0.4 s`, `12 s`, `5 min 2 s`, `2 d 4 h`.
function format.duration(seconds)
  if seconds < 10 then return (string.format("%.1f s", seconds):gsub("%.0 ", " ")) end
  local rest, parts = math.floor(seconds + 0.5), {}
  for _, unit in ipairs { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } } do
    local count = rest // unit[1]
    rest = rest % unit[1]
    if count > 0 then parts[#parts + 1] = count .. " " .. unit[2] end
    -- The second unit follows the first at once: 1 d 5 s says nothing more than 1 d.
    if #parts == 2 or (#parts == 1 and count == 0) then break end
  end
  return table.concat(parts, " ")
end

--- A number with at most one decimal: `93.4`, `4`.
function format.number(value)
  return (string.format("%.1f", value):gsub("%.0$", ""))
end

--- Percent: `93.4 %`.
function format.percent(value)
  return format.number(value) .. " %"
end

--- Rounded to one decimal, or to as many as asked.
function format.round(value, decimals)
  local factor = 10 ^ (decimals or 1)
  return math.floor(value * factor + 0.5) / factor
end

--- One line of valid UTF-8 out of any bytes, such as a file's name: what is neither is shown as `\x0a`. What is longer
--- than `limit` bytes (200 unless told) loses its middle.
function format.plain(text, limit)
  limit = limit or 200
  local unwanted = utf8.len(text) and "%c" or "[%c\128-\255]"
  text = text:gsub(unwanted, function(byte) return string.format("\\x%02x", byte:byte()) end)
  if #text <= limit then return text end
  local half = limit // 2
  -- A cut never splits a character: continuation bytes go with what is left out.
  local head = text:sub(1, half):gsub("[\192-\255]?[\128-\191]*$", "")
  local tail = text:sub(-half):gsub("^[\128-\191]+", "")
  return head .. "…" .. tail
end

return format
