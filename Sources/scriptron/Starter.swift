import Scriptron

/// The first text of a new job.
enum Starter {
    /// A job that runs as it is and changes nothing, with a word on each part of it.
    ///
    /// - Parameters:
    ///   - name: The job's name.
    ///   - folder: The name of the jobs directory, which the job looks at.
    static func text(_ name: String, folder: String) -> String {
        """
        --- \(folder)/\(name).lua
        -- Edit it, and the edit is live. `scriptron check \(name)` looks for mistakes, `scriptron test \(name)` shows what
        -- it would do, `scriptron run \(name)` does it; `scriptron api` tells what it can call.
        return job {
          about   = "Say in one line what \(name) does",
          -- Without a schedule it runs by hand alone. `scriptron next --schedule "15 4 * * *"` says what one means.
          -- schedule = "15 4 * * *",
          timeout = "10m", -- after this it is killed, with everything that it started

          -- What people may set, in scriptron.lua or by --set, without a change of the script.
          settings = {
            directory  = option.path("\(folder)", { about = "Where to look" }),
            older_than = option.duration("7d", { about = "What was changed more recently does not count" }),
          },

          -- What it must touch; all else is refused, also to programs that it starts. Others are, for example:
          -- write = { "var/tmp" }, run = { "gzip" }, connect = { "db.internal:5432" }
          needs = function(settings)
            return { read = { settings.directory } }
          end,

          -- What it does. An error that is raised fails the run; what is returned is its result.
          run = function(settings, this)
            local files, bytes = 0, 0
            for entry in fs.walk(settings.directory, { type = "file", older_than = settings.older_than }) do
              files, bytes = files + 1, bytes + entry.size
            end
            if files > 100000 then this.warn("there are many files: " .. files) end
            log.info("looked", { directory = settings.directory, files = files, bytes = bytes })
            return { files = files, bytes = bytes }
          end,
        }

        """
    }

    /// A shipped job under another name: its settings as they are, its schedule in a comment, since a file in the jobs
    /// directory is scheduled within a second.
    static func copy(of script: [UInt8], _ shipped: String, as name: String) -> String {
        let text = String(decoding: script, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("  schedule ") ? "  -- schedule" + line.dropFirst(10) : String(line)
        }
        let hasSchedule = lines.contains { $0.hasPrefix("  -- schedule ") }
        return "-- \(name): a copy of the shipped job \(shipped)."
            + (hasSchedule ? " It runs by hand alone until its schedule is no comment any more." : "") + "\n"
            + lines.joined(separator: "\n")
    }
}
