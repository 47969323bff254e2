/// The reference of `fs`.
let fsReference = #"""
    # fs
    Files. Every path is checked against the job's needs; relative ones start at the folder of `scriptron.lua`.
    Bulk work is done by the host, not in Lua: `walk` filters before the script sees an entry, and follows no link.

    @type Entry What is known of a file, as it was when it was looked at.
    @field path string Where it is.
    @field name string The last part of the path.
    @field type "file"|"directory"|"link"|"fifo"|"socket"|"block"|"character" What it is.
    @field size integer Bytes.
    @field allocated integer Bytes that it takes on the disk.
    @field mode string Permissions as text of octal digits: `"0640"`.
    @field uid integer The owner's number.
    @field gid integer The group's number.
    @field links integer How many names it has.
    @field device integer With `inode`, which file it is.
    @field inode integer With `device`, which file it is.
    @field mtime number When its content was last changed, in seconds since 1970.
    @field atime number When it was last read.
    @field ctime number When anything about it was last changed.
    @field btime? number When it was made, where the file system knows.
    @field target? string Of a link: what it says.
    @type Opener A process that has a file open.
    @field pid integer Its number.
    @field name string Its name.
    @field mode string How it has the file open.
    @field appends boolean Whether it writes at the end only.
    @type Disk A file system.
    @field path string Where it is mounted.
    @field device string What is mounted.
    @field type string Its kind: `"ext4"`.
    @field size? integer Bytes.
    @field used? integer Bytes in use.
    @field free? integer Bytes that a job may still use.
    @field inodes? integer How many files fit.
    @field inodes_used? integer How many there are.
    @field read_only boolean Whether it is mounted so.
    @field error? string Why it did not answer; then there are no figures.
    @field code? string The error's code.
    @type Size A range of sizes.
    @field min? size The least.
    @field max? size The most.
    @type Change One change of `fs.change`: a rename or a creation.
    @field rename? string|Entry A name in the directory, or an entry that must still be that file.
    @field to? string The new name.
    @field create? string The name of a new, empty file.
    @field mode? mode Its permissions.
    @field owner? owner Its owner.
    @type Gone What `fs.remove_tree` removed.
    @field files integer Files and whatever is no directory.
    @field directories integer Directories.
    @field bytes integer What the files held.
    @type Cut What `fs.copy_truncate` did.
    @field bytes integer How much was copied.
    @field window number Seconds between the last look and the cut: what was written in them is lost.

    ## fs.stat
    What is at a path. "Is it there?" is answered by nil.
    @param path path Where to look.
    @option follow boolean=true Whether a link stands for what it leads to.
    @result Entry? The entry, or nil where there is nothing.
    @error EACCES A directory on the way may not be searched.
    @need read the path
    @example
    fs.write("report.txt", "12345")
    local entry = fs.stat("report.txt")
    assert(entry and entry.size == 5 and fs.stat("nothing") == nil)

    ## fs.list
    What is in a directory, sorted by name.
    @param dir path The directory.
    @option pattern Pattern|Pattern[] Names that are wanted: `"*.log"`.
    @option exclude Pattern|Pattern[] Names that are not.
    @option type Kind|Kind[] Kinds that are wanted.
    @option older_than duration Only what is older than this, by `clock`.
    @option clock "mtime"|"atime"|"ctime"|"newest"="newest" Which time counts; `newest` is the latest of all.
    @option size size|Size Only what has at least this size, or lies in a range.
    @result Entry[] The entries.
    @error ENOENT There is no such directory.
    @error ENOTDIR It is no directory.
    @need read the directory
    @example
    fs.write("a.log", "1")
    fs.write("b.txt", "2")
    local logs = fs.list(".", { pattern = "*.log" })
    assert(#logs == 1 and logs[1].name == "a.log")

    ## fs.names
    The names in a directory, without a look at each: for directories of many thousand files.
    @param dir path The directory.
    @option pattern Pattern|Pattern[] Names that are wanted.
    @result string[] The names of regular files, sorted.
    @result Entry[] What is no regular file: of each its `name` and `type`.
    @error ENOENT There is no such directory.
    @error ENOTDIR It is no directory.
    @need read the directory
    @example
    fs.write("a.log", "1")
    fs.mkdir("old")
    local files, others = fs.names(".")
    assert(files[1] == "a.log" and others[1].name == "old")

    ## fs.walk
    Everything below a directory, one entry at a time, in memory that does not grow. No link is followed.
    @param root path Where to begin; it is not among the entries.
    @option pattern Pattern|Pattern[] Names, or paths below the root, that are wanted: `"*.log"`, `"/cache/**"`.
    @option exclude Pattern|Pattern[] What is left out, directories with all that is in them.
    @option type Kind|Kind[] Kinds that are wanted.
    @option older_than duration Only what is older than this, by `clock`.
    @option clock "mtime"|"atime"|"ctime"|"newest"="newest" Which time counts; `newest` is the latest of all.
    @option size size|Size Only what has at least this size, or lies in a range.
    @option depth integer How many levels down; 1 is the directory's own content.
    @option one_fs boolean=true Whether other file systems below are left out.
    @option children_first boolean=false Whether a directory comes after what is in it.
    @option all_directories boolean=false Whether the patterns choose files only.
    @option on_error "warn"|"ignore"|"raise"|"collect"|fun(path:string,problem:table)="warn" What becomes of what cannot be read.
    @result fun():Entry? An iterator for `for`.
    @error ENOENT There is no such directory.
    @error EACCES With `on_error = "raise"`: something could not be read.
    @need read the root
    @example
    fs.mkdir("cache/a", { parents = true })
    fs.write("cache/a/old.tmp", "123")
    local bytes = 0
    for entry in fs.walk("cache", { type = "file", pattern = "*.tmp" }) do
      bytes = bytes + entry.size
    end
    assert(bytes == 3)

    ## fs.glob
    The entries whose paths match a pattern: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of directories.
    @param pattern Pattern Which; the part before the first sign must be granted.
    @result Entry[] The entries, sorted by path.
    @error EPATTERN The pattern cannot be read.
    @need read the pattern's directory
    @example
    fs.write("a.log", "1")
    fs.write("b.log", "2")
    assert(#fs.glob("*.log") == 2)

    ## fs.read
    The whole content of a file.
    @param path path The file.
    @option max size="16MiB" A larger file fails.
    @result string The bytes.
    @error ENOENT There is no such file.
    @error EISDIR It is a directory.
    @error EFBIG It is larger than `max`.
    @need read the file
    @example
    fs.write("notes.txt", "hello")
    assert(fs.read("notes.txt", { max = "1MiB" }) == "hello")

    ## fs.lines
    The lines of a file, without their line feeds, in memory that does not grow.
    @param path path The file.
    @result fun():string? An iterator for `for`.
    @error ENOENT There is no such file.
    @error EFBIG A line is longer than 1 MiB.
    @need read the file
    @example
    fs.write("hosts.txt", "alpha\nbeta\n")
    local hosts = {}
    for line in fs.lines("hosts.txt") do hosts[#hosts + 1] = line end
    assert(#hosts == 2 and hosts[2] == "beta")

    ## fs.open
    Opens a regular file, to read or write it in pieces. `local file <close> = …` closes it where its block ends.
    @param path path The file.
    @param mode? "r"|"w"|"a"|"r+" Reading, writing anew, appending, or both on what is there; `"r"` where left out.
    @result file The open file.
    @error ENOENT There is no such file.
    @error ENOTREG It is no regular file.
    @error EMFILE The script holds 1000 open files already.
    @need read the file, or `write` where the mode writes
    @example
    local file <close> = fs.open("data.bin", "w")
    file:write("one", "two")
    file:close()
    assert(fs.read("data.bin") == "onetwo")

    ## file:read
    The next bytes.
    @param count? integer At most so many, up to 16 MiB; 64 KiB where left out.
    @result string? The bytes, or nil at the end.
    @error EBADF The file is closed, or open for writing only.
    @example
    fs.write("data.bin", "abcdef")
    local file <close> = fs.open("data.bin")
    assert(file:read(4) == "abcd" and file:read(4) == "ef" and file:read(4) == nil)

    ## file:write
    Writes at the place where the file is.
    @param ... string What to write, one after the other.
    @result integer How many bytes.
    @error EBADF The file is closed, or open for reading only.
    @error ENOSPC The disk is full.
    @example
    local file <close> = fs.open("data.bin", "w")
    assert(file:write("ab", "cd") == 4)

    ## file:seek
    Moves to another place of the file, and says where that is.
    @param whence? "set"|"cur"|"end" From where: the start, here, or the end; `"cur"` where left out.
    @param offset? integer How far; 0 where left out.
    @result integer The place, in bytes from the start.
    @error EINVAL It would be before the start.
    @error EBADF The file is closed.
    @example
    fs.write("data.bin", "abcdef")
    local file <close> = fs.open("data.bin")
    assert(file:seek("end") == 6 and file:seek("set", 2) == 2 and file:read(1) == "c")

    ## file:close
    Closes the file; once more does nothing.
    @result nil Nothing.
    @error EIO What was written could not be kept.
    @example
    local file = fs.open("data.bin", "w")
    file:close()

    ## fs.usage
    The file system that holds a path. One that hangs costs the timeout, and nobody else anything.
    @param path path Any path on it.
    @option timeout duration="2s" How long to wait for it.
    @result Disk Its figures.
    @error ETIMEDOUT It does not answer.
    @need read the path
    @example
    local disk = fs.usage(".", { timeout = "5s" })
    log.info("disk", { path = disk.path, free = disk.free })

    ## fs.openers
    Which processes have a file open.
    @param file path|Entry|(path|Entry)[] A file, or a list of them.
    @result Opener[]|Opener[][]|nil The processes, of a list a list each; nil where nobody can tell.
    @error EPROC The machine's processes cannot be looked at.
    @need read the file
    @example
    fs.write("app.log", "x")
    local openers = fs.openers("app.log")
    if openers then log.info("open", { processes = #openers }) end

    ## fs.in_use
    Whether any process has files open: for many at once, cheaper than `fs.openers`.
    @param entries (path|Entry)[] The files.
    @result boolean[]|nil Of each whether it is; nil where nobody can tell.
    @error EPROC The machine's processes cannot be looked at.
    @need read the files
    @example
    fs.write("a.tmp", "x")
    local busy = fs.in_use(fs.list(".", { pattern = "*.tmp" }))
    if busy and not busy[1] then fs.remove("a.tmp") end

    ## fs.write
    Writes a whole file: into a temporary one beside it, which is synced and renamed, so that readers see the old
    file or the new one and never a half. A file that is granted by itself is written in place.
    @param path path The file.
    @param data string The bytes.
    @option mode mode Permissions; those that the file had, or `"0644"` for a new one (less the umask).
    @option owner owner Who owns it; needs the right to give files away.
    @option atomic boolean=true Whether to go by a temporary file.
    @option replace boolean=true Whether a file that is there is replaced.
    @result integer How many bytes.
    @error EEXIST With `replace = false`: it is there.
    @error ENOENT Its directory is not there.
    @error ENOSPC The disk is full.
    @need write the file
    @example
    fs.write("site.conf", "listen 8080;\n", { mode = "0640" })
    assert(fs.stat("site.conf").mode == "0640")

    ## fs.append
    Adds to the end of a file, which is made where it is not there.
    @param path path The file.
    @param data string The bytes.
    @option sync boolean=true Whether it is durable when the call returns.
    @result integer How many bytes.
    @error ENOSPC The disk is full.
    @need write the file
    @example
    fs.append("audit.log", "one\n")
    fs.append("audit.log", "two\n", { sync = false })
    assert(fs.read("audit.log") == "one\ntwo\n")

    ## fs.copy
    Copies a regular file, its holes too; the copy is there whole or not at all.
    @param from path The file.
    @param to path The copy.
    @option preserve boolean=true Whether the copy gets its mode, times, attributes and, where allowed, owner.
    @option replace boolean=false Whether a file that is there is replaced.
    @result integer How many bytes.
    @error ENOENT There is no such file.
    @error EEXIST The copy is there already.
    @error ENOTREG It is no regular file.
    @need read the file
    @need write the copy
    @example
    fs.write("a.txt", "abc")
    assert(fs.copy("a.txt", "b.txt") == 3)

    ## fs.rename
    Gives a file or directory another name. Between two grants on different mounts a file is copied, synced and
    removed.
    @param from path What to rename.
    @param to path Its new path.
    @option replace boolean=false Whether a file that is there is replaced.
    @result nil Nothing.
    @error ENOENT There is nothing to rename.
    @error EEXIST The new name is taken.
    @error EXDEV A directory cannot go to another file system.
    @need write both paths
    @example
    fs.write("new.txt", "x")
    fs.rename("new.txt", "current.txt", { replace = true })

    ## fs.remove
    Removes a file, a link or an empty directory. An entry is removed only while it is the very file that was seen.
    @param file path|Entry Which.
    @result boolean Whether it was removed.
    @result string? Why not: `"gone"`, or `"changed"` for an entry.
    @error ENOTEMPTY It is a directory with something in it.
    @error EGRANT The job may write in it, not take it away.
    @need write the file
    @example
    fs.write("old.tmp", "x")
    local removed = fs.remove(fs.stat("old.tmp"))
    local again, why = fs.remove("old.tmp")
    assert(removed and not again and why == "gone")

    ## fs.remove_tree
    Removes a directory and everything below it. No link is followed, and other file systems stay.
    @param path path The directory.
    @option max_entries integer Fails before anything is removed where there are more.
    @result Gone What was removed.
    @error ENOENT There is no such directory.
    @error ENOTDIR It is no directory.
    @error ETOOMANY There are more than `max_entries`.
    @need write the directory's parent
    @example
    fs.mkdir("build/out", { parents = true })
    fs.write("build/out/a.o", "123")
    local gone = fs.remove_tree("build", { max_entries = 1000 })
    assert(gone.files == 1 and gone.bytes == 3)

    ## fs.mkdir
    Makes a directory. One that is there is left as it is.
    @param path path The directory.
    @option mode mode Its permissions.
    @option parents boolean=false Whether missing directories above are made too.
    @result boolean Whether it was made.
    @error EEXIST It is there and no directory.
    @error ENOENT The directory above is not there.
    @need write the directory
    @example
    assert(fs.mkdir("spool/new", { parents = true, mode = "0750" }))
    assert(not fs.mkdir("spool/new"))

    ## fs.symlink
    Makes a symbolic link.
    @param target string What the link says.
    @param path path The link.
    @result nil Nothing.
    @error EEXIST The name is taken.
    @need write the link
    @example
    fs.write("v2.txt", "x")
    fs.symlink("v2.txt", "current")
    assert(fs.stat("current", { follow = false }).target == "v2.txt")

    ## fs.link
    Gives a file one more name (a hard link).
    @param from path The file.
    @param to path The new name.
    @result nil Nothing.
    @error EEXIST The name is taken.
    @error EXDEV It is on another file system.
    @need write both paths
    @example
    fs.write("a.txt", "x")
    fs.link("a.txt", "b.txt")
    assert(fs.stat("b.txt").links == 2)

    ## fs.chown
    Gives a file to another owner.
    @param path path The file.
    @param owner owner `"user"`, `"user:group"`, `":group"`, a number, or `{ uid = …, gid = … }`.
    @result nil Nothing.
    @error ENOENT There is no such file, user or group.
    @error EPERM The job's user may not give it away.
    @need write the file
    @example
    fs.write("a.txt", "x")
    local entry = fs.stat("a.txt")
    fs.chown("a.txt", { uid = entry.uid, gid = entry.gid })

    ## fs.chmod
    Sets a file's permissions. The mode is text: Lua has no octal numbers.
    @param path path The file.
    @param mode mode `"0640"`.
    @result nil Nothing.
    @error ENOENT There is no such file.
    @error EGRANT Set-id bits need `setid`.
    @need write the file
    @example
    fs.write("key.pem", "x")
    fs.chmod("key.pem", "0600")
    assert(fs.stat("key.pem").mode == "0600")

    ## fs.touch
    Sets a file's times to now, or as told; a missing file is made, empty.
    @param path path The file.
    @option mtime number When its content was changed, in seconds since 1970.
    @option atime number When it was read.
    @result nil Nothing.
    @error ENOENT Its directory is not there.
    @need write the file
    @example
    fs.touch("stamp", { mtime = 1700000000 })
    assert(fs.stat("stamp").mtime == 1700000000)

    ## fs.truncate
    Cuts a file to a size, or makes it larger with a hole.
    @param path path The file.
    @param size? size The size; 0 where left out.
    @result nil Nothing.
    @error ENOENT There is no such file.
    @error EISDIR It is a directory.
    @need write the file
    @example
    fs.write("app.log", "abcdef")
    fs.truncate("app.log", 3)
    assert(fs.read("app.log") == "abc")

    ## fs.temp_dir
    The run's own scratch directory, which is removed when the run ends.
    @result path Its path.
    @error ENOENT This run has none.
    @example
    local dir = fs.temp_dir()
    fs.write(dir .. "/dump.sql", "select 1;")

    ## fs.change
    Many renames and new files in one directory, durable together. A chain is a list of changes that follow from each
    other; what fails ends its chain and no other. Nothing is overwritten.
    @param dir path The directory.
    @param chains Change[][] The chains.
    @result (true|table)[] Of each chain `true`, or `{ code, message, done }` with how many of its changes were done.
    @error ENOTDIR It is no directory.
    @error EARGUMENT A change is neither a rename nor a creation.
    @need write the directory
    @example
    fs.write("app.log", "x")
    local outcomes = fs.change(".", {
      { { rename = "app.log", to = "app.log.1" }, { create = "app.log", mode = "0640" } },
    })
    assert(outcomes[1] == true)

    ## fs.copy_truncate
    Copies a file that is being written to a name that is free, and empties it.
    @param from path|Entry The file.
    @param to path The copy.
    @result Cut How much, and how long a writer's lines could be lost.
    @error EEXIST The name is taken.
    @error ECHANGED It is no longer the file that was seen.
    @need write both paths
    @example
    fs.write("app.log", "abc")
    assert(fs.copy_truncate("app.log", "app.log.1").bytes == 3)
    assert(fs.stat("app.log").size == 0)
    """#
