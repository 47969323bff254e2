--- Does again what failed: takes tasks from queues, tries each, and keeps it until it is done or an operator decides.
---
--- A task is work that must not be lost: a webhook to deliver, a mail to send, an index to update. It comes into a
--- queue from the command line, from another job, or as a file of the spool:
---
---   scriptron queue push default '{"url": "https://hooks.example.com/in", "json": {"order": 17}}'
---   scriptron queue push default '{"command": ["/usr/local/bin/reindex", "--shop"], "json": {"order": 17}}'
---   queue.open("default"):push({ url = "https://hooks.example.com/in", json = { order = 17 } }, { key = "order-17" })
---   echo '{"url": …}' >spool/17.tmp && mv spool/17.tmp spool/17.json        -- with the setting `spool`
---
--- To point it at your own receivers and programs, in scriptron.lua (the ceiling must allow them, too):
---
---   jobs = { retry = { settings = {
---     queues = { "default", "mail" }, spool = "var/spool",
---     connect = { "hooks.example.com:443" }, programs = { "/usr/local/bin/reindex" },
---     secret = secret "WEBHOOK_SECRET",
---   } } }
---
--- A try that fails is followed by another, later each time (exponential backoff with full jitter), up to
--- `max_attempts`; then the task is dead: it stays in the queue, an alert says so, and `scriptron queue dead` and
--- `scriptron queue requeue` are for it. A receiver may see a task twice (the machine may stop between the delivery and
--- its note): each request carries the same Idempotency-Key and webhook-id at every try.
local backoff = require "backoff"
local breaker = require "breaker"
local delivery = require "delivery"
local spool = require "spool"

--- Seconds before the deadline at which no further task is begun, beyond the timeout of one.
local margin = 10
--- Seconds between two notes of what became of tasks: what a crash may have done twice.
local note_every = 1
--- The most endpoints whose failures are remembered.
local most_endpoints = 1000

-- One run: what it works with, and what it counts.

local Run = {}
Run.__index = Run

function Run.new(settings, this)
  return setmetatable({
    settings = settings, this = this, hosts = state.get("hosts", { default = {} }),
    gone = state.get("gone", { default = {} }), sent = {}, changed = false,
    total = { done = 0, failed = 0, dead = 0, postponed = 0, lost = 0, spooled = 0, left = 0, waiting = 0, buried = 0 },
  }, Run)
end

--- Whether there is time for one more task.
function Run:has_time() return time.precise() + self.settings.timeout + margin < self.this.deadline end

function Run:policy()
  local settings = self.settings
  return { failures = settings.breaker_failures, pause = settings.breaker_pause, longest = settings.longest_wait }
end

--- Why a task is not even tried now: `{ "postponed", delay }` or `{ "dead", error }`; nil: it is tried.
function Run:obstacle(task, host, endpoint, now)
  local settings = self.settings
  if now - task.pushed > settings.max_age then
    return { "dead", "it is older than max_age: a receiver may have forgotten its key, and would do it twice" }
  end
  if not host then return nil end
  if self.gone[endpoint] then
    return { "dead", "its endpoint answered 410 (gone for good) and is disabled: see the setting enable" }
  end
  local until_time = breaker.blocked(self.hosts[host], now)
  -- Not all at the same moment, or they would all be probes.
  if until_time then return { "postponed", until_time - now + math.random() * 5 } end
  local sent = self.sent[host] or 0
  if settings.per_host > 0 and sent >= settings.per_host then return { "postponed", 60 } end
  self.sent[host] = sent + 1
end

--- Remembers how an endpoint answered. A wrong task (4xx) says nothing against it.
function Run:learn(outcome, host, endpoint, now)
  if not host or self.this.dry_run then return end
  local word = outcome[1]
  local before, after = self.hosts[host], nil
  if word == "gone" then
    self.gone[endpoint], self.changed = now, true
  elseif word == "retry" then
    after = breaker.failed(before, self:policy(), now, outcome[3])
  end
  if before ~= nil or after ~= nil then self.hosts[host], self.changed = after, true end
end

--- Tries one task; what becomes of it is one of `done retry dead postponed`.
function Run:attempt(task, name)
  local wrong = delivery.problem(task.body)
  if wrong then return { "dead", wrong } end
  local host, endpoint = delivery.endpoint(task.body.url)
  local now = time.precise()
  local obstacle = self:obstacle(task, host, endpoint, now)
  if obstacle then return obstacle end
  local known, outcome = pcall(delivery.attempt, task, name, self.settings)
  if not known then outcome = { "retry", "the job itself failed: " .. tostring(outcome) } end
  now = time.precise()
  self:learn(outcome, host, endpoint, now)
  if outcome[1] == "gone" then
    self.this.warn(endpoint .. ": 410, gone for good: disabled; its tasks are dead")
    return { "dead", outcome[2] }
  end
  if outcome[1] == "retry" and task.attempt >= (tonumber(task.body.max_attempts) or self.settings.max_attempts) then
    return { "dead", string.format("%s; it was the last of %d tries", outcome[2], task.attempt) }
  end
  return outcome
end

-- Noting what became of tasks.

function Run:note(queue, notes)
  local total = self.total
  local function count(key, tasks, call)
    if #tasks == 0 then return end
    local counted, lost = call(tasks)
    total[key] = total[key] + counted
    total.lost = total.lost + #lost
  end
  count("done", notes.done, function(tasks) return queue:done(tasks) end)
  count("failed", notes.retry, function(tasks) return queue:fail(tasks) end)
  count("dead", notes.dead, function(tasks) return queue:fail(tasks, { dead = true }) end)
  for delay, tasks in pairs(notes.postponed) do
    count("postponed", tasks, function(tasks) return queue:postpone(tasks, { delay = delay }) end)
  end
  if self.changed then self:remember() end
end

--- Keeps what is known of endpoints, for the next run.
function Run:remember()
  local names, now = {}, time.precise()
  for name, memory in pairs(self.hosts) do
    -- What has been quiet for a day is forgotten.
    if (memory.until_time or now) < now - 86400 then self.hosts[name] = nil else names[#names + 1] = name end
  end
  table.sort(names)
  for index = most_endpoints + 1, #names do self.hosts[names[index]] = nil end
  state.set("hosts", self.hosts)
  state.set("gone", self.gone)
  self.changed = false
end

--- Puts a task with those of the same fate.
function Run:sort(task, outcome, notes)
  local word = outcome[1]
  -- Only what the queue must know goes back: not the body.
  local note = { id = task.id, token = task.token, failure = outcome[2] }
  if word == "retry" then
    local policy = { base = self.settings.base, cap = self.settings.cap }
    note.retry_in = backoff.delay(task.attempt, policy, outcome[3])
  elseif word == "postponed" then
    -- By whole seconds, so that those of one endpoint go in one call.
    note.failure = nil
    local delay = math.ceil(outcome[2])
    notes.postponed[delay] = notes.postponed[delay] or {}
    table.insert(notes.postponed[delay], note)
    return
  end
  table.insert(notes[word], note)
end

local function empty() return { done = {}, retry = {}, dead = {}, postponed = {} } end

--- Tries a batch; what became of it is noted every second and at its end. False where time ran out.
function Run:batch(queue, name, tasks)
  local notes, noted = empty(), time.precise()
  for index, task in ipairs(tasks) do
    local in_time = self:has_time()
    local outcome = in_time and self:attempt(task, name) or { "postponed", 0 }
    self:sort(task, outcome, notes)
    if index == #tasks or time.precise() - noted > note_every then
      self:note(queue, notes)
      notes, noted = empty(), time.precise()
    end
    if not in_time and index == #tasks then return false end
  end
  return true
end

--- Works a queue off; its figures afterwards.
function Run:work_off(name)
  local settings, queue = self.settings, queue.open(name)
  local lease = self.this.deadline - time.precise() + 60
  while self:has_time() do
    local tasks = queue:claim { max = settings.batch, lease = lease, crashes = settings.max_crashes }
    if #tasks == 0 or not self:batch(queue, name, tasks) then break end
  end
  return queue:stats()
end

-- Telling.

--- Dead tasks are trouble as long as they are there: an alert, and a warning of the run.
local function tell_dead(name, stats, this)
  local key = "retry.dead." .. name
  local text = string.format("%d dead task%s in queue %s: scriptron queue dead %s", stats.dead,
    stats.dead == 1 and "" or "s", name, name)
  if stats.dead > 0 then this.warn(text) end
  if alert then alert.check(key, stats.dead > 0, { severity = "warning", summary = text }) end
end

local function tell_left(left, this)
  for index = 1, math.min(#left, 10) do
    this.warn(string.format("spool: %s was left: %s", left[index].name, left[index].why))
  end
  if #left > 10 then this.warn(string.format("spool: %d more were left", #left - 10)) end
end

--- Endpoints that an operator enables again.
local function enable(run)
  for _, endpoint in ipairs(run.settings.enable) do
    if run.gone[endpoint] then
      run.gone[endpoint], run.changed = nil, true
      log.info(endpoint .. " is enabled again")
    end
  end
end

return job {
  about    = "Do again what failed: tasks of queues, until they are done or dead",
  schedule = "* * * * *",
  timeout  = "10m",
  settings = {
    queues       = option.list({ "default" }, { about = "The queues, in the order in which they are worked off" }),
    spool        = option.path { about = "A directory whose JSON files are pushed into the first queue" },
    spool_age    = option.duration("2s", { about = "A file that changed more recently is left for the next run" }),
    connect      = option.list({}, { about = "Where requests may go: hooks.example.com:443, *.example.com:443" }),
    programs     = option.list({}, { about = "What commands may run: names or paths" }),
    secret       = option.secret { about = "Signs requests (Standard Webhooks)" },
    previous_secret = option.secret { about = "The secret before it, while receivers change over: signs too" },
    timeout      = option.duration("20s", { about = "How long one try may take" }),
    batch        = option.number(100, { about = "Tasks claimed at once: as many may be done twice by a crash" }),
    max_attempts = option.number(15, { about = "After so many tries that failed a task is dead" }),
    max_crashes  = option.number(3, { about = "After so many tries under which the job died a task is dead" }),
    max_age      = option.duration("7d", { about = "A task that is older is dead: receivers forget keys" }),
    base         = option.duration("10s", { about = "The longest wait behind the first try; doubled with each one" }),
    cap          = option.duration("6h", { about = "The longest wait behind any try" }),
    longest_wait = option.duration("1d", { about = "The most that a server's Retry-After or a breaker puts off" }),
    retry_statuses = option.list({ "408", "425", "429" }, { about = "Which of 4xx are tried again" }),
    per_host     = option.number(0, { about = "Requests to one host in a run, so that others have a turn; 0: all" }),
    breaker_failures = option.number(5, { about = "Failures in a row that open a host's breaker; 0: never" }),
    breaker_pause = option.duration("30s", { about = "How long a breaker is open first; doubled each time" }),
    enable       = option.list({}, { about = "Addresses that answered 410 and are to be tried again" }),
  },
  needs = function(settings)
    local secrets = { settings.secret }
    secrets[#secrets + 1] = settings.previous_secret
    return {
      secrets = #secrets > 0 and secrets or nil,
      write = settings.spool and { settings.spool }, connect = settings.connect, run = settings.programs,
    }
  end,
  run = function(settings, this)
    local run = Run.new(settings, this)
    local total = run.total
    enable(run)
    if settings.spool then
      local left
      total.spooled, left = spool.take(settings.spool, queue.open(settings.queues[1]), { age = settings.spool_age })
      total.left = #left
      tell_left(left, this)
    end
    for _, name in ipairs(settings.queues) do
      local stats = run:work_off(name)
      total.waiting = total.waiting + stats.ready + stats.delayed
      total.buried = total.buried + stats.dead
      tell_dead(name, stats, this)
    end
    if run.changed then run:remember() end
    log.info(string.format(
      "%d done, %d failed, %d dead, %d waiting", total.done, total.failed, total.dead, total.waiting))
    return total
  end,
}
