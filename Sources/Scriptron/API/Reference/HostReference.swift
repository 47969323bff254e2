/// The reference of `metrics`.
let metricsReference = #"""
    # metrics
    What a job measures, kept by the minute for two days, then by the hour for 400. A value beyond the limits (100 sets of
    labels a metric, 1,000 series a job) is dropped with a warning.

    @type Sample A stretch of a metric.
    @field time number When it begins.
    @field span number How long it is, in seconds.
    @field count integer How many values.
    @field sum number Their sum.
    @field least number The least.
    @field greatest number The greatest.
    @field last number The last.
    @type Trend Where a metric is going.
    @field seconds number When it meets the bound, from now.
    @field rate number What it gains in a second.
    @field covers number How many seconds of measuring that rests on.

    ## metrics.count
    Adds to a counter.
    @param name string The metric.
    @param by? number How much; 1 where left out.
    @option labels table<string,string|number|boolean> What tells its series apart.
    @result nil Nothing.
    @error EARGUMENT The name is none of a metric, or the number is negative.
    @example
    metrics.count("mails_sent", 3, { labels = { list = "ops" } })

    ## metrics.gauge
    Says what something is now.
    @param name string The metric.
    @param value number What it is.
    @option labels table<string,string|number|boolean> What tells its series apart.
    @result nil Nothing.
    @error EARGUMENT The name is none of a metric, or the value is no finite number.
    @example
    metrics.gauge("disk_used", 71.5, { labels = { path = "/" } })

    ## metrics.observe
    Adds one of many values, such as how long a request took.
    @param name string The metric.
    @param value number The value.
    @option labels table<string,string|number|boolean> What tells its series apart.
    @result nil Nothing.
    @error EARGUMENT The name is none of a metric, or the value is no finite number.
    @example
    metrics.observe("request_seconds", 0.25)

    ## metrics.history
    What the job measured.
    @param name string The metric.
    @option labels table<string,string|number|boolean> Of which series.
    @option kind "gauge"|"count"|"observation"="gauge" What it is.
    @option span duration="1d" How far back.
    @result Sample[] The stretches, the oldest first.
    @error EARGUMENT The name is none of a metric.
    @example
    local samples = metrics.history("disk_used", { labels = { path = "/" }, span = "2h" })
    log.info("measured", { samples = #samples })

    ## metrics.forecast
    When a metric meets a bound, by a line through what it was.
    @param name string The metric.
    @param bound number The bound.
    @option labels table<string,string|number|boolean> Of which series.
    @option kind "gauge"|"count"|"observation"="gauge" What it is.
    @option span duration="7d" How far back the line goes.
    @option at_least duration="6h" It must rest on so much.
    @result Trend? When; nil where it leads elsewhere, or rests on too little.
    @error EARGUMENT The name is none of a metric, or the bound is no finite number.
    @example
    local full = metrics.forecast("disk_used", 100, { labels = { path = "/" } })
    if full and full.seconds < 86400 then this.warn("full within a day") end
    """#

/// The reference of `alert`.
let alertReference = #"""
    # alert
    What is wrong, told to people while it lasts. What is reported is durable when the call returns, also if the run fails
    later. Options that are not named here are kept as fields of the alert.

    ## alert.check
    Says whether something is bad now; the host decides what becomes of it.
    @param key string What: one alert a key.
    @param bad boolean|nil Whether it is; nil where that is not known, which keeps the state.
    @option severity "info"|"warning"|"critical"="warning" How bad.
    @option summary! string One line for people.
    @option for_runs integer=1 It fires when it was bad in so many runs in a row.
    @option clear boolean Whether it may end now, where that is another bound than that of `bad`.
    @option ... any More fields.
    @result "ok"|"pending"|"firing" Its state.
    @error EARGUMENT The summary is missing.
    @error EALERTS The job has too many alerts.
    @example
    local used = 93.5
    alert.check("disk_used /", used > 90, {
      severity = "critical", summary = string.format("%.1f %% used", used), clear = used <= 85, value = used,
    })

    ## alert.fire
    Fires at once, and lasts until it is resolved.
    @param key string What.
    @option severity "info"|"warning"|"critical"="warning" How bad.
    @option summary! string One line for people.
    @option ... any More fields.
    @result "ok"|"pending"|"firing" Its state.
    @error EARGUMENT The summary is missing.
    @error EALERTS The job has too many alerts.
    @example
    alert.fire("license", { summary = "the license ends within a week", days = 6 })

    ## alert.resolve
    Ends an alert.
    @param key string What.
    @result "ok"|"pending"|"firing" Its state.
    @error EARGUMENT The key is no text.
    @example
    alert.resolve("license")
    """#

/// The reference of `state`.
let stateReference = #"""
    # state
    What a job keeps between its runs: durable when the call returns, also if the run fails later.

    ## state.get
    The value of a key.
    @param key string The key, up to 512 bytes.
    @option default any What is returned where there is none.
    @result any The value, the default, or nil.
    @error EARGUMENT The key is empty or too long.
    @example
    local seen = state.get("seen", { default = 0 })
    assert(seen == 0)

    ## state.set
    Keeps a value; nil removes it.
    @param key string The key, up to 512 bytes.
    @param value any Text, a number, a boolean, or a table of these.
    @result nil Nothing.
    @error EARGUMENT The value has no plain form.
    @error E2BIG The value, or all that the job keeps, is too large.
    @example
    state.set("seen", { count = 3 })
    assert(state.get("seen").count == 3)

    ## state.update
    Changes a value such that nothing is lost to another run: the function is called again where one came between.
    @param key string The key.
    @param fn fun(value:any):any Gets the value and returns the new one.
    @result any The new value.
    @error EBUSY Others changed it 100 times meanwhile.
    @example
    local count = state.update("runs", function(n) return (n or 0) + 1 end)
    assert(count == 1)

    ## state.delete
    Removes a key.
    @param key string The key.
    @result boolean Whether it was there.
    @error EARGUMENT The key is empty or too long.
    @example
    state.set("old", 1)
    assert(state.delete("old"))

    ## state.keys
    The keys, sorted.
    @result string[] The keys.
    @error EEVALUATION It is called outside of `run`.
    @example
    state.set("a", 1)
    assert(state.keys()[1] == "a")
    """#

/// The reference of `lock`.
let lockReference = #"""
    # lock
    What one run does at a time, of whatever job.

    ## lock.hold
    Takes a lock. It is released by `release`, at the end of its block with `<close>`, or when the run ends.
    @param name string The lock.
    @option wait duration="0s" How long to wait for another run.
    @result lock? The lock, or nil where another run has it.
    @error EDEADLK This run holds it already.
    @example
    local held <close> = lock.hold("database", { wait = "1m" })
    if not held then this.skip("another run works on the database") end

    ## lock:release
    Gives it back; once more does nothing.
    @result nil Nothing.
    @error EARGUMENT It is no lock.
    @example
    local held = lock.hold("database")
    if held then held:release() end

    ## lock:close
    The same as `release`, for `<close>`.
    @result nil Nothing.
    @error EARGUMENT It is no lock.
    @example
    local held = lock.hold("database")
    if held then held:close() end
    """#

/// The reference of `sys`.
let sysReference = #"""
    # sys
    The machine, and Scriptron itself.

    @type CPU Shares of 1 since the job's last look; nil fields at its first.
    @field busy? number All but idle and waiting.
    @field user? number Programs.
    @field system? number The kernel.
    @field iowait? number Waiting for disks.
    @field steal? number Taken by other machines.
    @field idle? number Nothing to do.
    @type Memory Bytes.
    @field total integer All.
    @field available integer What programs may still get.
    @field free integer What nobody uses.
    @field cached integer What files use.
    @field swap_total integer Swap.
    @field swap_free integer Swap that nobody uses.
    @type Load How many processes wanted to run.
    @field one number Within a minute.
    @field five number Within five.
    @field fifteen number Within fifteen.
    @field cores integer How many can.
    @type JobLook A job, as the host knows it.
    @field name string Its name.
    @field scheduled boolean Whether it is scheduled.
    @field last_success? number When it last succeeded.
    @field result? table What it returned then.
    @field outcome? string How its last run ended.
    @field next? number When it runs next.

    ## sys.cpu
    What the processors did since this job's last look.
    @result CPU? Shares of 1; nil at the first look.
    @error EPROC The kernel's figures cannot be read.
    @example
    local cpu = sys.cpu()
    if cpu then metrics.gauge("busy", cpu.busy) end

    ## sys.memory
    The machine's memory.
    @result Memory Bytes.
    @error EPROC The kernel's figures cannot be read.
    @example
    metrics.gauge("available", sys.memory().available)

    ## sys.load
    The load averages.
    @result Load The averages.
    @error EPROC The kernel's figures cannot be read.
    @example
    local load = sys.load()
    alert.check("load", load.five > 2 * load.cores, { summary = "load " .. load.five, for_runs = 3 })

    ## sys.pressure
    How much time was lost to waiting (PSI): `cpu`, `memory` and `io`, each `some10 some60 some300 full10 full60 full300`.
    @result table|nil Percent; nil where the kernel does not measure it.
    @error EPROC The kernel's figures cannot be read.
    @example
    local pressure = sys.pressure()
    if pressure then metrics.gauge("io_waiting", pressure.io.some60) end

    ## sys.disks
    Every real disk once. One that hangs has an `error` and no figures.
    @option timeout duration="2s" How long to wait for each.
    @result Disk[] The disks.
    @error EPROC The mounts cannot be read.
    @example
    for _, disk in ipairs(sys.disks()) do
      if disk.size then metrics.gauge("disk_used", 100 * disk.used / disk.size, { labels = { path = disk.path } }) end
    end

    ## sys.uptime
    Since when the machine runs.
    @result number Seconds.
    @error EPROC The kernel's figures cannot be read.
    @example
    if sys.uptime() < 600 then this.skip("the machine has just started") end

    ## sys.hostname
    The machine's name.
    @result string The name.
    @error EEVALUATION It is called outside of `run`.
    @example
    log.info("here", { host = sys.hostname() })

    ## sys.store
    Scriptron's own store.
    @result {bytes:integer,free:integer} Its size, and what is free on its disk.
    @error ESTORE The store cannot be looked at.
    @example
    metrics.gauge("store_bytes", sys.store().bytes)

    ## sys.store_copy
    A consistent copy of Scriptron's store, in the run's scratch.
    @result path Its path.
    @error ESTORE It could not be copied.
    @error ENOSPC The disk is full.
    @example
    log.info("copied", { path = sys.store_copy() })

    ## sys.jobs
    All jobs, as the host knows them.
    @result JobLook[] The jobs.
    @error ESTORE The store cannot be read.
    @example
    for _, job in ipairs(sys.jobs()) do
      if job.outcome == "failed" then log.warn("failed", { job = job.name }) end
    end
    """#

/// The reference of `service`.
let serviceReference = #"""
    # service
    Units of systemd: services, sockets, timers, paths and mounts. A name without a kind is a service.

    ## service.active
    Whether a unit is active, or being reloaded.
    @param unit string `"nginx"`.
    @result boolean|nil Whether it is; nil where no systemd runs the machine.
    @error ENOENT Systemd has no such unit.
    @error EGRANT The job's needs do not name it.
    @need service the unit
    @example
    if service.active("nginx") == false then alert.fire("nginx", { summary = "nginx is down" }) end

    ## service.reload
    Reloads a unit; returns when systemd has done it.
    @param unit string `"nginx"`.
    @option timeout duration="60s" How long to wait.
    @result nil Nothing.
    @error ENOSYSTEMD No systemd runs the machine.
    @error ENOENT Systemd has no such unit.
    @error EINACTIVE It is not running.
    @error EUNIT It cannot be reloaded, or failed to.
    @error ETIMEDOUT Systemd may still be at it.
    @need service the unit
    @example
    service.reload("nginx", { timeout = "30s" })

    ## service.restart
    Restarts a unit; returns when systemd has done it.
    @param unit string `"nginx"`.
    @option timeout duration="60s" How long to wait.
    @result nil Nothing.
    @error ENOSYSTEMD No systemd runs the machine.
    @error ENOENT Systemd has no such unit.
    @error EUNIT It failed to.
    @error ETIMEDOUT Systemd may still be at it.
    @need service the unit
    @example
    service.restart("app.service")
    """#

/// The reference of `this`.
let thisReference = #"""
    # this
    The run, as the second argument of `run`. Beside its functions it has the fields of `This`.

    @type This What is known of the run.
    @field job string The job's name.
    @field id integer The run's number.
    @field fire_time number When it was due, in seconds since 1970.
    @field previous_fire_time? number When the one before was.
    @field attempt integer Which attempt, from 1.
    @field trigger string What started it: `"schedule"`, `"manual"`, ….
    @field dry_run boolean Whether it is only tried.
    @field deadline number When the attempt's time is over.
    @field last_success? number When the job last succeeded.
    @field previous? any What the last run that succeeded returned.
    @field facts? any What `discover` found.

    ## this.skip
    Ends the run as skipped. It counts whatever the script does afterwards.
    @param reason? string Why.
    @result nil It does not return.
    @error SKIP Always: that is how it ends the run.
    @example
    if not fs.stat("input.csv") then this.skip("there is no input") end

    ## this.fail
    Ends the run as failed.
    @param message string Why.
    @option retry boolean=true Whether further attempts may follow.
    @result nil It does not return.
    @error FAIL Always: that is how it ends the run.
    @example
    if this.attempt == 99 then this.fail("the server is gone", { retry = false }) end

    ## this.warn
    Goes on, with a warning in the run's record.
    @param message string What.
    @result nil Nothing.
    @error EARGUMENT The message is no text.
    @example
    this.warn("3 files could not be read")
    """#
