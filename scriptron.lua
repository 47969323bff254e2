-- Scriptron's configuration: which jobs run, when, with what, and how far they may reach.
--
-- It is read when the host starts, and again when it changes. `scriptron check` says what is wrong with it. Relative
-- paths start at the folder of this file. Durations: "90s" "5m" "2h" "7d"; sizes: "64KiB" "10MiB" "2GiB".
return {
  jobs_dir  = "jobs",      -- a script that is put here is a job: live within a second
  state_dir = "var",       -- what the host keeps: records, logs, its socket

  -- timezone    = "Europe/Paris",   -- of the schedules; else the machine's
  -- concurrency = 8,                -- runs at the same time; else four for each core

  -- The most that any job may touch, whatever it declares. What is not named here is denied.
  ceiling = {
    read  = { "/etc", "/proc", "/sys", "/var/log", "." },
    write = { "var/tmp", "var/log", "var/backups" },
    run   = { "true", "false" },
    connect = { "127.0.0.1:*" },
  },

  -- Settings of jobs, and whatever of their headers is to be different here.
  jobs = {
    -- The machine's health, at start and every minute; one line a run goes to a log of its own.
    health = {
      schedule = { "@start", "* * * * *" },
      settings = { log = "var/log/health.log" },
    },

    -- Temporary files that nobody has touched for an hour, at start and every ten minutes. Only root sees which files
    -- others have open; this directory is the host's own, so that elsewhere age alone may decide (keep_open).
    sweep = {
      schedule = { "@start", "*/10 * * * *" },
      settings = { paths = { "var/tmp" }, older_than = "1h", clock = "mtime", keep_open = "known" },
    },

    -- The logs in var/log, every five minutes: over 64 KiB, or five minutes after they were last rotated. Of these the
    -- host's own user is the only writer, so that those count as closed whose openers nobody can tell (keep_open).
    -- How to add your own stands at the top of jobs/rotate.lua.
    rotate = {
      settings = {
        paths = { "var/log/*.log" }, size = "64KiB", age = "5m", keep = { count = 12 }, keep_open = "known",
      },
    },

    -- Tasks of the queue "default", every minute: webhooks and commands that must not be lost. jobs/retry.lua says how to
    -- point it at your own; true and false are what the two tasks of the first `make run` call.
    retry = {
      settings = { programs = { "true", "false" } },
    },

    -- The jobs, this file and Scriptron's own records, at start and daily; the last seven stay, and each is restored and
    -- compared once. How to add your own data stands at the top of jobs/backup.lua. A target on another machine, please.
    backup = {
      schedule = { "@start", "15 3 * * *" },
      settings = {
        paths = { "jobs", "scriptron.lua" }, store = true, targets = { "var/backups" }, keep = { last = 7 },
        prove = "always",
      },
    },

    -- By hand: scriptron run restore --set from=backup --set into=DIR --grant write=DIR
    restore = { settings = { targets = { "var/backups" } } },

    -- A second job of the same script:
    -- ["sweep-cache"] = { script = "sweep.lua", schedule = "30 4 * * *", settings = { paths = { "/var/cache/app" } } },

    -- A job that is not to run here:
    -- health = { enabled = false },
  },
}
