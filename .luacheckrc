-- What luacheck (Debian's lua-check) may see in scripts of Scriptron. Made by `make reference`.
stds.scriptron = {
  read_globals = {
    "_VERSION",
    "assert",
    "collectgarbage",
    "error",
    "getmetatable",
    "ipairs",
    "job",
    "load",
    "next",
    "pairs",
    "parallel",
    "pcall",
    "print",
    "rawequal",
    "rawget",
    "rawlen",
    "rawset",
    "require",
    "select",
    "setmetatable",
    "tonumber",
    "tostring",
    "type",
    "xpcall",
    alert = { fields = {
      "check", "fire", "resolve",
    } },
    archive = { fields = {
      "compress", "compress_all", "content", "create", "decompress", "extract", "list", "scan",
      "verify",
    } },
    coroutine = { fields = {
      "close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield",
    } },
    fs = { fields = {
      "append", "change", "chmod", "chown", "copy", "copy_truncate", "glob", "in_use", "lines",
      "link", "list", "mkdir", "names", "open", "openers", "read", "remove", "remove_tree",
      "rename", "stat", "symlink", "temp_dir", "touch", "truncate", "usage", "walk", "write",
    } },
    hash = { fields = {
      "file", "hmac", "text",
    } },
    http = { fields = {
      "download", "get", "post", "put", "request", "upload",
    } },
    json = { fields = {
      "array", "decode", "encode",
    } },
    lock = { fields = {
      "hold",
    } },
    log = { fields = {
      "debug", "error", "info", "progress", "warn",
    } },
    math = { fields = {
      "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log",
      "max", "maxinteger", "min", "mininteger", "modf", "pi", "rad", "random", "randomseed", "sin",
      "sqrt", "tan", "tointeger", "type", "ult",
    } },
    metrics = { fields = {
      "count", "forecast", "gauge", "history", "observe",
    } },
    net = { fields = {
      "dns", "tcp", "tls",
    } },
    option = { fields = {
      "boolean", "duration", "list", "map", "number", "one_of", "path", "paths", "secret", "size",
      "string",
    } },
    os = { fields = {
      "clock", "date", "difftime", "time",
    } },
    process = { fields = {
      "find", "output", "pipe", "run", "signal",
    } },
    queue = { fields = {
      "open",
    } },
    s3 = { fields = {
      "open",
    } },
    service = { fields = {
      "active", "reload", "restart",
    } },
    sql = { fields = {
      "backup", "null", "open",
    } },
    state = { fields = {
      "delete", "get", "keys", "set", "update",
    } },
    string = { fields = {
      "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack",
      "packsize", "rep", "reverse", "sub", "unpack", "upper",
    } },
    sys = { fields = {
      "cpu", "disks", "hostname", "jobs", "load", "memory", "pressure", "store", "store_copy",
      "uptime",
    } },
    table = { fields = {
      "concat", "insert", "move", "pack", "remove", "sort", "unpack",
    } },
    time = { fields = {
      "format", "now", "parse", "precise", "seconds", "sleep", "steady",
    } },
    utf8 = { fields = {
      "char", "charpattern", "codepoint", "codes", "len", "offset",
    } },
  },
}
std = "scriptron"
max_line_length = false
-- `run` gets `settings` and `this`, whether it wants them or not.
unused_args = false
