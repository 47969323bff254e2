--- Tries everything that could leave a trace, in a dry run: nothing may. What it says is how each attempt ended.
local attempts = {}

local function try(name, attempt)
  local good, answer = pcall(attempt)
  attempts[#attempts + 1] = name .. ": " .. (good and "went on" or tostring(answer):sub(1, 80))
end

return job {
  settings = {
    root = option.path "disk/data", port = option.number(1), ear = option.path "ear", victim = option.string "victim",
    program = option.path "attack.py",
  },
  needs = function(settings)
    return {
      write = { settings.root }, read = { "/usr", settings.program }, run = { "python3", "sh" },
      connect = { "127.0.0.1:" .. math.tointeger(settings.port), "unix:" .. settings.ear },
      signal = { settings.victim },
    }
  end,
  run = function(settings, this)
    local root, port = settings.root, math.tointeger(settings.port)
    local at = function(name) return root .. "/" .. name end
    -- Files, by the API.
    try("write", function() fs.write(at "new", "x") end)
    try("overwrite", function() fs.write(at "kept", "x") end)
    try("in place", function() fs.write(at "kept", "x", { atomic = false }) end)
    try("append", function() fs.append(at "kept", "x") end)
    try("open", function() local file <close> = fs.open(at "kept", "w"); file:write("x") end)
    try("update", function() local file <close> = fs.open(at "kept", "r+"); file:write("x") end)
    try("truncate", function() fs.truncate(at "kept", 0) end)
    try("touch", function() fs.touch(at "kept") end)
    try("chmod", function() fs.chmod(at "kept", "0777") end)
    try("chown", function() fs.chown(at "kept", 12345, 12345) end)
    try("rename", function() fs.rename(at "kept", at "moved") end)
    try("link", function() fs.link(at "other", at "linked") end)
    try("symlink", function() fs.symlink("other", at "soft") end)
    try("mkdir", function() fs.mkdir(at "a/b/c", { parents = true }) end)
    try("change", function() fs.change(root, { { { rename = "other", to = "elsewhere" }, { create = "other" } } }) end)
    try("remove", function() fs.remove(at "other") end)
    try("remove tree", function() fs.remove_tree(at "folder") end)
    try("compress", function() archive.compress(at "log", at "log.zst") end)
    try("archive", function() archive.create(at "x.tar.zst", { at "log" }) end)
    try("extract", function() archive.extract(at "x.tar.zst", at "out") end)
    try("database", function()
      local database <close> = sql.open(at "new.db", { create = true })
      database:exec("create table t (x)")
    end)
    -- The host.
    try("state", function() state.set("planted", 1) end)
    try("queue", function() queue.open("default"):push({ command = { "true" } }) end)
    try("claim", function() for _, task in ipairs(queue.open("default"):claim()) do queue.open("default"):done { task } end end)
    try("alert", function() alert.fire("planted", { severity = "critical", summary = "planted" }) end)
    try("metrics", function() metrics.gauge("planted", 1) end)
    try("lock", function() lock.hold("planted") end)
    try("signal", function() process.signal({ name = settings.victim }, "KILL") end)
    try("restart", function() service.restart("ssh") end)
    -- The network.
    try("tcp", function() net.tcp("127.0.0.1", port) end)
    try("tls", function() net.tls("127.0.0.1", port) end)
    try("get", function() http.get("http://127.0.0.1:" .. port .. "/") end)
    try("post", function() http.post("http://127.0.0.1:" .. port .. "/", { body = "x" }) end)
    try("unix", function() http.get("http://localhost/", { unix = settings.ear }) end)
    -- Programs: one that is planned, and ones that say that they only read.
    try("program", function() process.run { "sh", "-c", "echo x > " .. at "by-sh" } end)
    return attempts
  end,
}
