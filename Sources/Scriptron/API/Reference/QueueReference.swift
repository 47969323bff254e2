/// The reference of `queue`.
let queueReference = #"""
    # queue
    Tasks that are kept until they are done, whatever becomes of who works on them. Any job may use any queue. What a call
    changed is durable when it returns.

    @type Task A task that this run may work on.
    @field id integer Its number.
    @field body any What was pushed.
    @field key? string Its key.
    @field attempt integer Which try, from 1.
    @field crashes integer How many workers died on it.
    @field pushed number When it was pushed.
    @field age number How many seconds ago, or since it was requeued.
    @field lease number When the lease ends.
    @field token integer Which claim this is.
    @field error? string What the last try said.
    @field retry_in? duration What the script may set before `fail`: when this one is tried again.
    @field dead? boolean What the script may set before `fail`: no further try.
    @field failure? any What the script may set before `fail`: what went wrong.
    @type DeadTask A task that is tried no more.
    @field id integer Its number.
    @field key? string Its key.
    @field body any What was pushed.
    @field attempts integer How often it was tried.
    @field crashes integer How many workers died on it.
    @field error? string What the last try said.
    @type QueueFigures A queue at a glance.
    @field ready integer Tasks that may be claimed now.
    @field delayed integer Tasks that wait for their time.
    @field leased integer Tasks that are worked on.
    @field dead integer Tasks that are tried no more.
    @field oldest? number When the oldest ready task became due.
    @field paused boolean Whether nothing is handed out.
    @field done integer How many were ever done.
    @field failed integer How many tries failed.
    @field crashed integer How many workers died.

    ## queue.open
    A queue; it need not exist.
    @param name string 1 to 64 letters, digits, dots, underscores and hyphens.
    @result queue The queue.
    @error EARGUMENT It is no name of a queue.
    @example
    local q = queue.open("mail")
    q:push({ to = "a@example.org" })

    ## queue:push
    Adds a task. A second push with the key of a task that is there, or was done within a day, adds nothing.
    @param body any What has a form in JSON, up to 256 KiB.
    @option delay duration="0s" When it may be claimed.
    @option key string What makes it the same task.
    @result integer Its number.
    @result boolean Whether it is new.
    @error E2BIG The body is too large.
    @error EARGUMENT The body nests too deep or has no plain form.
    @example
    local q = queue.open("mail")
    local id, is_new = q:push({ to = "a@example.org" }, { key = "order-17", delay = "5m" })
    log.info(is_new and "pushed" or "was there", { id = id })

    ## queue:push_all
    Adds many tasks in one transaction: all of them or, after an error, none. It is how thousands a second become durable.
    @param bodies any[] What `push` takes, at most 1,000 and 4 MiB as JSON.
    @option delay duration="0s" When they may be claimed.
    @option keys string[] A key for each body: those that are known are not added.
    @result integer[] Their numbers, in the order of the bodies.
    @result integer How many are new.
    @error E2BIG There are too many, or a body is too large.
    @error EARGUMENT A body nests too deep or has no plain form; the keys are not as many as the bodies.
    @example
    local orders, bodies, keys = { 17, 18, 19 }, {}, {}
    for index, order in ipairs(orders) do
      bodies[index], keys[index] = { order = order }, "order-" .. order
    end
    local ids, new = queue.open("mail"):push_all(bodies, { keys = keys })
    log.info("pushed", { tasks = #ids, new = new })

    ## queue:claim
    Takes tasks that are due; nobody else gets them before the lease ends.
    @option max integer=100 How many at most.
    @option lease duration="5m" For how long.
    @option crashes integer=3 A task on which more workers died is dead.
    @result Task[] The tasks.
    @error EARGUMENT An option is out of range.
    @example
    local q = queue.open("mail")
    for _, task in ipairs(q:claim({ max = 10, lease = "1m" })) do
      log.info("send", { to = task.body.to })
      q:done(task)
    end

    ## queue:done
    Tasks are done.
    @param tasks Task|Task[] Which.
    @result integer How many.
    @result integer[] The numbers of those whose lease was lost.
    @error EARGUMENT It is no task as `claim` gave it.
    @example
    local q = queue.open("mail")
    local tasks = q:claim({ max = 10 })
    if #tasks > 0 then q:done(tasks) end

    ## queue:fail
    The try failed. What a task says of itself (`retry_in`, `dead`, `failure`) comes first.
    @param tasks Task|Task[] Which.
    @option retry_in duration="0s" When it is tried again.
    @option dead boolean=false Whether no other try follows.
    @option error any What went wrong.
    @result integer How many.
    @result integer[] The numbers of those whose lease was lost.
    @error EARGUMENT It is no task as `claim` gave it.
    @example
    local q = queue.open("mail")
    for _, task in ipairs(q:claim({ max = 1 })) do
      q:fail(task, { retry_in = "10m", error = "the server said no" })
    end

    ## queue:postpone
    There was no try: tasks wait again, and nothing is counted.
    @param tasks Task|Task[] Which.
    @option delay duration="0s" How long.
    @result integer How many.
    @result integer[] The numbers of those whose lease was lost.
    @error EARGUMENT It is no task as `claim` gave it.
    @example
    local q = queue.open("mail")
    for _, task in ipairs(q:claim({ max = 1 })) do q:postpone(task, { delay = "1h" }) end

    ## queue:extend
    The lease ends so much later than now.
    @param tasks Task|Task[] Which.
    @option lease duration="5m" How much.
    @result integer How many.
    @result integer[] The numbers of those whose lease was lost.
    @error EARGUMENT It is no task as `claim` gave it.
    @example
    local q = queue.open("mail")
    for _, task in ipairs(q:claim({ max = 1 })) do q:extend(task, { lease = "30m" }) end

    ## queue:dead
    Tasks that are tried no more.
    @option max integer=100 How many at most.
    @option after integer=0 Only those with a greater number.
    @result DeadTask[] The tasks.
    @error EARGUMENT An option is out of range.
    @example
    local q = queue.open("mail")
    for _, task in ipairs(q:dead({ max = 10 })) do log.warn("dead", { id = task.id }) end

    ## queue:requeue
    Tries dead tasks anew.
    @param tasks? (DeadTask|integer)[] Which; all, at most 1000, where left out.
    @option delay duration="0s" When.
    @result integer How many.
    @error EARGUMENT It is no list of tasks.
    @example
    queue.open("mail"):requeue(nil, { delay = "1m" })

    ## queue:pause
    Hands nothing out.
    @option duration duration For how long; until `resume` where left out.
    @result nil Nothing.
    @error EARGUMENT It is no duration.
    @example
    queue.open("mail"):pause({ duration = "1h" })

    ## queue:resume
    Hands tasks out again.
    @result nil Nothing.
    @error EARGUMENT It is no queue.
    @example
    queue.open("mail"):resume()

    ## queue:stats
    Figures.
    @result QueueFigures The queue at a glance.
    @error EARGUMENT It is no queue.
    @example
    local figures = queue.open("mail"):stats()
    metrics.gauge("mails_waiting", figures.ready)
    """#
