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
--- its note): each request carries the same Idempotency-Key and webhook-id at every try; Retry-Attempt says which it is.
local backoff = require "backoff"
local delivery = require "delivery"
local Endpoints = require "endpoints"
local spool = require "spool"

--- Seconds before the deadline at which no further task is begun, beyond the timeout of one.
local margin = 10
--- Seconds between two notes of what became of tasks: what a crash may have done twice.
local note_every = 1
--- Seconds for which notes are tried again that the store does not take: what they tell of is done already.
local note_patience = 30
--- Seconds after which a file of the spool that is no task is trouble, and not just being written.
local spool_patience = 600

-- One run: what it works with, and what it counts.

local Run = {}
Run.__index = Run

function Run.new(settings, this)
  local kept = { hosts = state.get("hosts"), gone = state.get("gone") }
  return setmetatable({
    settings = settings, this = this,
    -- By a clock that nobody sets: a run that outlived its deadline would be killed with its tasks in hand.
    ends = time.steady() + (this.deadline - time.precise()),
    endpoints = Endpoints.new(kept, {
      failures = settings.breaker_failures, pause = settings.breaker_pause, longest = settings.longest_wait,
      per_host = settings.per_host, per_host_time = settings.per_host_time,
    }),
    total = { done = 0, failed = 0, dead = 0, postponed = 0, lost = 0, spooled = 0, left = 0, waiting = 0, buried = 0 },
  }, Run)
end

function Run:seconds_left() return self.ends - time.steady() end

--- Whether there is time for one more task.
function Run:has_time() return self:seconds_left() > self.settings.timeout + margin end

--- Tries one task; what becomes of it is one of `done retry dead postponed`.
function Run:attempt(task, name)
  local wrong = delivery.problem(task.body)
  if wrong then return { "dead", wrong } end
  if task.age > self.settings.max_age then
    return { "dead", "it is older than max_age: a receiver may have forgotten its key, and would do it twice" }
  end
  local host, address = delivery.endpoint(task.body.url)
  local obstacle = host and self.endpoints:obstacle(host, address, time.precise())
  if obstacle then return obstacle end
  local began = time.steady()
  local known, outcome = pcall(delivery.attempt, task, name, self.settings)
  if not known then outcome = { "retry", "the job itself failed: " .. tostring(outcome) } end
  if host and not self.this.dry_run then
    self.endpoints:learn(outcome, host, address, time.precise(), time.steady() - began)
  end
  if outcome[1] == "gone" then
    self.this.warn(address .. ": 410, gone for good: disabled; its tasks are dead")
    return { "dead", outcome[2] }
  end
  if outcome[1] == "retry" and task.attempt >= (task.body.max_attempts or self.settings.max_attempts) then
    return { "dead", string.format("%s; it was the last of %d tries", outcome[2], task.attempt) }
  end
  return outcome
end

-- Noting what became of tasks.

--- Tells the queue; again while the store does not take it, as long as there is time.
function Run:tell(call)
  local until_time = time.steady() + math.min(note_patience, self:seconds_left() - margin / 2)
  while true do
    local known, counted, lost = pcall(call)
    if known then return counted, #lost end
    if time.steady() >= until_time then error(counted, 0) end
    log.warn("the queue did not take what became of tasks; once more: " .. tostring(counted))
    time.sleep(1)
  end
end

function Run:note(queue, notes)
  local total = self.total
  local function count(key, tasks, call)
    if #tasks == 0 then return end
    local counted, lost = self:tell(function() return call(tasks) end)
    total[key], total.lost = total[key] + counted, total.lost + lost
  end
  count("done", notes.done, function(tasks) return queue:done(tasks) end)
  count("failed", notes.retry, function(tasks) return queue:fail(tasks) end)
  count("dead", notes.dead, function(tasks) return queue:fail(tasks, { dead = true }) end)
  for delay, postponed in pairs(notes.postponed) do
    count("postponed", postponed, function(tasks) return queue:postpone(tasks, { delay = delay }) end)
  end
  self:remember()
end

--- Keeps what is known of endpoints, for the next run.
function Run:remember()
  if not self.endpoints.changed then return end
  for key, value in pairs(self.endpoints:keep(time.precise())) do state.set(key, value) end
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
  local notes, noted = empty(), time.steady()
  for index, task in ipairs(tasks) do
    local in_time = self:has_time()
    local outcome = in_time and self:attempt(task, name) or { "postponed", 0 }
    self:sort(task, outcome, notes)
    if index == #tasks or time.steady() - noted > note_every then
      self:note(queue, notes)
      notes, noted = empty(), time.steady()
    end
    if not in_time and index == #tasks then return false end
  end
  return true
end

--- Works a queue off; its figures afterwards.
function Run:work_off(name)
  local settings, queue = self.settings, queue.open(name)
  local lease = math.max(self:seconds_left(), 0) + 60
  while self:has_time() do
    local tasks = queue:claim { max = settings.batch, lease = lease, crashes = settings.max_crashes }
    if #tasks == 0 or not self:batch(queue, name, tasks) then break end
  end
  return queue:stats()
end

--- Any bytes as one line of text.
local function plain(text)
  text = text:gsub("%c", "?")
  return (utf8.len(text) and text or text:gsub("[\128-\255]", "?")):sub(1, 300)
end

--- Takes what lies in the spool. That it cannot be read keeps nobody from working the queues off.
function Run:take_spool()
  local settings, total = self.settings, self.total
  local queue = queue.open(settings.queues[1])
  local known, taken, left = pcall(spool.take, settings.spool, queue, { age = settings.spool_age })
  if not known then
    left = { { name = settings.spool, age = spool_patience, why = "it cannot be read: " .. tostring(taken) } }
    taken = 0
  end
  total.spooled, total.left = taken, #left
  local stuck
  for index, file in ipairs(left) do
    if index <= 10 then self.this.warn(string.format("spool: %s was left: %s", plain(file.name), plain(file.why))) end
    if not stuck and file.age >= spool_patience then stuck = file end
  end
  if #left > 10 then self.this.warn(string.format("spool: %d more were left", #left - 10)) end
  -- What lies there for long is a task that nobody will do.
  alert.check("spool", stuck ~= nil, {
    severity = "warning",
    summary = stuck and string.format("a file of the spool becomes no task: %s: %s", plain(stuck.name), plain(stuck.why))
      or "the files of the spool become tasks",
  })
end

-- Telling.

--- Dead tasks are trouble as long as they are there: an alert, and a warning of the run.
local function tell_dead(name, stats, this)
  local text = string.format("%d dead task%s in queue %s: scriptron queue dead %s", stats.dead,
    stats.dead == 1 and "" or "s", name, name)
  if stats.dead > 0 then this.warn(text) end
  alert.check("dead." .. name, stats.dead > 0, { severity = "warning", summary = text })
end

--- What settings cannot mean; a wrong one must not decide over tasks.
local function check(settings, this)
  local function refuse(...) this.fail("setting " .. string.format(...), { retry = false }) end
  local function whole(name, least)
    local value = settings[name]
    if math.type(value) ~= "integer" or value < least then refuse("%s must be a whole number from %d", name, least) end
  end
  whole("max_attempts", 1)
  whole("max_crashes", 1)
  whole("batch", 1)
  whole("per_host", 0)
  whole("breaker_failures", 0)
  for name, range in pairs { retry_statuses = { 400, 499 }, dead_codes = { 1, 255 } } do
    for _, code in ipairs(settings[name]) do
      local number = math.tointeger(tonumber(code))
      if not number or number < range[1] or number > range[2] then
        refuse("%s must hold whole numbers from %d to %d, not %s", name, range[1], range[2], plain(tostring(code)))
      end
    end
  end
  if #settings.queues == 0 then refuse("queues names no queue") end
  if settings.timeout + margin >= this.deadline - time.precise() then
    refuse("timeout leaves no time: it must be %d s shorter than the job's own timeout", margin)
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
    dead_codes   = option.list({}, { about = "Exit codes of commands that mean: no second try will help" }),
    per_host     = option.number(0, { about = "Requests to one host in a run, so that others have a turn; 0: all" }),
    per_host_time = option.duration("3m", { about = "How long a run may spend on one host, likewise; 0: all of it" }),
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
    check(settings, this)
    local run = Run.new(settings, this)
    local total = run.total
    for _, address in ipairs(settings.enable) do
      if run.endpoints:enable(address) then log.info(address .. " is enabled again") end
    end
    if settings.spool then run:take_spool() end
    for _, name in ipairs(settings.queues) do
      local stats = run:work_off(name)
      total.waiting = total.waiting + stats.ready + stats.delayed
      total.buried = total.buried + stats.dead
      tell_dead(name, stats, this)
    end
    run:remember()
    log.info(string.format(
      "%d done, %d failed, %d dead, %d waiting", total.done, total.failed, total.dead, total.waiting))
    return total
  end,
}
