--- Thresholds with a memory: a breach begins when a value has been beyond its limit for `for_runs` runs in a row, and
--- ends only when it is back at `clear`, so that a value that swings around its limit does not come and go.
---
--- A rule is a group of settings: `above` or `below` (the limit), `clear`, `for_runs`. A rule without a limit judges
--- truth: true is bad. With `for_runs` 0 nothing is judged.
---
--- A streak is what the job keeps in its state between runs: `{ runs, since, breached }`; nil while all is well.
local threshold = {}

local runs_about = "runs in a row before it counts; 0: never"

local function rule(side, limit, more)
  local kind = more.kind or option.number
  return {
    [side] = kind(limit, { about = more.about .. ": the limit" }),
    clear = kind(more.clear, { about = "it is well again from here on" }),
    for_runs = option.number(more.for_runs or 1, { about = runs_about }),
  }
end

--- The settings of a rule whose values are bad above `limit`. `more`: `clear`, `for_runs` (1), `about`, and `kind`
--- (`option.number`, `option.size`).
function threshold.above(limit, more) return rule("above", limit, more) end

--- The same for values that are bad below `limit`.
function threshold.below(limit, more) return rule("below", limit, more) end

--- The settings of a rule for what is bad or not.
function threshold.flag(more)
  return { for_runs = option.number(more.for_runs or 1, { about = more.about .. ": " .. runs_about }) }
end

--- What is wrong with a rule; nil when it can be used.
function threshold.problem(rule)
  local runs, limit = rule.for_runs, rule.above or rule.below
  if runs < 0 or runs > 1000000 or runs % 1 ~= 0 then return "for_runs must be a whole number from 0 on" end
  if not limit then return nil end
  local beyond = rule.above and rule.clear > limit or rule.below and rule.clear < limit
  if beyond then return string.format("clear (%s) is beyond the limit (%s): set clear, too", rule.clear, limit) end
end

--- Whether a value is beyond the rule's limit.
function threshold.is_bad(rule, value)
  if rule.above then return value > rule.above end
  if rule.below then return value < rule.below end
  return value == true
end

--- Whether a value ends a breach.
function threshold.is_clear(rule, value)
  if rule.above then return value <= rule.clear end
  if rule.below then return value >= rule.clear end
  return value ~= true
end

--- Judges a run's value by the streak before it: the streak after it (nil: all is well), and what happened: "waiting"
--- (bad, but not for long enough), "begun", "lasting", "recovered", "unknown" or nil. An unknown value (nil) is
--- neither good nor bad: the streak stays as it is.
function threshold.judge(streak, value, rule, now)
  if rule.for_runs == 0 then return nil end
  if value == nil or value ~= value then return streak, "unknown" end
  if streak and streak.breached then
    if threshold.is_clear(rule, value) then return nil, "recovered" end
    return { runs = streak.runs + 1, since = streak.since, breached = true }, "lasting"
  end
  if not threshold.is_bad(rule, value) then return nil end
  local runs = (streak and streak.runs or 0) + 1
  local breached = runs >= rule.for_runs
  return { runs = runs, since = streak and streak.since or now, breached = breached }, breached and "begun" or "waiting"
end

return threshold
