--- One try of a task: what it asks for is done, and what that means is said: `{ "done" }`, `{ "retry", error, wait }`
--- (`wait`: what the server asked for, in seconds), `{ "dead", error }` or `{ "gone", error }` (410: its address is no
--- more).
---
--- A task's body is a table with one of:
---
---   url      an HTTP request; with `method` (POST), `headers`, and `json` (any value) or `body` (text)
---   command  a program and its arguments, run without a shell; its input is `body`, else `json`, else the whole task
---
--- and, where it is to differ from the setting, `max_attempts`.
local delivery = {}

local function done() return { "done" } end
local function dead(error) return { "dead", error } end
--- An error that was caught, as a task keeps it.
local function text_of(problem) return type(problem) == "table" and problem.message or tostring(problem) end
local function retry(error, wait) return { "retry", error, wait } end

--- What stays the same over all tries of a task, so that a receiver can tell a second delivery from a second task.
function delivery.identity(task, queue)
  return hash.text(string.format("%s\n%d\n%.6f", queue, task.id, task.pushed)):sub(1, 32)
end

--- Scheme, host and port of an address, and the address without its query; nil where it is none.
function delivery.endpoint(url)
  if type(url) ~= "string" then return nil end
  local scheme, rest = url:match("^(https?)://([^%s]+)$")
  if not scheme then return nil end
  local host = rest:match("^[^/?#]*"):gsub("^.*@", ""):lower()
  if host == "" then return nil end
  return scheme .. "://" .. host, (url:gsub("[?#].*$", ""))
end

local function headers_problem(headers)
  if headers == nil then return nil end
  if type(headers) ~= "table" then return "its headers are no object" end
  for name, value in pairs(headers) do
    local kind = type(value)
    if type(name) ~= "string" then return "its headers are no object of names and texts" end
    if kind == "table" then return "its header " .. name .. " is no text" end
  end
end

--- What is wrong with a task's body, for ever; nil where it can be tried.
function delivery.problem(body)
  if type(body) ~= "table" then return "its body is no object with url or command" end
  if body.url ~= nil and body.command ~= nil then return "its body has url and command: one of them is meant" end
  if body.url ~= nil then
    if not delivery.endpoint(body.url) then return "its url is no address of http or https" end
    if body.method ~= nil and type(body.method) ~= "string" then return "its method is no text" end
    local wrong = headers_problem(body.headers)
    if wrong then return wrong end
  elseif body.command ~= nil then
    if type(body.command) ~= "table" or #body.command == 0 then return "its command is no list of arguments" end
  else
    return "its body has neither url nor command"
  end
  if body.body ~= nil and type(body.body) ~= "string" then return "its body.body is no text: use json" end
  local most = body.max_attempts
  if most ~= nil and not (math.type(most) == "integer" and most > 0) then
    return "its max_attempts is no whole number from 1"
  end
end

--- The content that goes with it, as text; nil: none.
local function content(body)
  if body.body ~= nil then return body.body end
  if body.json ~= nil then return json.encode(body.json) end
end

local function has(codes, wanted)
  for _, code in ipairs(codes) do
    if tonumber(code) == wanted then return true end
  end
  return false
end

--- Whether an error will be the same at every try: what is asked for is not allowed, or cannot be asked for. That the
--- host refused an address may be over the next time, for names are looked up anew.
local function is_final(problem)
  if type(problem) ~= "table" then return false end
  if problem.code == "EGRANT" then return not problem.message:find("the host refused to connect", 1, true) end
  return problem.code == "EARGUMENT" or problem.code == "EURL"
end

-- Commands.

local function command(task, settings, identity)
  local body = task.body
  -- What it writes goes to the run's log: it may be more than can be kept, and is no reason to do it all again.
  local known, problem = pcall(process.run, body.command, {
    stdin = content(body) or json.encode(body), stdout = "log", timeout = settings.timeout, dry = { code = 0 },
    env = { TASK_ID = tostring(task.id), TASK_ATTEMPT = tostring(task.attempt), IDEMPOTENCY_KEY = identity },
  })
  if known then return done() end
  local is_last = type(problem) == "table" and problem.exit ~= nil and has(settings.dead_codes, problem.exit)
  if is_last or is_final(problem) then return dead(text_of(problem)) end
  return retry(text_of(problem))
end

-- HTTP.

local months = {
  jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12,
}

--- The instant of an HTTP date, in each of the three forms that must be read (RFC 9110, 5.6.7); nil where it is none.
function delivery.date(text, now)
  local day, month, year, clock = text:match("^%s*%a+,%s*(%d%d?)[%s-](%a%a%a)[%s-](%d+)%s+(%d%d:%d%d:%d%d)%s+GMT%s*$")
  if not day then
    month, day, clock, year = text:match("^%s*%a+%s+(%a%a%a)%s+(%d%d?)%s+(%d%d:%d%d:%d%d)%s+(%d%d%d%d)%s*$")
  end
  month = month and months[month:lower()]
  if not month or (#year ~= 2 and #year ~= 4) then return nil end
  year = tonumber(year)
  if year < 100 then
    -- Two digits: of the two centuries the one that is not more than fifty years ahead.
    local present = tonumber(time.format(now, "%Y", { zone = "UTC" }))
    year = present // 100 * 100 + year
    if year > present + 50 then year = year - 100 end
  end
  -- A leap second is the one before it.
  local written = string.format("%04d-%02d-%02d %s", year, month, day, (clock:gsub(":60$", ":59")))
  local known, instant = pcall(time.parse, written, { zone = "UTC" })
  return known and instant or nil
end

--- Seconds that a Retry-After asks for, `longest` at most: a number, or a date, which is taken by the server's own
--- clock where the answer tells it (`date`); nil where it says neither.
function delivery.retry_after(text, now, longest, date)
  if type(text) ~= "string" then return nil end
  local seconds = tonumber(text:match("^%s*(%d+)%s*$"))
  if not seconds then
    local instant = delivery.date(text, now)
    if not instant then return nil end
    seconds = instant - (type(date) == "string" and delivery.date(date, now) or now)
  end
  return math.min(math.max(seconds, 0), longest)
end

--- What an answer means. Only 2xx is a success; a redirect is not followed, and is none. Of 4xx only those are tried
--- again that say that a second try may succeed.
local function judge(answer, settings, now)
  local status = answer.status
  if status >= 200 and status < 300 then return done() end
  local error = "the server answered " .. status
  if status == 410 then return { "gone", error .. " (gone for good)" } end
  if status >= 400 and status < 500 and not has(settings.retry_statuses, status) then return dead(error) end
  local headers = answer.headers or {}
  return retry(error, delivery.retry_after(headers["retry-after"], now, settings.longest_wait, headers.date))
end

--- The signature of Standard Webhooks (standardwebhooks.com) by each secret over `id.timestamp.body`, so that a secret
--- can be changed without a gap; nil without a secret.
local function signature(text, identity, stamp, settings)
  local signed, signatures = identity .. "." .. stamp .. "." .. text, {}
  for _, secret in ipairs { settings.secret or false, settings.previous_secret or false } do
    if secret then signatures[#signatures + 1] = "v1," .. hash.hmac(secret, signed, { encoding = "base64" }) end
  end
  return #signatures > 0 and table.concat(signatures, " ") or nil
end

--- The request's headers: the task's own, and those that say which task and which try it is. A key that the task brings
--- is the better one: its receiver knows it.
local function headers_of(task, text, identity, settings)
  local headers, given = {}, {}
  for name, value in pairs(task.body.headers or {}) do
    given[name:lower()] = true
    headers[name] = tostring(value)
  end
  local function set(name, value)
    for known in pairs(headers) do
      if known:lower() == name:lower() then headers[known] = nil end
    end
    headers[name] = value
  end
  if not given["idempotency-key"] then set("Idempotency-Key", identity) end
  if task.body.json ~= nil and task.body.body == nil and not given["content-type"] then
    set("Content-Type", "application/json")
  end
  local stamp = tostring(time.now())
  set("Retry-Attempt", tostring(task.attempt))
  set("webhook-id", identity)
  set("webhook-timestamp", stamp)
  set("webhook-signature", signature(text, identity, stamp, settings))
  return headers
end

local function request(task, settings, identity)
  local body = task.body
  local text = content(body)
  -- The status alone counts: of what comes with it nothing is kept, however much it is.
  local known, answer = pcall(http.request, body.url, {
    method = (body.method or "POST"):upper(), headers = headers_of(task, text or "", identity, settings), body = text,
    timeout = settings.timeout, expect = "any", max = "64KiB", cut = true,
  })
  if known then return judge(answer, settings, time.now()) end
  if is_final(answer) then return dead(text_of(answer)) end
  return retry(text_of(answer))
end

--- Tries a task. What raises here, raises for a mistake of this script; the caller counts it as a failure of the task.
function delivery.attempt(task, queue, settings)
  local identity = delivery.identity(task, queue)
  if task.body.url ~= nil then return request(task, settings, identity) end
  return command(task, settings, identity)
end

return delivery
