--- What is known of the servers that tasks go to: who is left alone for a while (a breaker, or a Retry-After), who has
--- had its share of this run, and which addresses are gone for good.
local breaker = require "breaker"

local Endpoints = {}
Endpoints.__index = Endpoints

--- The most servers, and the most addresses that are gone, that are remembered.
local most = 1000

--- With what an earlier run kept (`kept.hosts`, `kept.gone`), and the policy: `failures pause longest` of breakers,
--- `per_host` and `per_host_time`, the share of a run (0: all of it).
function Endpoints.new(kept, policy)
  local function table_of(value) return type(value) == "table" and value or {} end
  return setmetatable({
    hosts = table_of(kept.hosts), gone = table_of(kept.gone), policy = policy, sent = {}, spent = {}, changed = false,
  }, Endpoints)
end

--- Why nothing may be sent now: `{ "postponed", delay }` or `{ "dead", error }`; nil: it may, and is counted.
function Endpoints:obstacle(host, address, now)
  if self.gone[address] then
    return { "dead", "its address answered 410 (gone for good) and is disabled: see the setting enable" }
  end
  local policy = self.policy
  local until_time = breaker.blocked(self.hosts[host], now, policy.longest)
  -- Not all at the same moment, or they would all be probes.
  if until_time then return { "postponed", until_time - now + math.random() * 5 } end
  local sent, spent = self.sent[host] or 0, self.spent[host] or 0
  if policy.per_host > 0 and sent >= policy.per_host then return { "postponed", 60 } end
  if policy.per_host_time > 0 and spent >= policy.per_host_time then return { "postponed", 60 } end
  self.sent[host] = sent + 1
end

--- Remembers how a server answered, and how many seconds that took. That a task is wrong (4xx) says nothing against it.
function Endpoints:learn(outcome, host, address, now, seconds)
  self.spent[host] = (self.spent[host] or 0) + seconds
  local before, after = self.hosts[host], nil
  if outcome[1] == "gone" then
    self.gone[address], self.changed = now, true
  elseif outcome[1] == "retry" then
    after = breaker.failed(before, self.policy, now, outcome[3])
  end
  if before ~= nil or after ~= nil then self.hosts[host], self.changed = after, true end
end

--- Forgets that an address is gone; whether it was.
function Endpoints:enable(address)
  if self.gone[address] == nil then return false end
  self.gone[address], self.changed = nil, true
  return true
end

--- The newest entries of a table of times, and what `time_of` says of the others is lost.
local function newest(entries, time_of)
  local names = {}
  for name in pairs(entries) do names[#names + 1] = name end
  if #names <= most then return entries end
  table.sort(names, function(left, right) return time_of(entries[left]) > time_of(entries[right]) end)
  local kept = {}
  for index = 1, most do kept[names[index]] = entries[names[index]] end
  return kept
end

--- What the next run is to know. A server that has been quiet for a day is forgotten; an address beyond the newest
--- thousand answers 410 once more.
function Endpoints:keep(now)
  for name, memory in pairs(self.hosts) do
    if (memory.until_time or now) < now - 86400 then self.hosts[name] = nil end
  end
  self.hosts = newest(self.hosts, function(memory) return memory.until_time or 0 end)
  self.gone = newest(self.gone, function(time) return tonumber(time) or 0 end)
  self.changed = false
  return { hosts = self.hosts, gone = self.gone }
end

return Endpoints
