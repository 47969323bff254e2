/// The reference of `process`.
let processReference = #"""
    # process
    Programs that the job may run, and the machine's processes. There is no shell: a program gets its arguments as a
    list, and nothing in them is split or expanded. A program holds the same rights as the script, and no more.

    @type Run What became of a program.
    @field code? integer Its exit code.
    @field signal? string The signal that ended it.
    @field stdout? string What it wrote, where `stdout` is `"capture"`.
    @field stderr string The end of what it complained about.
    @field seconds number How long it took.
    @field killed_descendants? boolean Whether it left processes behind, which were killed.
    @type Stage One program of a pipe.
    @field name string Its name.
    @field code? integer Its exit code.
    @field signal? string The signal that ended it.
    @field stderr string The end of what it complained about.
    @type PipeRun What became of a pipe.
    @field stages Stage[] Each program.
    @field stdout? string What the last one wrote.
    @field seconds number How long it took.
    @type ProcessQuery Which processes.
    @field name? string Those of this name.
    @field pidfile? path The one whose number a file holds, which takes the need `read` of the file.
    @type Process A process of the machine.
    @field pid integer Its number.
    @field name string Its name.
    @field user string Whose it is.
    @field started number When it began, in seconds since 1970.
    @field command string Its command line.

    ## process.run
    Runs a program and waits for it. Another exit code than expected raises.

    A function as `stdout` gets each line while the program runs, with `"stdout"` or `"stderr"` and the program's name;
    a line over 64 KiB comes in pieces. What it does not take stays with the program, which waits; its time counts for
    `timeout`; an error of it ends the program. In a dry run it gets the lines of `dry`.
    @param argv (string|integer)[] The program's name as in the needs, then its arguments.
    @option expect integer|integer[]={0} Exit codes that are no failure.
    @option timeout duration After it the program and all that it started is killed; the attempt's where left out.
    @option stdin string|Secret|{file:path} What it reads; nothing where left out.
    @option stdout "capture"|"log"|{file:path}|function="capture" Where its output goes: to the caller, the run's log, a file, or line by line to a function.
    @option env table<string,string|integer> Variables beside the few that every program gets.
    @option cwd path Where it starts.
    @option user string As whom, where the needs say so.
    @option max size More captured output than this fails; `limits.output` where left out.
    @option reads_only boolean=false It changes nothing, so that a dry run runs it, while its plan has changed no file yet; from then on it returns `dry`.
    @option dry any What a dry run returns instead.
    @result Run What became of it.
    @error EEXIT It ended otherwise: the error has `exit` or `signal`, `stderr` and `stdout`.
    @error ETIMEDOUT It took longer than `timeout`.
    @error EFBIG It wrote more than `max`.
    @need run the program
    @example
    local result = process.run({ "sh", "-c", "echo hello" }, { timeout = "10s" })
    assert(result.code == 0 and result.stdout == "hello\n")
    local lines = 0
    process.run({ "sh", "-c", "echo one; echo two >&2" }, {
      stdout = function(line, stream)
        lines = lines + 1
        log.debug(line, { stream = stream })
      end,
      dry = "one\ntwo\n",
    })
    assert(lines == 2)

    ## process.output
    What a program writes, without its last line feed. The options are those of `process.run`, without `stdout`.
    @param argv (string|integer)[] The program's name, then its arguments.
    @option expect integer|integer[]={0} Exit codes that are no failure.
    @option timeout duration After it everything is killed.
    @option stdin string|Secret|{file:path} What it reads.
    @option stdout "capture"="capture" Nothing else is possible here.
    @option env table<string,string|integer> Variables.
    @option cwd path Where it starts.
    @option user string As whom, where the needs say so.
    @option max size More output than this fails.
    @option reads_only boolean=false It changes nothing, so that a dry run runs it, while its plan has changed no file yet; from then on it returns `dry`.
    @option dry any What a dry run returns instead.
    @result string The text.
    @error EEXIT It ended otherwise than expected.
    @error ETIMEDOUT It took longer than `timeout`.
    @need run the program
    @example
    local text = process.output({ "cat" }, { stdin = "one\n", reads_only = true })
    assert(text == "one")

    ## process.pipe
    Programs of which each reads what the one before writes. A failure of any of them fails.
    @param stages (string|integer)[][] The programs with their arguments.
    @option expect integer|integer[]={0} Exit codes that are no failure, of each.
    @option timeout duration After it everything is killed.
    @option stdin string|Secret|{file:path} What the first one reads.
    @option stdout "capture"|"log"|{file:path}|function="capture" Where the last one's output goes.
    @option env table<string,string|integer> Variables, for all.
    @option cwd path Where they start.
    @option user string As whom, where the needs say so.
    @option max size More captured output than this fails.
    @option reads_only boolean=false They change nothing, so that a dry run runs them, while its plan has changed no file yet.
    @option dry any What a dry run returns instead.
    @result PipeRun What became of each.
    @error EEXIT One of them ended otherwise: the error has its name as `program`.
    @error ETIMEDOUT They took longer than `timeout`.
    @need run the programs
    @example
    process.pipe({ { "sh", "-c", "echo data" }, { "gzip", "-9" } }, { stdout = { file = "data.gz" } })
    assert(fs.stat("data.gz").size > 0)

    ## process.find
    The machine's processes of a name.
    @param which string|ProcessQuery A name, or `{ name = … }`, or `{ pidfile = … }`.
    @result Process[] The processes.
    @error EPROC The machine's processes cannot be looked at.
    @example
    for _, found in ipairs(process.find("nginx")) do
      log.info("running", { pid = found.pid })
    end

    ## process.signal
    Signals the machine's processes of a name.
    @param which string|ProcessQuery A name, or `{ name = … }`, or `{ pidfile = … }`.
    @param signal string `"HUP"`, `"TERM"`, `"USR1"`, ….
    @result integer How many got it.
    @error EGRANT The job's needs do not name the process.
    @need signal the process's name
    @example
    local count = process.signal({ name = "nginx" }, "HUP")
    log.info("reopened", { processes = count })
    """#
