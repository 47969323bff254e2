--- One try of a task: what it asks for is done, and what that means is said: `{ "done" }`, `{ "retry", error, wait }`
--- (`wait`: what the server asked for, in seconds), `{ "dead", error }` or `{ "gone", error }` (410: its endpoint is no
--- more).
---
--- A task's body is a table with one of:
---
---   url      an HTTP request; with `method` (POST), `headers`, and `json` (any value) or `body` (text)
---   command  a program and its arguments, run without a shell; its input is `body`, else `json`, else the whole task
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

--- What is wrong with a task's body, for ever; nil where it can be tried.
function delivery.problem(body)
  if type(body) ~= "table" then return "its body is no object with url or command" end
  if body.url ~= nil and body.command ~= nil then return "its body has url and command: one of them is meant" end
  if body.url ~= nil then
    if not delivery.endpoint(body.url) then return "its url is no address of http or https" end
    if body.headers ~= nil and type(body.headers) ~= "table" then return "its headers are no object" end
    if body.method ~= nil and type(body.method) ~= "string" then return "its method is no text" end
  elseif body.command ~= nil then
    if type(body.command) ~= "table" or #body.command == 0 then return "its command is no list of arguments" end
  else
    return "its body has neither url nor command"
  end
  if body.body ~= nil and type(body.body) ~= "string" then return "its body.body is no text: use json" end
end

--- The content that goes with it, as text; nil: none.
local function content(body)
  if body.body ~= nil then return body.body end
  if body.json ~= nil then return json.encode(body.json) end
end

-- Commands.

local function command(task, settings, identity)
  local body = task.body
  local known, problem = pcall(process.run, body.command, {
    stdin = content(body) or json.encode(body), timeout = settings.timeout, dry = { code = 0 },
    env = { TASK_ID = tostring(task.id), TASK_ATTEMPT = tostring(task.attempt), IDEMPOTENCY_KEY = identity },
  })
  if known then return done() end
  -- What the grant refuses no second try will change; everything else may be different the next time.
  if type(problem) == "table" and (problem.code == "EGRANT" or problem.code == "EARGUMENT") then
    return dead(text_of(problem))
  end
  return retry(text_of(problem))
end

-- HTTP.

--- Seconds that a Retry-After asks for: a number, or a date; nil where it says neither.
function delivery.retry_after(text, now, longest)
  if type(text) ~= "string" then return nil end
  local seconds = tonumber(text:match("^%s*(%d+)%s*$"))
  if not seconds then
    local day, month, year, hour, minute, second = text:match("(%d+)[%s-](%a+)[%s-](%d+)%s+(%d+):(%d+):(%d+)%s+GMT")
    local names = "janfebmaraprmayjunjulaugsepoctnovdec"
    local place = month and names:find(month:lower():sub(1, 3), 1, true)
    if not place or place % 3 ~= 1 then return nil end
    local moment = string.format(
      "%04d-%02d-%02d %02d:%02d:%02d", year, (place + 2) // 3, day, hour, minute, second)
    seconds = time.parse(moment, { zone = "UTC" }) - now
  end
  return math.min(math.max(seconds, 0), longest)
end

--- A header of an answer, whatever the case of its name.
local function header(answer, name)
  for key, value in pairs(answer.headers or {}) do
    if key:lower() == name then return type(value) == "table" and value[1] or value end
  end
end

--- The headers of Standard Webhooks (standardwebhooks.com): id, timestamp, and a signature by each secret over
--- `id.timestamp.body`, so that a secret can be changed without a gap. A secret is `whsec_` and the key in base64, or the
--- key itself.
local function sign(headers, text, identity, settings)
  local stamp = tostring(time.now())
  local signatures = {}
  for _, secret in ipairs { settings.secret or false, settings.previous_secret or false } do
    if secret then
      local signed = identity .. "." .. stamp .. "." .. text
      signatures[#signatures + 1] = "v1," .. hash.hmac(secret, signed, { encoding = "base64", key_encoding = "whsec" })
    end
  end
  headers["webhook-id"], headers["webhook-timestamp"] = identity, stamp
  if #signatures > 0 then headers["webhook-signature"] = table.concat(signatures, " ") end
end

--- What an answer means. Only 2xx is a success; a redirect is not followed, and is none. Of 4xx only those are tried
--- again that say that a second try may succeed.
local function judge(answer, settings, now)
  local status = answer.status
  if status >= 200 and status < 300 then return done() end
  local error = "the server answered " .. status
  if status == 410 then return { "gone", error .. " (gone for good)" } end
  local is_client_error = status >= 400 and status < 500
  local again = false
  for _, code in ipairs(settings.retry_statuses) do again = again or tonumber(code) == status end
  if is_client_error and not again then return dead(error) end
  return retry(error, delivery.retry_after(header(answer, "retry-after"), now, settings.longest_wait))
end

local function request(task, settings, identity)
  local body = task.body
  local method = (body.method or "POST"):upper()
  local text = content(body)
  local headers = {}
  for name, value in pairs(body.headers or {}) do headers[name] = tostring(value) end
  headers["Idempotency-Key"] = identity
  if body.json ~= nil and body.body == nil and not headers["Content-Type"] then
    headers["Content-Type"] = "application/json"
  end
  sign(headers, text or "", identity, settings)
  local known, answer = pcall(http.request, body.url, {
    method = method, headers = headers, body = text, timeout = settings.timeout, expect = "any", max = "64KiB",
  })
  if known then return judge(answer, settings, time.now()) end
  return retry(text_of(answer))
end

--- Tries a task. What raises here, raises for a mistake of this script; the caller counts it as a failure of the task.
function delivery.attempt(task, queue, settings)
  local identity = delivery.identity(task, queue)
  if task.body.url ~= nil then return request(task, settings, identity) end
  return command(task, settings, identity)
end

return delivery
