--- What serves, as vitals of `health`: units of systemd, servers that take connections, certificates, pages.
local format = require "format"

--- The most of an answer that is looked at.
local most_read = "4MiB"
--- Seconds between two looks at a certificate that is well.
local certificate_pause = 3600

-- Targets.

--- Host and port of a target: `name:port`, `192.0.2.1:port`, `[2001:db8::1]:port`; nil where it is none.
local function host_and_port(target)
  if type(target) ~= "string" then return nil end
  local host, port = target:match("^%[([%x:.]+)%]:(%d+)$")
  if not host then host, port = target:match("^([^:/%s%[%]@]+):(%d+)$") end
  port = tonumber(port)
  if host and port and port >= 1 and port <= 65535 then return host, port end
end

--- The server of a page's address, `host:port`, and whether it is asked by TLS; nil where it is no address.
local function server_of(url)
  if type(url) ~= "string" then return nil end
  local scheme, server = url:match("^(https?)://([^/?#%s]+)")
  if not scheme then return nil end
  local usual = scheme == "https" and 443 or 80
  if host_and_port(server) then return server, scheme == "https" end
  local with_port = server .. ":" .. usual
  if host_and_port(with_port) then return with_port, scheme == "https" end
end

--- A page as it is given, a URL or `{ url, status, contains, ca }`, in its long form.
local function page_of(given) return type(given) == "table" and given or { url = given } end

local page_keys = { url = true, status = true, contains = true, ca = true }

--- What is wrong with a page; nil where it can be asked.
local function page_problem(given)
  local page = page_of(given)
  for key in pairs(page) do
    if not page_keys[key] then return "unknown key " .. tostring(key) .. "; it takes url, status, contains, ca" end
  end
  if not server_of(page.url) then return 'must be an address such as "https://example.org/health"' end
  if page.contains ~= nil and (type(page.contains) ~= "string" or page.contains == "") then
    return "contains must be a text"
  end
  local status = page.status
  local known = status == nil or math.type(status) == "integer" and status >= 100 and status <= 999
    or type(status) == "string" and status:match("^[1-5]xx$")
  if not known then return 'status must be a number such as 200, or "2xx"' end
end

--- Seconds that one try may take, nil where the run has no time left for it: its end is kept for what is told. A dry run
--- may pretend another time, and tries nothing.
local function time_for(seconds, this)
  local left = not this.dry_run and this.deadline and this.deadline - time.precise()
  return (not left or left >= seconds + 5) and seconds or nil
end

local no_time = "the run has no time left to try"

-- Units of systemd.

local units = { name = "units", label = "unit" }

function units.look(settings)
  if #settings.units == 0 then return nil end
  local answers = {}
  for _, unit in ipairs(settings.units) do
    local known, active = pcall(service.active, unit)
    answers[unit] = { active = known and active }
    if not known then answers[unit] = { problem = format.plain(tostring(active)) } end
  end
  return answers
end

function units.judge(answers, settings)
  local values, checks = {}, {}
  for unit, answer in pairs(answers) do
    local plain, down = format.plain(unit), nil
    if answer.active ~= nil then down = not answer.active end
    values[plain] = { active = answer.active }
    checks[#checks + 1] = {
      key = "unit_down " .. plain, value = down, rule = settings.unit_down,
      why = down and "systemd says that it is not active" or answer.problem or "no systemd runs this machine",
    }
  end
  return { units = values }, checks
end

-- Services: whether something takes a connection.

local services = { name = "services", label = "service" }

--- Tries one; what could not be asked is unknown.
local function try_service(target, settings, this)
  local timeout = time_for(settings.service_timeout, this)
  if not timeout then return { error = no_time } end
  local host, port = host_and_port(target)
  local asked, answer = pcall(net.tcp, host, port, { timeout = timeout })
  return asked and answer or { error = tostring(answer) }
end

function services.look(settings, this)
  local answers = {}
  for name, target in pairs(settings.services) do answers[name] = try_service(target, settings, this) end
  return next(answers) and answers
end

function services.judge(answers, settings)
  local values, checks = {}, {}
  for name, answer in pairs(answers) do
    local plain, reachable = format.plain(name), answer.reachable
    local problem = answer.error and format.plain(answer.error)
    local down
    if reachable ~= nil then down = not reachable end
    values[plain] = {
      reachable = reachable, seconds = answer.seconds and format.round(answer.seconds, 4), error = problem,
    }
    checks[#checks + 1] = {
      key = "service_down " .. plain, value = down, rule = settings.service_down,
      why = string.format("%s: %s", settings.services[name], problem or "no answer"),
    }
  end
  return { services = values }, checks
end

-- Pages: whether a server answers as it should.

local pages = { name = "pages", label = "page" }

--- What is wrong with an answer; nil where it is as it should be.
local function answer_problem(answer, page)
  local wanted, status = page.status or "2xx", answer.status
  local as_wanted = status == wanted or type(wanted) == "string" and status // 100 == tonumber(wanted:sub(1, 1))
  if not as_wanted then
    local to = (answer.headers or {}).location
    return "it answered " .. status .. (to and ", and leads to " .. format.plain(tostring(to), 100) or "")
  end
  if page.contains and not answer.body:find(page.contains, 1, true) then
    return "its answer does not have the text " .. format.plain(page.contains, 60)
  end
end

--- Asks one; no redirect is followed, and no more is read than is needed to judge. What could not be asked is unknown.
local function try_page(page, settings, this)
  local timeout = time_for(settings.page_timeout, this)
  if not timeout then return { error = no_time } end
  local started = time.precise()
  local asked, answer = pcall(http.get, page.url, {
    timeout = timeout, max = most_read, expect = "any", ca = page.ca, headers = { Accept = "*/*" },
    dry = { status = tonumber(page.status) or page.status and tonumber(page.status:sub(1, 1)) * 100 or 200,
      body = page.contains or "" },
  })
  if asked then
    local problem = answer_problem(answer, page)
    return { well = problem == nil, error = problem, seconds = not answer.assumed and answer.seconds or nil }
  end
  local code = type(answer) == "table" and answer.code
  local text = type(answer) == "table" and answer.message or tostring(answer)
  if code == "EGRANT" or code == "EDEADLINE" or code == "EARGUMENT" then return { error = text } end
  return { well = false, error = text, seconds = time.precise() - started }
end

function pages.look(settings, this)
  local answers = {}
  for name, given in pairs(settings.pages) do answers[name] = try_page(page_of(given), settings, this) end
  return next(answers) and answers
end

function pages.judge(answers, settings)
  local values, checks = {}, {}
  for name, answer in pairs(answers) do
    local plain, down = format.plain(name), nil
    local problem = answer.error and format.plain(answer.error, 400)
    if answer.well ~= nil then down = not answer.well end
    values[plain] = { well = answer.well, seconds = answer.seconds and format.round(answer.seconds, 4), error = problem }
    checks[#checks + 1] = { key = "page_down " .. plain, value = down, rule = settings.page_down, why = problem }
    -- How slow it is says something of pages that answer; one that is down is told as such.
    if answer.well and answer.seconds then
      checks[#checks + 1] = {
        key = "page_slow " .. plain, value = answer.seconds, rule = settings.page_slow, show = format.duration,
      }
    else
      checks[#checks + 1] = { key = "page_slow " .. plain, rule = settings.page_slow, why = problem or "not asked" }
    end
  end
  return { pages = values }, checks
end

-- Certificates: those of pages, and those that are named.

local certificates = { name = "certificates", label = "certificate" }

--- What to look at: `{ server, ca }` by name. A certificate of a page goes by the page's name.
local function certificate_targets(settings)
  local targets = {}
  for name, given in pairs(settings.pages) do
    local page = page_of(given)
    local server, is_tls = server_of(page.url)
    if is_tls then targets[name] = { server = server, ca = page.ca } end
  end
  for name, server in pairs(settings.certificates) do targets[name] = { server = server } end
  return targets
end

local function try_certificate(target, settings, this)
  local timeout = time_for(settings.page_timeout, this)
  if not timeout then return { error = no_time } end
  local host, port = host_and_port(target.server)
  local asked, answer = pcall(net.tls, host, port, { timeout = timeout, ca = target.ca })
  return asked and answer or { error = tostring(answer) }
end

function certificates.look(settings, this, memory)
  local targets = certificate_targets(settings)
  if not next(targets) then return nil end
  -- One that was well a while ago is so now: servers need no second handshake each minute.
  local known = memory.known or {}
  local answers, now = {}, time.now()
  for name, target in pairs(targets) do
    local before = known[name]
    local left = before and before.server == target.server and (before.not_after - now) / 86400
    if left and left > settings.certificate_days.clear and now - before.looked < certificate_pause
      and now >= before.looked then
      answers[name] = { reachable = true, verified = true, not_after = before.not_after, days_left = left, old = true }
    else
      answers[name] = try_certificate(target, settings, this)
    end
    answers[name].server = target.server
  end
  return answers
end

local function show_days(value)
  if value < 0 then return "ended " .. format.duration(-86400 * value) .. " ago" end
  return format.number(value) .. " days left"
end

function certificates.judge(answers, settings, memory, now)
  local values, checks, before, known = {}, {}, memory.known or {}, {}
  for name, answer in pairs(answers) do
    local plain = format.plain(name)
    local problem = answer.error and format.plain(answer.error, 400)
    local days, trusted = answer.days_left, nil
    if answer.reachable then trusted = answer.verified == true end
    local untrusted
    if trusted ~= nil then untrusted = not trusted end
    values[plain] = { days = days and format.round(days), verified = trusted, error = problem }
    if not answer.assumed then
      checks[#checks + 1] = {
        key = "certificate_days " .. plain, value = days, rule = settings.certificate_days, show = show_days,
        why = problem or "it could not be looked at",
      }
    end
    checks[#checks + 1] = {
      key = "certificate_bad " .. plain, value = untrusted, rule = settings.certificate_bad,
      why = string.format("%s: %s", answer.server, problem or "not reachable"),
    }
    if trusted and answer.not_after then
      known[name] = {
        server = answer.server, not_after = answer.not_after,
        looked = answer.old and before[name] and before[name].looked or now,
      }
    end
  end
  memory.known = known
  return { certificates = values }, checks
end

return {
  host_and_port = host_and_port, server_of = server_of, page_of = page_of, page_problem = page_problem,
  units = units, services = services, pages = pages, certificates = certificates,
}
