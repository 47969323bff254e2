--- Which copies stay: the newest of so many days, weeks, months and years, and the last ones.
---
--- A copy: `{ name, time }`, `time` in seconds since the epoch, with whatever else the caller keeps in it. Only copies
--- that were verified belong in the list: one that was not counts for nothing, and must push nothing out.
local retention = {}

--- The rules, in the order in which they explain a copy.
local rules = {
  { key = "daily", bucket = "%Y-%m-%d", one = "day" },
  { key = "weekly", bucket = "%G-W%V", one = "week" },
  { key = "monthly", bucket = "%Y-%m", one = "month" },
  { key = "yearly", bucket = "%Y", one = "year" },
}

--- The settings of a policy.
function retention.settings(last)
  return {
    last = option.number(last, { about = "The newest so many copies stay" }),
    daily = option.number(0, { about = "The newest of each of the last so many days with a copy stays" }),
    weekly = option.number(0, { about = "The newest of each of the last so many weeks" }),
    monthly = option.number(0, { about = "The newest of each of the last so many months" }),
    yearly = option.number(0, { about = "The newest of each of the last so many years" }),
  }
end

--- What is wrong with a policy; nil where it can be used. One that keeps nothing is wrong.
function retention.problem(policy)
  if type(policy) ~= "table" then return "keep is no table" end
  local known, sum = { last = true }, 0
  for _, rule in ipairs(rules) do known[rule.key] = true end
  for key, count in pairs(policy) do
    if not known[key] then return "keep." .. tostring(key) .. " is unknown: it takes last, daily, weekly, monthly, yearly" end
    if type(count) ~= "number" or count < 0 or count % 1 ~= 0 or count > 1000000 then
      return "keep." .. key .. " must be a whole number from 0 on"
    end
    sum = sum + count
  end
  if sum == 0 then return "keep keeps nothing: set one of last, daily, weekly, monthly, yearly" end
end

--- Judges the copies at a time: the ones to keep and the ones to remove, each `{ copy, why }`, the newest first. Copies
--- of the future (more than an hour on: a clock was wrong, or somebody wants the real ones gone) stay, and count for
--- nothing. The newest copy always stays.
function retention.judge(copies, policy, now)
  local problem = retention.problem(policy)
  if problem then error(problem, 0) end
  local sorted, keep, remove = {}, {}, {}
  for _, copy in ipairs(copies) do
    if copy.time > now + 3600 then
      keep[#keep + 1] = { copy = copy, why = "it is dated in the future" }
    else
      sorted[#sorted + 1] = copy
    end
  end
  table.sort(sorted, function(one, other)
    if one.time ~= other.time then return one.time > other.time end
    return one.name > other.name
  end)
  local seen = {}
  for _, rule in ipairs(rules) do seen[rule.key] = { count = 0 } end
  for index, copy in ipairs(sorted) do
    local why
    if index == 1 then why = "it is the newest" end
    if index <= (policy.last or 0) then why = why or "it is one of the last " .. policy.last end
    for _, rule in ipairs(rules) do
      local bucket, mine = time.format(copy.time, rule.bucket), seen[rule.key]
      if bucket ~= mine.bucket and mine.count < (policy[rule.key] or 0) then
        mine.bucket, mine.count = bucket, mine.count + 1
        why = why or "it is the newest of its " .. rule.one .. " (" .. bucket .. ")"
      end
    end
    if why then
      keep[#keep + 1] = { copy = copy, why = why }
    else
      remove[#remove + 1] = { copy = copy, why = "no rule of keep wants it: newer copies stand for its time" }
    end
  end
  return keep, remove
end

return retention
