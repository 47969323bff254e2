/// The reference of what a script finds beside the host's modules.
let luaReference = #"""
    # lua
    Lua 5.4 without what leads out of the sandbox. There are `math`, `string`, `table`, `utf8` and `coroutine` as Lua's
    manual describes them, of `os` only `clock date difftime time`, and no `io`, `debug`, `package`, `dofile` or
    `loadfile`; `load` takes text only. A global that a script sets is seen by all its files until the run ends, and
    `scriptron check` warns of it: write `local`.

    @type Header What `job` takes; `scriptron settings JOB` and the configuration may say some of it too.
    @field about? string One line for people.
    @field schedule? string|string[] Cron, a macro such as `"@daily"`, or `"every 90s"`; none: by hand only.
    @field timezone? string A name of tzdata; the host's where left out.
    @field timeout? duration After it an attempt is killed; `"1h"` where left out.
    @field memory? size What Lua may use; `"64MiB"` where left out.
    @field limits? Limits What an attempt may take of the machine.
    @field overlap? "skip"|"queue"|"cancel"|"allow" What becomes of a fire time while the last run goes on.
    @field catch_up? "none"|"once"|"all" What becomes of fire times that were missed.
    @field catch_up_window? duration How old a missed fire time may be.
    @field except? string|string[] When it does not run: `"22:00-06:00"`.
    @field jitter? duration Each start is delayed by up to this.
    @field after? string|string[] The jobs after whose success it runs.
    @field group? string|string[] The groups that it counts in.
    @field priority? "low"|"normal"|"high"|"rescue" Who gets a free slot first.
    @field expect? duration|false How long a run may take before it is late.
    @field retry? integer|table Further attempts: a number, or `{ attempts = 3, delay = "10s", max_delay = "1h" }`.
    @field redo? boolean Whether a run that was cut by the end of its host runs again.
    @field settings? table<string,table> What the job takes, by `option`.
    @field needs? fun(settings:table,facts:any):Needs What it must touch.
    @field discover? fun(settings:table):any Looks, reading only, before `needs`.
    @field alert_after? integer|false After how many failures in a row the host alerts.
    @field user? string Whom it runs as, under a root host.
    @field run fun(settings:table,this:this):any What it does.
    @type Needs What `needs` returns: what the job must touch. All else is refused.
    @field read? path|path[] Paths below which it reads.
    @field write? path|path[] Paths below which it reads and writes.
    @field run? string|(string|table)[] Programs by name, path or pattern; `{ "pg_dump", user = "postgres" }` as another user.
    @field connect? string|string[] Servers as `"host:port"` (also `"*.domain:443"`, `"10.0.0.0/8:5432"`), and sockets as `"unix:/path"`.
    @field dns? boolean Whether programs may ask the name servers.
    @field secrets? string|Secret|(string|Secret)[] Secrets that it uses: `settings.token`, or their names.
    @field signal? string|string[] Names of processes that it signals.
    @field service? string|string[] Units of systemd that it looks at and changes.
    @field setid? boolean Whether it gives set-id bits, owners and devices, as a restore does.
    @field user? string Whom it runs as, under a root host that allows it.
    @type Limits What an attempt may take of the machine.
    @field processes? integer Processes and threads at once; 512 where left out.
    @field files? integer Open files of each process; 1024 where left out.
    @field file_size? size|false The largest file that may be written; none where left out.
    @field program_memory? size|false The memory of the worker and its programs together; none where left out.
    @field output? size What a call captures of each stream of a program; `"16MiB"` where left out.
    @field log_rate? integer Lines of the log a second; 10000 where left out.
    @field scratch? size The sizes of all files in the run's scratch directory; `"1GiB"` where left out.
    @field scratch_files? integer Files and directories in it; 100000 where left out.
    @type OptionRules What is known of a setting.
    @field default? any What it is where nobody sets it.
    @field required? boolean Whether somebody must set it.
    @field about? string One line for people.

    ## job
    Describes the job: a script returns what `job` returns.
    @param header Header The header.
    @result Header The same table.
    @error EUNAVAILABLE A function of the host is called while the header is read.
    @example
    -- return job { about = "Say hello", schedule = "@daily", run = function(settings, this) print("hello") end }
    assert(type(job) == "function")

    ## option.string
    A setting of text.
    @param default? any The default, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.string("a")) == "table")

    ## option.number
    A setting that is a number.
    @param default? any The default, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.number(3)) == "table")

    ## option.boolean
    A setting that is true or false.
    @param default? any The default, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.boolean(true)) == "table")

    ## option.duration
    A setting such as `"30d"`; the script gets seconds.
    @param default? any The default, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.duration("30d")) == "table")

    ## option.size
    A setting such as `"1GiB"`; the script gets bytes.
    @param default? any The default, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.size("1GiB")) == "table")

    ## option.path
    A setting that is a path.
    @param default? any The default, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.path("reports")) == "table")

    ## option.paths
    A setting that is a list of paths.
    @param default? any The list, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.paths({ "/srv/a", "/srv/b" })) == "table")

    ## option.list
    A setting that is a list.
    @param default? any The list, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.list({ "a", "b" })) == "table")

    ## option.map
    A setting that is a table.
    @param default? any The table, or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.map({ a = 1 })) == "table")

    ## option.one_of
    A setting that is one of a few words.
    @param choices table The words, with `default`, `required` and `about` beside them.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.one_of({ "zstd", "gzip", default = "zstd" })) == "table")

    ## option.secret
    A setting whose text the script never sees: it holds a marker, which a few functions take. The text itself lies in a
    file of `secrets/` beside `scriptron.lua`, or in a variable of the host's environment.
    @param default? any The NAME of a secret, such as `"api_token"`, never its text; or `{ default = …, required = …, about = … }`.
    @param rules? OptionRules The rest.
    @result table The declaration.
    @error ELUA A rule is unknown.
    @example
    assert(type(option.secret({ required = true })) == "table")

    ## require
    What a file of `jobs/lib` returns; each is loaded once.
    @param name string The file's name without `.lua`.
    @result any What the file returns.
    @error ELUA There is no such file, or files need each other.
    @example
    local found = pcall(require, "nothing")
    assert(not found)

    ## print
    Logs a line.
    @param ... any What is printed, with tabs between.
    @result nil Nothing.
    @error EUNAVAILABLE The log cannot be reached.
    @example
    print("hello", 3)

    ## os.date
    A date as text or, with `"*t"`, as a table, in the zone of the job's schedule; with `!` in UTC.
    @param format? string As of strftime; `"%c"` where left out.
    @param time? number Seconds since 1970; now where left out.
    @result string|table The date.
    @error EFORMAT The format is unknown.
    @example
    assert(os.date("!%Y", 0) == "1970")

    ## os.time
    The time that a table of date fields says in the zone of the job's schedule; now where left out.
    @param date? table `{ year, month, day, hour, min, sec }`.
    @result integer Seconds since 1970.
    @error EARGUMENT A field is missing, or no whole number.
    @example
    assert(os.time({ year = 1970, month = 1, day = 2, hour = 0 }) == 86400)
    """#
