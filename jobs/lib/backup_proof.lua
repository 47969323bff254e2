--- Proofs of backups: what is stored is compared with its checksums, and restored.
local backups = require "backups"
local targets = require "backup_targets"

local proof = {}

local week = 7 * 86400

-- Restores a backup into scratch, and compares it with its manifest; databases must be sound.
local function restore(target, info, identity, scratch)
  local needed = info.bytes
  if not target.directory or info.encrypted then needed = needed + 2 * info.stored end
  targets.check_room(scratch, needed, "the proof of " .. info.name)
  local path, manifest = backups.open(target, info, identity, scratch)
  local tree = scratch .. "/tree"
  local out = archive.extract(path, tree, { owners = true })
  archive.verify(tree, { manifest = manifest })
  if fs.stat(tree .. "/databases") then
    for entry in fs.walk(tree .. "/databases", { type = "file" }) do
      local db <close> = sql.open(entry.path)
      local answer = db:query("PRAGMA integrity_check(1)")[1].integrity_check
      if answer ~= "ok" then backups.damaged(entry.path:sub(#tree + 2) .. " of " .. info.name .. ": " .. answer) end
    end
  end
  log.info("proven: restored from " .. target.label .. " and compared " .. info.name, { files = out.files })
end

-- Whether a backup is to be proven now. `how` is the setting `prove`; what cannot be restored is proven by its checksums,
-- weekly.
local function is_due(info, how, can_restore, now)
  if how == "never" then return false end
  if not can_restore then return now - state.get("checked", { default = 0 }) >= week - 3600 end
  if how == "always" then return not info.proven end
  return now - math.max(state.get("proven", { default = 0 }), info.proven or 0) >= week - 3600
end

--- Proves the backup `name`, where that is due: every target's copy is compared with its checksums, unless this run has
--- just done so (`is_fresh`), and one is restored below a directory that `workplace` gives. A copy that differs does not
--- count any more. Returns whether it was restored.
function proof.run(all, name, is_fresh, settings, now, is_dry, workplace)
  local holders = all:holders(name)
  if #holders == 0 then return false end
  local newest = holders[1].info
  local can_restore = not newest.encrypted or settings.identity ~= nil
  if not is_due(newest, settings.prove, can_restore, now) then return false end
  if is_dry then
    log.info("would prove " .. name .. ": restore it into scratch and compare it with its manifest")
    return true
  end
  if not can_restore then
    log.warn(name .. " is not proven by a restore, only by its checksums: it is encrypted, and no identity is set")
  end
  local restored = false
  for _, holder in ipairs(holders) do
    local good, why = true, nil
    if not is_fresh then good, why = pcall(holder.target.verify, holder.target, holder.info) end
    if good and can_restore and not restored then
      local scratch = workplace("proof")
      good, why = pcall(restore, holder.target, holder.info, settings.identity, scratch)
      restored = good
      -- Also from the run's scratch: the next thing may need the room.
      fs.remove_tree(scratch)
    end
    if not good then all:condemn(holder.target, holder.info, why) end
  end
  -- Compared checksums are no proof: `health` tells how old the last one is.
  if restored or not can_restore then state.set(restored and "proven" or "checked", now) end
  if not restored then return false end
  for _, holder in ipairs(all:holders(name)) do
    holder.info.proven = time.now()
    local good, why = pcall(holder.target.write_info, holder.target, holder.info)
    if not good then all:lose(holder.target, why) end
  end
  return true
end

return proof
