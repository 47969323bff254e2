/// What `require "spec"` gives to the specs of jobs.
enum SpecLibrary {
    /// It only collects: tables, each with the line that it was written on, which the host compares with plans.
    static let text = #"""
        local spec, would = {}, {}

        -- The line of the spec that is being evaluated, whatever calls lie between.
        local function here()
          for level = 2, 12 do
            local _, text = pcall(error, "", level)
            local line = tostring(text):match("_spec%.lua:(%d+):")
            if line then return math.tointeger(line) end
          end
        end

        local function fields(given, what)
          if type(given) ~= "table" then error(what .. " takes a table", 3) end
          local copy = {}
          for key, value in pairs(given) do copy[key] = value end
          return copy
        end

        --- spec.case "what is so" { tree = …, expect = … }
        function spec.case(name)
          if type(name) ~= "string" then error("spec.case takes what is so, as text", 2) end
          local line = here()
          return function(given)
            local case = fields(given, "a case")
            case.name, case.line = name, line
            return case
          end
        end

        -- Files of a tree.
        local function entry(kind)
          return function(given)
            local made = type(given) == "string" and { target = given } or fields(given or {}, "spec." .. kind)
            made.type = kind
            return made
          end
        end

        function spec.file(given)
          local made = type(given) == "string" and { content = given } or fields(given or {}, "spec.file")
          made.type = "file"
          return made
        end
        spec.directory, spec.link, spec.hard_link, spec.fifo =
          entry "directory", entry "link", entry "hard_link", entry "fifo"

        --- would.remove "var/tmp/old": an effect that is expected, or not. Text is the path, a list the program.
        spec.would = setmetatable(would, { __index = function(_, name)
          local effect = name:gsub("_", " ")
          return function(given)
            local step
            if type(given) == "string" then
              local is_key = effect:find(" state$") or effect:find(" queue$")
              step = { [is_key and (effect:find("state") and "key" or "queue") or "path"] = given }
            elseif type(given) == "table" and given[1] ~= nil then
              step = { argv = given }
            else
              step = fields(given or {}, "would." .. name)
            end
            step.effect, step.line = effect, here()
            return step
          end
        end })

        --- return spec.of("rotate", { spec.case …, spec.case … })
        function spec.of(job, cases)
          if type(job) == "table" then job, cases = nil, job end
          return { job = job, cases = fields(cases, "spec.of") }
        end

        return spec
        """#
}
