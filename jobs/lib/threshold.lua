--- Thresholds: rules that say when a value is bad, and when it is well again. The host counts the runs and remembers
--- what is wrong (`alert.check`); here is what it is told.
---
--- A rule is a group of settings: `above` or `below` (the limit), `clear`, `for_runs`, `severity`. A rule without a limit
--- judges truth: true is bad. With `for_runs` 0 nothing is judged.
local threshold = {}

local severities = { "info", "warning", "critical" }

--- The settings that every rule has.
local function common(settings, more)
  settings.for_runs = option.number(more.for_runs or 1, { about = "runs in a row before it counts; 0: never" })
  settings.severity = option.one_of {
    severities[1], severities[2], severities[3], default = more.severity or "warning", about = "of its alert",
  }
  return settings
end

local function rule_settings(side, limit, more)
  local kind = more.kind or option.number
  return common({
    [side] = kind(limit, { about = more.about .. ": the limit" }),
    clear = kind(more.clear, { about = "it is well again from here on" }),
  }, more)
end

--- The settings of a rule whose values are bad above `limit`. `more`: `clear`, `for_runs` (1), `severity` ("warning"),
--- `about`, and `kind` (`option.number`, `option.size`, `option.duration`).
function threshold.above(limit, more) return rule_settings("above", limit, more) end

--- The same for values that are bad below `limit`.
function threshold.below(limit, more) return rule_settings("below", limit, more) end

--- The settings of a rule for what is bad or not.
function threshold.flag(more)
  local settings = common({}, more)
  settings.for_runs.about = more.about .. ": " .. settings.for_runs.about
  return settings
end

--- What is wrong with a rule; nil when it can be used.
function threshold.problem(rule)
  local runs, limit = rule.for_runs, rule.above or rule.below
  if runs < 0 or runs > 1000000 or runs % 1 ~= 0 then return "for_runs must be a whole number from 0 on" end
  if not limit then return nil end
  local beyond = rule.above and rule.clear > limit or rule.below and rule.clear < limit
  if beyond then return string.format("clear (%s) is beyond the limit (%s): set clear, too", rule.clear, limit) end
end

--- Whether a value is beyond the rule's limit; nil where it is not known.
function threshold.is_bad(rule, value)
  if value == nil or value ~= value then return nil end
  if rule.above then return value > rule.above end
  if rule.below then return value < rule.below end
  return value == true
end

--- Whether a value ends what was bad.
function threshold.is_clear(rule, value)
  if rule.above then return value <= rule.clear end
  if rule.below then return value >= rule.clear end
  return value ~= true
end

return threshold
