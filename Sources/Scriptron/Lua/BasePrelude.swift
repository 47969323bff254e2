/// The part of a script's globals that is written in Lua itself.
enum BasePrelude {
    /// Runs once when a state is opened, before any script, with the real functions and libraries, the table that it
    /// shares with the host, and `host.log` and `host.load_library`. What it returns become globals.
    static let text = #"""
        local base, host = ...
        local error, type, tostring, setmetatable, rawget = base.error, base.type, base.tostring, base.setmetatable, base.rawget
        local pairs, ipairs, next, pack, concat = base.pairs, base.ipairs, base.next, base.table.pack, base.table.concat
        local sort, byte, min = base.table.sort, base.string.byte, base.math.min
        local globals = {}

        function globals.print(...)
          local parts = pack(...)
          for index = 1, parts.n do parts[index] = tostring(parts[index]) end
          host.log(concat(parts, "\t"))
        end

        -- require: files of jobs/lib only, each once.
        local loaded, chain = {}, {}

        function globals.require(name)
          if type(name) ~= "string" then error("require takes the name of a file in jobs/lib", 2) end
          local known = loaded[name]
          if known then return known.value end
          local source = host.sources[name]
          if not source then
            local cure = host.modules[name] and name .. " is a global of the host: take the require out"
              or "require finds the files of jobs/lib alone, by their names in quotes"
            error("require: there is no jobs/lib/" .. name .. ".lua; " .. cure, 2)
          end
          for index, other in ipairs(chain) do
            if other == name then
              error("require: files of jobs/lib need each other: " .. concat(chain, " -> ", index) .. " -> " .. name, 2)
            end
          end
          local chunk, message = host.load_library(source, "@jobs/lib/" .. name .. ".lua")
          if not chunk then error(message, 0) end
          host.required[#host.required + 1] = name
          chain[#chain + 1] = name
          local left <close> = setmetatable({}, { __close = function() chain[#chain] = nil end })
          local value = chunk(name)
          if value == nil then value = true end
          loaded[name] = { value = value }
          return value
        end

        function globals.job(header)
          if type(header) ~= "table" then error("job takes one table: job { run = function(settings, this) ... end }", 2) end
          if host.header then error("a script describes one job: job was called twice", 2) end
          host.header = header
          return header
        end

        -- option.*: a marker that the host reads as the declaration of a setting.
        local fields = { default = true, required = true, about = true }
        local takes_table = { list = true, paths = true, map = true }

        local function has_only_fields(given)
          local key = next(given)
          if key == nil then return false end
          for key in pairs(given) do
            if not fields[key] then return false end
          end
          return true
        end

        local function add(marker, kind, given)
          for key, value in pairs(given) do
            if not fields[key] then
              error("option." .. kind .. ": unknown key " .. tostring(key) .. "; it takes default, required, about", 3)
            end
            marker[key] = value
          end
        end

        local function option(kind)
          return function(given, more)
            local marker = { ["$option"] = kind }
            if kind == "one_of" then
              if type(given) ~= "table" then error('option.one_of takes a list: option.one_of { "a", "b", default = "a" }', 2) end
              local rest = {}
              marker.choices = {}
              for index, choice in ipairs(given) do marker.choices[index] = choice end
              for key, value in pairs(given) do
                if not marker.choices[key] then rest[key] = value end
              end
              add(marker, kind, rest)
            elseif type(given) == "table" and (not takes_table[kind] or has_only_fields(given)) then
              add(marker, kind, given)
            else
              marker.default = given
            end
            if type(more) == "table" then
              add(marker, kind, more)
            elseif more ~= nil then
              error("option." .. kind .. ": the second argument is a table of default, required, about", 2)
            end
            return marker
          end
        end

        globals.option = {}
        for _, kind in ipairs {
          "string", "number", "boolean", "duration", "size", "path", "paths", "list", "map", "one_of", "secret",
        } do
          globals.option[kind] = option(kind)
        end

        -- How many letters differ (Levenshtein's distance); names are short.
        local function distance(left, right)
          local row = {}
          for column = 0, #right do row[column] = column end
          for line = 1, #left do
            local corner = row[0]
            row[0] = line
            for column = 1, #right do
              local same = byte(left, line) == byte(right, column)
              local best = min(row[column] + 1, row[column - 1] + 1, corner + (same and 0 or 1))
              corner, row[column] = row[column], best
            end
          end
          return row[#right]
        end

        -- A table of functions says which name is near to one that it does not have.
        local function guard(members, owner)
          setmetatable(members, {
            __index = function(_, name)
              local known, near, least = {}, nil, 4
              for member in next, members do
                known[#known + 1] = member
                local far = type(name) == "string" and #name < 40 and distance(name, member) or 40
                if far < least or far == least and near and member < near then near, least = member, far end
              end
              sort(known)
              local cure = near and "did you mean " .. owner .. "." .. near .. "?" or "there are " .. concat(known, ", ")
              error("there is no " .. owner .. "." .. tostring(name) .. "; " .. cure, 2)
            end,
          })
        end
        guard(globals.option, "option")

        -- The modules of the host, by their names.
        host.modules = {}
        function host.guard(members, name)
          host.modules[name] = true
          guard(members, name)
        end

        -- Only configurations see it.
        function host.secret(name)
          if type(name) ~= "string" then error('secret takes a name: secret "OPS_URL"', 2) end
          return setmetatable({ ["$secret"] = name }, host.secret_metatable)
        end

        host.secret_metatable = {
          __metatable = false,
          __name = "secret",
          __tostring = function(secret) return "secret:" .. tostring(rawget(secret, "$secret")) end,
        }

        -- What json.array sets too: a list without items, when it is written as JSON.
        host.list_metatable = { __metatable = "json.array" }
        base.list_metatable = host.list_metatable

        host.error_metatable = {
          __metatable = false,
          __name = "error",
          __tostring = function(failure)
            local message, where = rawget(failure, "message"), rawget(failure, "where")
            if type(message) ~= "string" then message = "an error without a message" end
            return type(where) == "string" and where .. ": " .. message or message
          end,
          __concat = function(left, right) return tostring(left) .. tostring(right) end,
        }

        -- For the modules' own Lua: raises as a host function does, at the line of the script that called it.
        local pcall = base.pcall
        function base.raise(code, message)
          local _, where = pcall(error, "", 4)
          where = base.string.match(where, "^(.-): $")
          error(setmetatable({ code = code, message = message, where = where }, host.error_metatable), 0)
        end

        return globals
        """#
}
