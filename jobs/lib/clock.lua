--- Whether the machine's clock can be believed.
local clock = {}

--- The seconds by which the clock was set forward since the last run that asked, where that is more than an hour; else
--- nil. All at once everything would seem old: what removes by age had better wait for the next run, which believes it.
function clock.jump(this)
  local uptime = sys.uptime()
  if this.dry_run or not uptime then return nil end
  local now, last = time.precise(), state.get("clock")
  state.set("clock", { now = now, uptime = uptime })
  if not last or uptime < last.uptime then return nil end
  local jump = (now - last.now) - (uptime - last.uptime)
  if jump >= 3600 then return jump end
end

return clock
