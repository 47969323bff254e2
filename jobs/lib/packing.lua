--- Compresses rotated logs that nobody has open any more.
local generations = require "generations"
local logfiles = require "logfiles"

local packing = {}

--- So many files are compressed in one call, between two looks at who has them open.
local together = 256

--- Which of these entries are open: a list of booleans; nil where nothing may be done with any of them.
function packing.in_use(entries, settings, report)
  if settings.keep_open == "never" then return {} end
  local used = fs.in_use(entries)
  if used then return used end
  if settings.keep_open == "known" then return {} end
  report:unknown()
end

--- Ends what a killed run began: a file beside its own compressed copy goes when both hold the same, and nobody has it
--- open. What differs stays, both of it.
local function settle(place, generation, settings, report)
  local path = place.path .. "/" .. generation.files[1].name
  local entry = fs.stat(path, { follow = false })
  if not entry or entry.type ~= "file" or entry.links > 1 then return end
  local used = packing.in_use({ entry }, settings, report)
  if not used or used[1] then
    report.open = report.open + 1
    return
  end
  local plain = hash.file(path)
  for index = 2, #generation.files do
    local copy = place.path .. "/" .. generation.files[index].name
    local called, content = pcall(archive.content, copy)
    if called and content.sha256 == plain then
      if fs.remove(entry) then report:packed(entry, copy) end
      return
    end
  end
  local other = place.path .. "/" .. generation.files[2].name
  report:fail(path, other .. " is in the way and holds something else: both stay")
end

--- Takes away the copy of a file that was opened meanwhile: it is compressed when it is closed again.
local function take_back(copy)
  local entry = fs.stat(copy, { follow = false })
  if entry then fs.remove(entry) end
end

--- Compresses what is in the batch, and removes it. False: the disk is full.
local function pack(batch, settings, report)
  local used = packing.in_use(batch, settings, report)
  if not used then
    report.open = report.open + #batch
    return true
  end
  local items, has_room = {}, true
  for index, entry in ipairs(batch) do
    if used[index] then
      report.open = report.open + 1
    else
      items[#items + 1] = { from = entry, to = entry.path .. generations.endings[settings.compress] }
    end
  end
  if #items == 0 then return true end
  local done = {}
  local outcomes = archive.compress_all(items, { format = settings.compress, level = settings.level })
  for index, outcome in ipairs(outcomes) do
    local item = items[index]
    if not outcome.code then
      done[#done + 1] = item
    elseif outcome.code == "EDEADLINE" then
      report:late()
    elseif outcome.code == "ECHANGED" then
      report.open = report.open + 1
    elseif outcome.code ~= "ENOENT" then
      if outcome.code == "ENOSPC" or outcome.code == "EDQUOT" then has_room = false end
      report:fail(item.from.path, outcome.message)
    end
  end
  -- Once more, for whoever opened one meanwhile; where nobody can tell by now, all of them count as open.
  local entries = {}
  for index, item in ipairs(done) do entries[index] = item.from end
  used = #entries > 0 and packing.in_use(entries, settings, report)
  for index, item in ipairs(done) do
    if used and not used[index] and fs.remove(item.from) then
      report:packed(item.from, item.to)
    else
      report.open = report.open + 1
      take_back(item.to)
    end
  end
  return has_room
end

--- Compresses the generations of a directory's logs, but the newest `compress_after` of each.
function packing.run(place, settings, report)
  local batch = {}
  for _, log in ipairs(place.logs) do
    for index, generation in ipairs(logfiles.sorted(place.found[log.name], settings.scheme)) do
      local first = generation.files[1]
      -- What `keep` is about to remove is not worth the work.
      local stays = index > settings.compress_after and index <= settings.keep.count
      if stays and first and first.ending == "" then
        if #generation.files > 1 then
          settle(place, generation, settings, report)
        else
          local entry = fs.stat(place.path .. "/" .. first.name, { follow = false })
          if entry and entry.type == "file" and entry.links == 1 then batch[#batch + 1] = entry end
        end
      end
      if #batch == together then
        place.changed = true
        if not pack(batch, settings, report) then return end
        batch = {}
      end
      if report.is_late then return end
    end
  end
  if #batch > 0 then
    place.changed = true
    pack(batch, settings, report)
  end
end

return packing
