/// The reference of `sql`.
let sqlReference = #"""
    # sql
    Databases: SQLite files and PostgreSQL servers. A row is a table by the columns' names, in which NULL is absent;
    values are bound (`?` in SQLite, `$1` in PostgreSQL) and never part of the text. NULL is bound as `sql.null()`, or as a
    nil within `table.pack(...)`. Bytes that are no UTF-8 are bound as a blob (`bytea`), and any bytes as
    `{ blob = bytes }`; blobs come back as strings. PostgreSQL's errors have the code `SQLSTATE_` and five characters where
    SQLite's are named here; `ETIMEDOUT` is a statement that took longer than `timeout`, `ELOGIN` a server that does not let
    the job in, `ECONNECT` another reason not to connect, `EBUSY` a connection that does something else. In a dry run queries do not see
    what the plan writes.

    ## sql.open
    Opens a SQLite file, or connects to a PostgreSQL server. Reading a file takes SQLite's own locks, and harms no writer
    beside it. An address may have a port, and `?sslmode=`: where it is left out, servers of this machine are asked for TLS
    and not verified (`prefer`), others, and whoever `ca` is given for, are verified (`verify-full`); `require` is TLS without verification.
    @param dsn path The file, `"sqlite:PATH"`, or `"postgres://user@host:5432/database"`.
    @option timeout duration For others' locks (`"5s"` where left out), or of a server for each statement with all its rows, and what the script does between them (`"30s"`).
    @option write boolean=false Whether it is written.
    @option create boolean=false Of a file: whether it is made where it is not there.
    @option password string|Secret|(string|Secret)[] Of a server.
    @option ca path Of a server: a file of authorities in place of the machine's.
    @result database The database.
    @error ENOENT There is no such file.
    @error ENOTSUP It is neither a SQLite file nor a PostgreSQL server.
    @error EURL The address cannot be read, or holds a password.
    @error EMFILE The script holds 1000 open databases already.
    @need read the database's directory, or `write`
    @need connect of a server its host:port, or unix:/path
    @example
    local db <close> = sql.open("app.db", { create = true })
    db:exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")

    ## sql.null
    What is bound as NULL: a list of Lua holds no nil.
    @result any The value.
    @error EUNAVAILABLE It is called outside of `run`.
    @example
    local db <close> = sql.open("app.db", { create = true })
    db:exec("CREATE TABLE t (id INTEGER, name TEXT, size INTEGER)")
    db:exec("INSERT INTO t VALUES (?, ?, ?)", { 1, sql.null(), 5 })
    assert(#db:query("SELECT 1 AS n FROM t WHERE name IS NULL") == 1)

    ## database:query
    The rows of a query, all at once.
    @param text string The statement.
    @param values? any[] The values of its `?`.
    @option max integer=10000 More rows fail.
    @result table<string,any>[] The rows.
    @error ETOOMANY There are more than `max` rows.
    @error EARGUMENT The number of values is not that of the `?`.
    @error SQLITE_ERROR SQLite refuses the statement.
    @example
    local db <close> = sql.open("app.db", { create = true })
    db:exec("CREATE TABLE t (name TEXT)")
    db:exec("INSERT INTO t VALUES (?)", { "alpha" })
    assert(db:query("SELECT name FROM t WHERE name = ?", { "alpha" }, { max = 10 })[1].name == "alpha")

    ## database:rows
    The rows of a query one by one, in memory that does not grow. A connection to a server does nothing else until the loop
    ends (`EBUSY`).
    @param text string The statement.
    @param values? any[] The values of its `?`.
    @result fun():table<string,any>? An iterator for `for`.
    @error EARGUMENT The number of values is not that of the `?`.
    @error SQLITE_ERROR SQLite refuses the statement.
    @example
    local db <close> = sql.open("app.db", { create = true })
    local sum = 0
    for row in db:rows("SELECT 1 AS n UNION ALL SELECT 2") do sum = sum + row.n end
    assert(sum == 3)

    ## database:exec
    Changes something. Of several statements (without values) the rows of the last one are counted.
    @param text string The statement.
    @param values? any[] The values of its `?`.
    @result integer How many rows were changed.
    @error EARGUMENT The number of values is not that of the `?`.
    @error SQLITE_ERROR SQLite refuses the statement.
    @example
    local db <close> = sql.open("app.db", { create = true })
    db:exec("CREATE TABLE t (n INTEGER)")
    assert(db:exec("INSERT INTO t VALUES (?), (?)", { 1, 2 }) == 2)

    ## database:transaction
    Calls a function within a transaction, which is undone where the function fails. There is one at a time: in `parallel`
    each item opens a connection of its own.
    @param fn fun(db:database):any The function.
    @result any What the function returns.
    @error EBUSY A transaction is open already.
    @error SQLITE_BUSY Another process holds the lock for too long.
    @example
    local db <close> = sql.open("app.db", { create = true })
    db:exec("CREATE TABLE t (n INTEGER)")
    pcall(db.transaction, db, function()
      db:exec("INSERT INTO t VALUES (1)")
      error("no")
    end)
    assert(#db:query("SELECT n FROM t") == 0)

    ## database:copy_out
    Writes the rows of a query as CSV (RFC 4180), the columns' names first; bytes that are no text as `\x` and hexadecimal
    digits, as PostgreSQL reads them.
    @param text string The statement.
    @param path path The file, which must not be there.
    @result integer How many rows.
    @error EEXIST The file is there already.
    @error SQLITE_ERROR SQLite refuses the statement.
    @error EBUSY The connection does something else.
    @need write the file
    @example
    local db <close> = sql.open("app.db", { create = true })
    assert(db:copy_out("SELECT 1 AS n", "numbers.csv") == 1)
    assert(fs.read("numbers.csv") == "n\r\n1\r\n")

    ## database:close
    Closes the database; once more does nothing.
    @result nil Nothing.
    @error EARGUMENT It is no database.
    @example
    local db = sql.open("app.db", { create = true })
    db:close()

    ## sql.backup
    A consistent copy of a SQLite database while others write it, checked with `integrity_check`.
    @param from path The database.
    @param to path The copy.
    @option timeout duration="30s" How long to wait for others' locks.
    @result {bytes:integer} The copy's size.
    @error ENOENT There is no such database.
    @error EEXIST The copy is there already.
    @need read the database's directory
    @need write the copy
    @example
    local db = sql.open("app.db", { create = true })
    db:exec("CREATE TABLE t (n INTEGER)")
    db:close()
    assert(sql.backup("app.db", "copy.db").bytes > 0)
    """#
