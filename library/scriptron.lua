---@meta scriptron
-- What scripts of Scriptron can call, for lua-language-server. Made by `make reference`.

---@alias path string
---@alias duration string|number
---@alias size string|integer
---@alias mode string
---@alias owner string|integer|{uid:integer?,gid:integer?}
---@alias Pattern string
---@alias Kind "file"|"directory"|"link"|"fifo"|"socket"|"block"|"character"
---@class Secret

--- What is known of a file, as it was when it was looked at.
---@class Entry
---@field path string Where it is.
---@field name string The last part of the path.
---@field type "file"|"directory"|"link"|"fifo"|"socket"|"block"|"character" What it is.
---@field size integer Bytes.
---@field allocated integer Bytes that it takes on the disk.
---@field mode string Permissions as text of octal digits: `"0640"`.
---@field uid integer The owner's number.
---@field gid integer The group's number.
---@field links integer How many names it has.
---@field device integer With `inode`, which file it is.
---@field inode integer With `device`, which file it is.
---@field mtime number When its content was last changed, in seconds since 1970.
---@field atime number When it was last read.
---@field ctime number When anything about it was last changed.
---@field btime? number When it was made, where the file system knows.
---@field target? string Of a link: what it says.

--- A process that has a file open.
---@class Opener
---@field pid integer Its number.
---@field name string Its name.
---@field mode string How it has the file open.
---@field appends boolean Whether it writes at the end only.

--- A file system.
---@class Disk
---@field path string Where it is mounted.
---@field device string What is mounted.
---@field type string Its kind: `"ext4"`.
---@field size? integer Bytes.
---@field used? integer Bytes in use.
---@field free? integer Bytes that a job may still use.
---@field inodes? integer How many files fit.
---@field inodes_used? integer How many there are.
---@field read_only boolean Whether it is mounted so.
---@field error? string Why it did not answer; then there are no figures.
---@field code? string The error's code.

--- A range of sizes.
---@class Size
---@field min? size The least.
---@field max? size The most.

--- One change of `fs.change`: a rename or a creation.
---@class Change
---@field rename? string|Entry A name in the directory, or an entry that must still be that file.
---@field to? string The new name.
---@field create? string The name of a new, empty file.
---@field mode? mode Its permissions.
---@field owner? owner Its owner.

--- What `fs.remove_tree` removed.
---@class Gone
---@field files integer Files and whatever is no directory.
---@field directories integer Directories.
---@field bytes integer What the files held.

--- What `fs.copy_truncate` did.
---@class Cut
---@field bytes integer How much was copied.
---@field window number Seconds between the last look and the cut: what was written in them is lost.

--- Files. Every path is checked against the job's needs; relative ones start at the folder of `scriptron.lua`. Bulk work is done by the host, not in Lua: `walk` filters before the script sees an entry, and follows no link.
---@class scriptron.fs
fs = {}

---@class fs.stat.options
---@field follow? boolean Whether a link stands for what it leads to. (true where left out)

--- What is at a path. "Is it there?" is answered by nil.
--- Needs `read`: the path.
---@param path path Where to look.
---@param options? fs.stat.options
---@return Entry? # The entry, or nil where there is nothing.
function fs.stat(path, options) end

---@class fs.list.options
---@field pattern? Pattern|Pattern[] Names that are wanted: `"*.log"`.
---@field exclude? Pattern|Pattern[] Names that are not.
---@field type? Kind|Kind[] Kinds that are wanted.
---@field older_than? duration Only what is older than this, by `clock`.
---@field clock? "mtime"|"atime"|"ctime"|"newest" Which time counts; `newest` is the latest of all. ("newest" where left out)
---@field size? size|Size Only what has at least this size, or lies in a range.

--- What is in a directory, sorted by name.
--- Needs `read`: the directory.
---@param dir path The directory.
---@param options? fs.list.options
---@return Entry[] # The entries.
function fs.list(dir, options) end

---@class fs.names.options
---@field pattern? Pattern|Pattern[] Names that are wanted.

--- The names in a directory, without a look at each: for directories of many thousand files.
--- Needs `read`: the directory.
---@param dir path The directory.
---@param options? fs.names.options
---@return string[] # The names of regular files, sorted.
---@return Entry[] # What is no regular file: of each its `name` and `type`.
function fs.names(dir, options) end

---@class fs.walk.options
---@field pattern? Pattern|Pattern[] Names, or paths below the root, that are wanted: `"*.log"`, `"/cache/**"`.
---@field exclude? Pattern|Pattern[] What is left out, directories with all that is in them.
---@field type? Kind|Kind[] Kinds that are wanted.
---@field older_than? duration Only what is older than this, by `clock`.
---@field clock? "mtime"|"atime"|"ctime"|"newest" Which time counts; `newest` is the latest of all. ("newest" where left out)
---@field size? size|Size Only what has at least this size, or lies in a range.
---@field depth? integer How many levels down; 1 is the directory's own content.
---@field one_fs? boolean Whether other file systems below are left out. (true where left out)
---@field children_first? boolean Whether a directory comes after what is in it. (false where left out)
---@field all_directories? boolean Whether the patterns choose files only. (false where left out)
---@field on_error? "warn"|"ignore"|"raise"|"collect"|fun(path:string,problem:table) What becomes of what cannot be read. ("warn" where left out)

--- Everything below a directory, one entry at a time, in memory that does not grow. No link is followed.
--- Needs `read`: the root.
---@param root path Where to begin; it is not among the entries.
---@param options? fs.walk.options
---@return fun():Entry? # An iterator for `for`.
function fs.walk(root, options) end

--- The entries whose paths match a pattern: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of directories.
--- Needs `read`: the pattern's directory.
---@param pattern Pattern Which; the part before the first sign must be granted.
---@return Entry[] # The entries, sorted by path.
function fs.glob(pattern) end

---@class fs.read.options
---@field max? size A larger file fails. ("16MiB" where left out)

--- The whole content of a file.
--- Needs `read`: the file.
---@param path path The file.
---@param options? fs.read.options
---@return string # The bytes.
function fs.read(path, options) end

--- The lines of a file, without their line feeds, in memory that does not grow.
--- Needs `read`: the file.
---@param path path The file.
---@return fun():string? # An iterator for `for`.
function fs.lines(path) end

--- Opens a regular file, to read or write it in pieces. `local file <close> = …` closes it where its block ends.
--- Needs `read`: the file, or `write` where the mode writes.
---@param path path The file.
---@param mode? "r"|"w"|"a"|"r+" Reading, writing anew, appending, or both on what is there; `"r"` where left out.
---@return file # The open file.
function fs.open(path, mode) end

---@class file
local file_handle = {}

--- The next bytes.
---@param count? integer At most so many, up to 16 MiB; 64 KiB where left out.
---@return string? # The bytes, or nil at the end.
function file_handle:read(count) end

--- Writes at the place where the file is.
---@param ... string What to write, one after the other.
---@return integer # How many bytes.
function file_handle:write(...) end

--- Moves to another place of the file, and says where that is.
---@param whence? "set"|"cur"|"end" From where: the start, here, or the end; `"cur"` where left out.
---@param offset? integer How far; 0 where left out.
---@return integer # The place, in bytes from the start.
function file_handle:seek(whence, offset) end

--- Closes the file; once more does nothing.
function file_handle:close() end

---@class fs.usage.options
---@field timeout? duration How long to wait for it. ("2s" where left out)

--- The file system that holds a path. One that hangs costs the timeout, and nobody else anything.
--- Needs `read`: the path.
---@param path path Any path on it.
---@param options? fs.usage.options
---@return Disk # Its figures.
function fs.usage(path, options) end

--- Which processes have a file open.
--- Needs `read`: the file.
---@param file path|Entry|(path|Entry)[] A file, or a list of them.
---@return Opener[]|Opener[][]|nil # The processes, of a list a list each; nil where nobody can tell.
function fs.openers(file) end

--- Whether any process has files open: for many at once, cheaper than `fs.openers`.
--- Needs `read`: the files.
---@param entries (path|Entry)[] The files.
---@return boolean[]|nil # Of each whether it is; nil where nobody can tell.
function fs.in_use(entries) end

---@class fs.write.options
---@field mode? mode Permissions; those that the file had, or `"0644"` for a new one (less the umask).
---@field owner? owner Who owns it; needs the right to give files away.
---@field atomic? boolean Whether to go by a temporary file. (true where left out)
---@field replace? boolean Whether a file that is there is replaced. (true where left out)

--- Writes a whole file: into a temporary one beside it, which is synced and renamed, so that readers see the old file or the new one and never a half. A file that is granted by itself is written in place.
--- Needs `write`: the file.
---@param path path The file.
---@param data string The bytes.
---@param options? fs.write.options
---@return integer # How many bytes.
function fs.write(path, data, options) end

---@class fs.append.options
---@field sync? boolean Whether it is durable when the call returns. (true where left out)

--- Adds to the end of a file, which is made where it is not there.
--- Needs `write`: the file.
---@param path path The file.
---@param data string The bytes.
---@param options? fs.append.options
---@return integer # How many bytes.
function fs.append(path, data, options) end

---@class fs.copy.options
---@field preserve? boolean Whether the copy gets its mode, times, attributes and, where allowed, owner. (true where left out)
---@field replace? boolean Whether a file that is there is replaced. (false where left out)

--- Copies a regular file, its holes too; the copy is there whole or not at all.
--- Needs `read`: the file.
--- Needs `write`: the copy.
---@param from path The file.
---@param to path The copy.
---@param options? fs.copy.options
---@return integer # How many bytes.
function fs.copy(from, to, options) end

---@class fs.rename.options
---@field replace? boolean Whether a file that is there is replaced. (false where left out)

--- Gives a file or directory another name. Between two grants on different mounts a file is copied, synced and removed.
--- Needs `write`: both paths.
---@param from path What to rename.
---@param to path Its new path.
---@param options? fs.rename.options
function fs.rename(from, to, options) end

--- Removes a file, a link or an empty directory. An entry is removed only while it is the very file that was seen.
--- Needs `write`: the file.
---@param file path|Entry Which.
---@return boolean # Whether it was removed.
---@return string? # Why not: `"gone"`, or `"changed"` for an entry.
function fs.remove(file) end

---@class fs.remove_tree.options
---@field max_entries? integer Fails before anything is removed where there are more.

--- Removes a directory and everything below it. No link is followed, and other file systems stay.
--- Needs `write`: the directory's parent.
---@param path path The directory.
---@param options? fs.remove_tree.options
---@return Gone # What was removed.
function fs.remove_tree(path, options) end

---@class fs.mkdir.options
---@field mode? mode Its permissions.
---@field parents? boolean Whether missing directories above are made too. (false where left out)

--- Makes a directory. One that is there is left as it is.
--- Needs `write`: the directory.
---@param path path The directory.
---@param options? fs.mkdir.options
---@return boolean # Whether it was made.
function fs.mkdir(path, options) end

--- Makes a symbolic link.
--- Needs `write`: the link.
---@param target string What the link says.
---@param path path The link.
function fs.symlink(target, path) end

--- Gives a file one more name (a hard link).
--- Needs `write`: both paths.
---@param from path The file.
---@param to path The new name.
function fs.link(from, to) end

--- Gives a file to another owner.
--- Needs `write`: the file.
---@param path path The file.
---@param owner owner `"user"`, `"user:group"`, `":group"`, a number, or `{ uid = …, gid = … }`.
function fs.chown(path, owner) end

--- Sets a file's permissions. The mode is text: Lua has no octal numbers.
--- Needs `write`: the file.
---@param path path The file.
---@param mode mode `"0640"`.
function fs.chmod(path, mode) end

---@class fs.touch.options
---@field mtime? number When its content was changed, in seconds since 1970.
---@field atime? number When it was read.

--- Sets a file's times to now, or as told; a missing file is made, empty.
--- Needs `write`: the file.
---@param path path The file.
---@param options? fs.touch.options
function fs.touch(path, options) end

--- Cuts a file to a size, or makes it larger with a hole.
--- Needs `write`: the file.
---@param path path The file.
---@param size? size The size; 0 where left out.
function fs.truncate(path, size) end

--- The run's own scratch directory, which is removed when the run ends.
---@return path # Its path.
function fs.temp_dir() end

--- Many renames and new files in one directory, durable together. A chain is a list of changes that follow from each other; what fails ends its chain and no other. Nothing is overwritten.
--- Needs `write`: the directory.
---@param dir path The directory.
---@param chains Change[][] The chains.
---@return (true|table)[] # Of each chain `true`, or `{ code, message, done }` with how many of its changes were done.
function fs.change(dir, chains) end

--- Copies a file that is being written to a name that is free, and empties it.
--- Needs `write`: both paths.
---@param from path|Entry The file.
---@param to path The copy.
---@return Cut # How much, and how long a writer's lines could be lost.
function fs.copy_truncate(from, to) end

--- What became of a program.
---@class Run
---@field code? integer Its exit code.
---@field signal? string The signal that ended it.
---@field stdout? string What it wrote, where `stdout` is `"capture"`.
---@field stderr string The end of what it complained about.
---@field seconds number How long it took.
---@field killed_descendants? boolean Whether it left processes behind, which were killed.

--- One program of a pipe.
---@class Stage
---@field name string Its name.
---@field code? integer Its exit code.
---@field signal? string The signal that ended it.
---@field stderr string The end of what it complained about.

--- What became of a pipe.
---@class PipeRun
---@field stages Stage[] Each program.
---@field stdout? string What the last one wrote.
---@field seconds number How long it took.

--- Which processes.
---@class ProcessQuery
---@field name? string Those of this name.
---@field pidfile? path The one whose number a file holds, which takes the need `read` of the file.

--- A process of the machine.
---@class Process
---@field pid integer Its number.
---@field name string Its name.
---@field user string Whose it is.
---@field started number When it began, in seconds since 1970.
---@field command string Its command line.

--- Programs that the job may run, and the machine's processes. There is no shell: a program gets its arguments as a list, and nothing in them is split or expanded. A program holds the same rights as the script, and no more.
---@class scriptron.process
process = {}

---@class process.run.options
---@field expect? integer|integer[] Exit codes that are no failure. ({0} where left out)
---@field timeout? duration After it the program and all that it started is killed; the attempt's where left out.
---@field stdin? string|Secret|{file:path} What it reads; nothing where left out.
---@field stdout? "capture"|"log"|{file:path}|function Where its output goes: to the caller, the run's log, a file, or line by line to a function. ("capture" where left out)
---@field env? table<string,string|integer> Variables beside the few that every program gets.
---@field cwd? path Where it starts.
---@field user? string As whom, where the needs say so.
---@field max? size More captured output than this fails; `limits.output` where left out.
---@field reads_only? boolean It changes nothing, so that a dry run runs it, while its plan has changed no file yet; from then on it returns `dry`. (false where left out)
---@field dry? any What a dry run returns instead.

--- Runs a program and waits for it. Another exit code than expected raises.
--- 
--- A function as `stdout` gets each line while the program runs, with `"stdout"` or `"stderr"` and the program's name; a line over 64 KiB comes in pieces. What it does not take stays with the program, which waits; its time counts for `timeout`; an error of it ends the program. In a dry run it gets the lines of `dry`.
--- Needs `run`: the program.
---@param argv (string|integer)[] The program's name as in the needs, then its arguments.
---@param options? process.run.options
---@return Run # What became of it.
function process.run(argv, options) end

---@class process.output.options
---@field expect? integer|integer[] Exit codes that are no failure. ({0} where left out)
---@field timeout? duration After it everything is killed.
---@field stdin? string|Secret|{file:path} What it reads.
---@field stdout? "capture" Nothing else is possible here. ("capture" where left out)
---@field env? table<string,string|integer> Variables.
---@field cwd? path Where it starts.
---@field user? string As whom, where the needs say so.
---@field max? size More output than this fails.
---@field reads_only? boolean It changes nothing, so that a dry run runs it, while its plan has changed no file yet; from then on it returns `dry`. (false where left out)
---@field dry? any What a dry run returns instead.

--- What a program writes, without its last line feed. The options are those of `process.run`, without `stdout`.
--- Needs `run`: the program.
---@param argv (string|integer)[] The program's name, then its arguments.
---@param options? process.output.options
---@return string # The text.
function process.output(argv, options) end

---@class process.pipe.options
---@field expect? integer|integer[] Exit codes that are no failure, of each. ({0} where left out)
---@field timeout? duration After it everything is killed.
---@field stdin? string|Secret|{file:path} What the first one reads.
---@field stdout? "capture"|"log"|{file:path}|function Where the last one's output goes. ("capture" where left out)
---@field env? table<string,string|integer> Variables, for all.
---@field cwd? path Where they start.
---@field user? string As whom, where the needs say so.
---@field max? size More captured output than this fails.
---@field reads_only? boolean They change nothing, so that a dry run runs them, while its plan has changed no file yet. (false where left out)
---@field dry? any What a dry run returns instead.

--- Programs of which each reads what the one before writes. A failure of any of them fails.
--- Needs `run`: the programs.
---@param stages (string|integer)[][] The programs with their arguments.
---@param options? process.pipe.options
---@return PipeRun # What became of each.
function process.pipe(stages, options) end

--- The machine's processes of a name.
---@param which string|ProcessQuery A name, or `{ name = … }`, or `{ pidfile = … }`.
---@return Process[] # The processes.
function process.find(which) end

--- Signals the machine's processes of a name.
--- Needs `signal`: the process's name.
---@param which string|ProcessQuery A name, or `{ name = … }`, or `{ pidfile = … }`.
---@param signal string `"HUP"`, `"TERM"`, `"USR1"`, ….
---@return integer # How many got it.
function process.signal(which, signal) end

--- A compressed file.
---@class Compressed
---@field bytes integer The content's size.
---@field stored integer The compressed file's size.
---@field sha256? string The content's hash.

--- What to compress.
---@class CompressItem
---@field from path|Entry The file.
---@field to path Its compressed copy.

--- What goes into an archive.
---@class Source
---@field path path A file or a directory.
---@field as? string The name in the archive; the path's last part where left out.

--- A file that is not in the archive as it should be.
---@class Remark
---@field path string Which.
---@field code string Why, as a code.
---@field message string Why.

--- An archive that is sent while it is made, without a file of it.
---@class Archive
---@field archive path|(path|Source)[] What goes into it.
---@field format? string `"zstd"`, or `"gzip"`.
---@field level? integer 1 to 19 of zstd (3), 1 to 9 of gzip (6).
---@field exclude? Pattern|Pattern[] What is left out, by its path below the source.
---@field one_fs? boolean Whether other file systems below are left out; true where left out.

--- An archive.
---@class Totals
---@field files integer Files in it.
---@field directories integer Directories in it.
---@field bytes integer What the files hold.
---@field stored? integer The archive's size.
---@field sha256? string The archive's hash.
---@field fingerprint? string The same until something below the sources changes.
---@field unreadable Remark[] What could not be read, and is missing.
---@field changed Remark[] What was changed while it was read.
---@field unlisted integer How many more remarks there were.

--- A member of an archive.
---@class Member
---@field path string Its name.
---@field type string What it is.
---@field size integer Bytes.
---@field mode string Permissions.
---@field uid integer The owner's number.
---@field gid integer The group's number.
---@field mtime number When it was changed.
---@field target? string What a link leads to.

--- Compressed files, and archives that plain `tar` unpacks. What is made gets its name when it is whole and durable, and nothing is overwritten.
---@class scriptron.archive
archive = {}

---@class archive.compress.options
---@field format? "zstd"|"gzip" How. ("zstd" where left out)
---@field level? integer 1 to 19 of zstd (3), 1 to 9 of gzip (6).

--- Makes a compressed copy of a file, which is read back and compared. The source stays.
--- Needs `read`: the file.
--- Needs `write`: the copy.
---@param from path The file.
---@param to path The compressed copy.
---@param options? archive.compress.options
---@return Compressed # Its sizes and hash.
function archive.compress(from, to, options) end

---@class archive.compress_all.options
---@field format? "zstd"|"gzip" How. ("zstd" where left out)
---@field level? integer 1 to 19 of zstd (3), 1 to 9 of gzip (6).

--- Compresses many files, several at once.
--- Needs `read`: the files.
--- Needs `write`: the copies.
---@param files CompressItem[] The files, and where their copies go.
---@param options? archive.compress_all.options
---@return (Compressed|table)[] # Of each its sizes, or `{ code, message }` where it failed.
function archive.compress_all(files, options) end

--- Reads a compressed file through, and keeps nothing.
--- Needs `read`: the file.
---@param path path The compressed file.
---@return Compressed # Its sizes and hash.
function archive.content(path) end

---@class archive.decompress.options
---@field max? size More content than this fails.

--- Unpacks a compressed file of either format.
--- Needs `read`: the file.
--- Needs `write`: the content.
---@param from path The compressed file.
---@param to path The content.
---@param options? archive.decompress.options
---@return Compressed # Its sizes and hash.
function archive.decompress(from, to, options) end

---@class archive.create.options
---@field format? "zstd"|"gzip" How it is compressed. ("zstd" where left out)
---@field level? integer 1 to 19 of zstd (3), 1 to 9 of gzip (6).
---@field manifest? path A second file that lists every member with its SHA-256.
---@field mode? mode Permissions of the archive. ("0600" where left out)
---@field exclude? Pattern|Pattern[] What is left out, by its path below the source.
---@field one_fs? boolean Whether other file systems below are left out. (true where left out)

--- Puts files and directories into a `.tar.zst` or `.tar.gz`: modes, owners, times, hard links, holes, attributes. What cannot be read is listed and left out; the archive is whole in any case.
--- Needs `read`: the sources.
--- Needs `write`: the archive.
---@param path path The archive.
---@param sources path|(path|Source)[] What goes into it.
---@param options? archive.create.options
---@return Totals # What is in it.
function archive.create(path, sources, options) end

---@class archive.scan.options
---@field exclude? Pattern|Pattern[] What is left out.
---@field one_fs? boolean Whether other file systems below are left out. (true where left out)

--- Counts what an archive of these sources would hold, and makes none.
--- Needs `read`: the sources.
---@param sources path|(path|Source)[] What would go into it.
---@param options? archive.scan.options
---@return Totals # What there is, with a `fingerprint`.
function archive.scan(sources, options) end

---@class archive.list.options
---@field only? Pattern|Pattern[] Which.
---@field max? integer More fail. (10000 where left out)

--- The members of an archive.
--- Needs `read`: the archive.
---@param path path The archive.
---@param options? archive.list.options
---@return Member[] # The members, in their order.
function archive.list(path, options) end

---@class archive.verify.options
---@field manifest? path The list that `archive.create` wrote.

--- Reads an archive through, or with a manifest compares each member; given a directory, what was unpacked there.
--- Needs `read`: the archive and the manifest.
---@param path path The archive, or a directory.
---@param options? archive.verify.options
---@return Totals # What is in it.
function archive.verify(path, options) end

---@class archive.extract.options
---@field only? Pattern|Pattern[] Which members.
---@field owners? boolean Whether owners come back, where allowed. (true where left out)
---@field max? size More content than this fails.

--- Unpacks an archive. Everything is made new, and nothing leads out of the directory.
--- Needs `read`: the archive.
--- Needs `write`: the directory.
---@param path path The archive.
---@param into path The directory.
---@param options? archive.extract.options
---@return Totals # What was unpacked.
function archive.extract(path, into, options) end

--- Digests of files and texts.
---@class scriptron.hash
hash = {}

---@class hash.file.options
---@field algorithm? "sha256"|"sha512"|"sha1"|"md5" Which digest. ("sha256" where left out)
---@field first? size Only so much of its beginning.

--- The digest of a file's content, in hexadecimal.
--- Needs `read`: the file.
---@param path path The file.
---@param options? hash.file.options
---@return string # The digest.
function hash.file(path, options) end

---@class hash.text.options
---@field algorithm? "sha256"|"sha512"|"sha1"|"md5" Which digest. ("sha256" where left out)

--- The digest of a text, in hexadecimal.
---@param text string The bytes.
---@param options? hash.text.options
---@return string # The digest.
function hash.text(text, options) end

---@class hash.hmac.options
---@field algorithm? "sha256"|"sha512"|"sha1"|"md5" Which digest. ("sha256" where left out)
---@field encoding? "hex"|"base64" How the result is written. ("hex" where left out)
---@field key_encoding? "raw"|"base64"|"whsec" How the key is written; `whsec` is that of Standard Webhooks. ("raw" where left out)

--- A keyed digest (HMAC) of a text, as webhooks are signed with.
---@param key string|Secret|(string|Secret)[] The key.
---@param text string The bytes.
---@param options? hash.hmac.options
---@return string # The code.
function hash.hmac(key, text, options) end

--- JSON, read and written by the host.
---@class scriptron.json
json = {}

---@class json.encode.options
---@field pretty? boolean Whether it is laid out on several lines. (false where left out)

--- A value as JSON. An empty table is `{}`; `json.array {}` is `[]`.
---@param value any Text, numbers, booleans, nil, and tables of these.
---@param options? json.encode.options
---@return string # The text.
function json.encode(value, options) end

---@class json.decode.options
---@field null? any What stands for null; a key whose value is null is absent otherwise. ("absent" where left out)

--- The value of a JSON text.
---@param text string The text.
---@param options? json.decode.options
---@return any # The value.
function json.decode(text, options) end

--- Marks a list, so that it stays a list in JSON when it is empty.
---@param list any[] The list.
---@return any[] # The same list.
function json.array(list) end

--- Times are seconds since 1970. Dates are in the zone of the job's schedule where none is given, those of `os.date` too.
---@class scriptron.time
time = {}

--- The time in whole seconds.
---@return integer # Seconds since 1970.
function time.now() end

--- The time with its fraction.
---@return number # Seconds since 1970.
function time.precise() end

--- A clock that only runs forward and that nobody sets: for measuring.
---@return number # Seconds since some moment.
function time.steady() end

---@class time.format.options
---@field zone? string A name of tzdata, such as `"Europe/Paris"`; the job's where left out.

--- A time as text.
---@param time number Seconds since 1970.
---@param format? string As of strftime; `"%Y-%m-%d %H:%M:%S"` where left out.
---@param options? time.format.options
---@return string # The text.
function time.format(time, format, options) end

---@class time.parse.options
---@field zone? string Where its clock hangs, if it does not say so; the job's where left out.

--- The time that a text says: `"2026-03-29 03:30"`, `"2026-03-29T03:30:00Z"`.
---@param text string The text.
---@param options? time.parse.options
---@return number # Seconds since 1970, whole ones as an integer.
function time.parse(text, options) end

--- The seconds of a duration.
---@param duration duration `"90s"`, `"1h30m"`, `"7d"`, or seconds.
---@return number # Seconds, whole ones as an integer.
function time.seconds(duration) end

--- Waits, at most until the attempt's deadline.
---@param duration duration How long.
function time.sleep(duration) end

--- Whether a server took a connection.
---@class Reach
---@field reachable boolean Whether it did.
---@field seconds? number How long it took.
---@field addresses? string[] The addresses of its name.
---@field error? string Why not.
---@field code? string The error's code.
---@field assumed? boolean Whether a dry run made it up.

--- What a TLS server shows of itself.
---@class TLSLook
---@field reachable boolean Whether it answered.
---@field verified boolean Whether its certificate is trusted, in time, and its own.
---@field seconds? number How long the handshake took.
---@field days_left? number How long the certificate is still good.
---@field not_after? number When it ends, in seconds since 1970.
---@field subject? string Whose it is.
---@field issuer? string Who signed it.
---@field chain? Certificate[] The certificates that the server showed, its own first.
---@field chain_days_left? number How long all of these are still good.
---@field error? string Why it is not verified or not reachable.
---@field code? string The error's code.
---@field assumed? boolean Whether a dry run made it up.

--- A certificate of a chain.
---@class Certificate
---@field subject string Whose it is.
---@field issuer string Who signed it.
---@field not_after? number When it ends, in seconds since 1970.
---@field days_left? number How long it is still good.

--- What a name stands for.
---@class NameLook
---@field found boolean Whether it has an address.
---@field addresses string[] Its addresses.
---@field seconds? number How long the look took.
---@field error? string Why it was not found.
---@field code? string The error's code.
---@field assumed? boolean Whether a dry run made it up.

--- Whether servers can be reached. That one cannot is an answer, no error.
---@class scriptron.net
net = {}

---@class net.tcp.options
---@field timeout? duration How long to try, the name's look-up with it. ("5s" where left out)

--- Whether a server takes connections.
--- Needs `connect`: host:port.
---@param host string A name or an address.
---@param port integer From 1 to 65535.
---@param options? net.tcp.options
---@return Reach # Whether it does.
function net.tcp(host, port, options) end

---@class net.tls.options
---@field timeout? duration How long to try. ("10s" where left out)
---@field ca? path A file of authorities in place of the machine's.

--- A TLS server's certificate, and how long it is still good. It is told even where it is not trusted.
--- Needs `connect`: host:port.
---@param host string A name or an address.
---@param port? integer 443 where left out.
---@param options? net.tls.options
---@return TLSLook # What it shows.
function net.tls(host, port, options) end

---@class net.dns.options
---@field timeout? duration How long to try. ("5s" where left out)

--- The addresses of a name.
--- Needs `connect`: name:443 or any port of it.
---@param name string The name.
---@param options? net.dns.options
---@return NameLook # What was found.
function net.dns(name, options) end

--- How a request is made again.
---@class Retry
---@field times integer How often, up to 20.
---@field delay? duration Before the first time, then twice as long each time; `"1s"` where left out.
---@field max_delay? duration The longest; a server that asks for more is not asked again; `"60s"` where left out.

--- How far a request is.
---@class Progress
---@field received integer Bytes of the answer's body.
---@field received_total? integer How many the server has announced.
---@field sent integer Bytes of what is sent.
---@field sent_total? integer How many these are.

--- An answer.
---@class Answer
---@field status integer The status.
---@field headers table<string,string> Headers, by their names in small letters.
---@field body string The content; empty where it went to a file.
---@field bytes integer The content's size.
---@field seconds number How long it took.
---@field assumed? boolean Whether a dry run made it up.
---@field archive? Totals What is in an archive that was sent.

--- Requests to servers. The certificate is verified, nothing is taken from the environment, and no redirect is followed unless `redirects` says how many. In a dry run nothing is sent.
---@class scriptron.http
http = {}

---@class http.request.options
---@field body? string|Secret|(string|Secret)[] What is sent; one of `body`, `json` and `file`.
---@field json? any A value that is sent as JSON.
---@field file? path A file that is sent.
---@field method? string The method; that of the function where left out.
---@field headers? table<string,string|Secret|(string|Secret)[]> Headers by their names.
---@field query? table<string,string|number|boolean|Secret> What is added to the address.
---@field unix? path A Unix socket in place of the address's server.
---@field timeout? duration How long each try may take, all of it (an hour for files and `sink`). ("30s" where left out)
---@field max? size A larger answer fails (without a bound for files and `sink`). ("16MiB" where left out)
---@field expect? "2xx"|"any"|integer|(string|integer)[] Statuses that are no failure. ("2xx" where left out)
---@field redirects? integer How many are followed, each within the needs. (0 where left out)
---@field auth? {user:string|Secret,password:string|Secret} The login.
---@field bearer? string|Secret The token of `Authorization: Bearer`.
---@field ca? path A file of authorities in place of the machine's.
---@field cut? boolean Whether a larger answer ends at `max` instead of failing. (false where left out)
---@field dry? any What a dry run returns instead.
---@field proxy? string A server of `http` that the request goes by; it needs its own `connect`.
---@field retry? integer|Retry How often it is made again after what may pass, as late as `Retry-After` says. (0 where left out)
---@field progress? function Gets a `Progress` twice a second while anything moves, and at the end.
---@field sink? function Gets the answer's body piece by piece while it comes, in place of `body`.

--- Any request; `GET` where `method` is left out.
--- Needs `connect`: host:port, or unix:/path.
---@param url string|Secret|(string|Secret)[] The address.
---@param options? http.request.options
---@return Answer # The answer.
function http.request(url, options) end

---@class http.get.options
---@field body? string|Secret|(string|Secret)[] What is sent; one of `body`, `json` and `file`.
---@field json? any A value that is sent as JSON.
---@field file? path A file that is sent.
---@field method? string The method; that of the function where left out.
---@field headers? table<string,string|Secret|(string|Secret)[]> Headers by their names.
---@field query? table<string,string|number|boolean|Secret> What is added to the address.
---@field unix? path A Unix socket in place of the address's server.
---@field timeout? duration How long each try may take, all of it (an hour for files and `sink`). ("30s" where left out)
---@field max? size A larger answer fails (without a bound for files and `sink`). ("16MiB" where left out)
---@field expect? "2xx"|"any"|integer|(string|integer)[] Statuses that are no failure. ("2xx" where left out)
---@field redirects? integer How many are followed, each within the needs. (0 where left out)
---@field auth? {user:string|Secret,password:string|Secret} The login.
---@field bearer? string|Secret The token of `Authorization: Bearer`.
---@field ca? path A file of authorities in place of the machine's.
---@field cut? boolean Whether a larger answer ends at `max` instead of failing. (false where left out)
---@field dry? any What a dry run returns instead.
---@field proxy? string A server of `http` that the request goes by; it needs its own `connect`.
---@field retry? integer|Retry How often it is made again after what may pass, as late as `Retry-After` says. (0 where left out)
---@field progress? function Gets a `Progress` twice a second while anything moves, and at the end.
---@field sink? function Gets the answer's body piece by piece while it comes, in place of `body`.

--- Fetches.
--- Needs `connect`: host:port, or unix:/path.
---@param url string|Secret|(string|Secret)[] The address.
---@param options? http.get.options
---@return Answer # The answer.
function http.get(url, options) end

---@class http.post.options
---@field body? string|Secret|(string|Secret)[] What is sent; one of `body`, `json` and `file`.
---@field json? any A value that is sent as JSON.
---@field file? path A file that is sent.
---@field method? string The method; that of the function where left out.
---@field headers? table<string,string|Secret|(string|Secret)[]> Headers by their names.
---@field query? table<string,string|number|boolean|Secret> What is added to the address.
---@field unix? path A Unix socket in place of the address's server.
---@field timeout? duration How long each try may take, all of it (an hour for files and `sink`). ("30s" where left out)
---@field max? size A larger answer fails (without a bound for files and `sink`). ("16MiB" where left out)
---@field expect? "2xx"|"any"|integer|(string|integer)[] Statuses that are no failure. ("2xx" where left out)
---@field redirects? integer How many are followed, each within the needs. (0 where left out)
---@field auth? {user:string|Secret,password:string|Secret} The login.
---@field bearer? string|Secret The token of `Authorization: Bearer`.
---@field ca? path A file of authorities in place of the machine's.
---@field cut? boolean Whether a larger answer ends at `max` instead of failing. (false where left out)
---@field dry? any What a dry run returns instead.
---@field proxy? string A server of `http` that the request goes by; it needs its own `connect`.
---@field retry? integer|Retry How often it is made again after what may pass, as late as `Retry-After` says. (0 where left out)
---@field progress? function Gets a `Progress` twice a second while anything moves, and at the end.
---@field sink? function Gets the answer's body piece by piece while it comes, in place of `body`.

--- Sends by `POST`.
--- Needs `connect`: host:port, or unix:/path.
---@param url string|Secret|(string|Secret)[] The address.
---@param options? http.post.options
---@return Answer # The answer.
function http.post(url, options) end

---@class http.put.options
---@field body? string|Secret|(string|Secret)[] What is sent; one of `body`, `json` and `file`.
---@field json? any A value that is sent as JSON.
---@field file? path A file that is sent.
---@field method? string The method; that of the function where left out.
---@field headers? table<string,string|Secret|(string|Secret)[]> Headers by their names.
---@field query? table<string,string|number|boolean|Secret> What is added to the address.
---@field unix? path A Unix socket in place of the address's server.
---@field timeout? duration How long each try may take, all of it (an hour for files and `sink`). ("30s" where left out)
---@field max? size A larger answer fails (without a bound for files and `sink`). ("16MiB" where left out)
---@field expect? "2xx"|"any"|integer|(string|integer)[] Statuses that are no failure. ("2xx" where left out)
---@field redirects? integer How many are followed, each within the needs. (0 where left out)
---@field auth? {user:string|Secret,password:string|Secret} The login.
---@field bearer? string|Secret The token of `Authorization: Bearer`.
---@field ca? path A file of authorities in place of the machine's.
---@field cut? boolean Whether a larger answer ends at `max` instead of failing. (false where left out)
---@field dry? any What a dry run returns instead.
---@field proxy? string A server of `http` that the request goes by; it needs its own `connect`.
---@field retry? integer|Retry How often it is made again after what may pass, as late as `Retry-After` says. (0 where left out)
---@field progress? function Gets a `Progress` twice a second while anything moves, and at the end.
---@field sink? function Gets the answer's body piece by piece while it comes, in place of `body`.

--- Sends by `PUT`.
--- Needs `connect`: host:port, or unix:/path.
---@param url string|Secret|(string|Secret)[] The address.
---@param options? http.put.options
---@return Answer # The answer.
function http.put(url, options) end

---@class http.download.options
---@field method? string The method; that of the function where left out.
---@field headers? table<string,string|Secret|(string|Secret)[]> Headers by their names.
---@field query? table<string,string|number|boolean|Secret> What is added to the address.
---@field unix? path A Unix socket in place of the address's server.
---@field timeout? duration How long each try may take, all of it (an hour for files and `sink`). ("30s" where left out)
---@field max? size A larger answer fails (without a bound for files and `sink`). ("16MiB" where left out)
---@field expect? "2xx"|"any"|integer|(string|integer)[] Statuses that are no failure. ("2xx" where left out)
---@field redirects? integer How many are followed, each within the needs. (0 where left out)
---@field auth? {user:string|Secret,password:string|Secret} The login.
---@field bearer? string|Secret The token of `Authorization: Bearer`.
---@field ca? path A file of authorities in place of the machine's.
---@field cut? boolean Whether a larger answer ends at `max` instead of failing. (false where left out)
---@field dry? any What a dry run returns instead.
---@field proxy? string A server of `http` that the request goes by; it needs its own `connect`.
---@field retry? integer|Retry How often it is made again after what may pass, as late as `Retry-After` says. (0 where left out)
---@field progress? function Gets a `Progress` twice a second while anything moves, and at the end.

--- Fetches into a file, which is there whole or not at all. A file that is there is replaced.
--- Needs `connect`: host:port, or unix:/path.
--- Needs `write`: the file.
---@param url string|Secret|(string|Secret)[] The address.
---@param path path The file.
---@param options? http.download.options
---@return Answer # The answer, without a body.
function http.download(url, path, options) end

---@class http.upload.options
---@field method? string The method; that of the function where left out.
---@field headers? table<string,string|Secret|(string|Secret)[]> Headers by their names.
---@field query? table<string,string|number|boolean|Secret> What is added to the address.
---@field unix? path A Unix socket in place of the address's server.
---@field timeout? duration How long each try may take, all of it (an hour for files and `sink`). ("30s" where left out)
---@field max? size A larger answer fails (without a bound for files and `sink`). ("16MiB" where left out)
---@field expect? "2xx"|"any"|integer|(string|integer)[] Statuses that are no failure. ("2xx" where left out)
---@field redirects? integer How many are followed, each within the needs. (0 where left out)
---@field auth? {user:string|Secret,password:string|Secret} The login.
---@field bearer? string|Secret The token of `Authorization: Bearer`.
---@field ca? path A file of authorities in place of the machine's.
---@field cut? boolean Whether a larger answer ends at `max` instead of failing. (false where left out)
---@field dry? any What a dry run returns instead.
---@field proxy? string A server of `http` that the request goes by; it needs its own `connect`.
---@field retry? integer|Retry How often it is made again after what may pass, as late as `Retry-After` says. (0 where left out)
---@field progress? function Gets a `Progress` twice a second while anything moves, and at the end.
---@field sink? function Gets the answer's body piece by piece while it comes, in place of `body`.

--- Sends a file piece by piece, by `PUT`; or an archive while it is made, in chunks, for nobody knows its size. An archive takes no `sink` and no `progress`; it is sent once, whatever `retry` says, and follows no redirect.
--- Needs `connect`: host:port, or unix:/path.
--- Needs `read`: the file.
---@param url string|Secret|(string|Secret)[] The address.
---@param path path|Archive The file.
---@param options? http.upload.options
---@return Answer # The answer.
function http.upload(url, path, options) end

--- An object of a bucket.
---@class Object
---@field key string Its name.
---@field size? integer Bytes.
---@field modified? number When it was put, by the server's clock, in seconds since 1970.
---@field etag? string The server's tag of it.
---@field sha256? string The hash that `put` left.
---@field assumed? boolean Whether a dry run made it up.
---@field archive? Totals What is in an archive that was put.

--- Where a bucket is, and who asks.
---@class BucketOptions
---@field endpoint string `"https://s3.example.org"`, without a path.
---@field bucket string The bucket's name.
---@field region? string `"us-east-1"` where left out.
---@field key string|Secret The access key.
---@field secret string|Secret The secret key.
---@field ca? path A file of authorities in place of the machine's.
---@field timeout? duration How long a request may go without a byte; `"2m"` where left out.

--- Buckets of S3 and of servers that speak it. What is put is compared with what the server has then; requests that fail by what may pass are made twice more. A transfer takes as long as it moves: only one that stands still for the bucket's `timeout` fails. In a dry run nothing is sent.
---@class scriptron.s3
s3 = {}

---@class s3.open.options
---@field endpoint string `"https://s3.example.org"`, without a path.
---@field bucket string The bucket's name.
---@field region? string The server's region. ("us-east-1" where left out)
---@field key string|Secret The access key.
---@field secret string|Secret The secret key.
---@field ca? path A file of authorities in place of the machine's.
---@field timeout? duration How long a request may go without a byte in either direction; then it fails (`ETIMEDOUT`). ("2m" where left out)

--- A bucket. Nothing is asked of the server yet.
--- Needs `connect`: the endpoint's host:port.
---@param options s3.open.options
---@return bucket # The bucket.
function s3.open(options) end

---@class bucket
local bucket_handle = {}

---@class bucket.put.options
---@field checksum? string The SHA-256 that the file must have; not of an archive.
---@field part_size? size How large a part is, 5 MiB at least; 16 MiB and growing of an archive. ("64MiB" where left out)
---@field replace? boolean Whether an object that is there is replaced. (true where left out)
---@field resume? boolean|string Of a file: true to keep the parts where it breaks off; the `upload` of that error to go on there. (false where left out)

--- Sends a file, and looks at what the server has then. Files larger than `part_size` go in parts. Of one that breaks off nothing stays on the server, unless `resume` is given: then its parts stay, and the error has as `upload` what continues it. Parts that are never continued cost room until `bucket:abort`.
--- Needs `connect`: the endpoint's host:port.
--- Needs `read`: the file.
---@param key string The object's name.
---@param path path|Archive The file; or an archive that is made meanwhile, without a file of it, of which one part is held.
---@param options? bucket.put.options
---@return Object # The object.
function bucket_handle:put(key, path, options) end

--- Fetches an object into a file, which is there whole or not at all. A file that is there is replaced.
--- Needs `connect`: the endpoint's host:port.
--- Needs `write`: the file.
---@param key string The object's name.
---@param path path The file.
---@return Object # The object.
function bucket_handle:get(key, path) end

--- What is known of an object.
--- Needs `connect`: the endpoint's host:port.
---@param key string The object's name.
---@return Object? # The object, or nil where there is none.
function bucket_handle:head(key) end

---@class bucket.verify.options
---@field checksum? string The SHA-256; the one that `put` left where left out.

--- Reads an object through and compares its SHA-256; nothing is kept.
--- Needs `connect`: the endpoint's host:port.
---@param key string The object's name.
---@param options? bucket.verify.options
---@return Object # Its size and hash.
function bucket_handle:verify(key, options) end

---@class bucket.list.options
---@field max? integer More fail. (100000 where left out)

--- The objects whose names begin so.
--- Needs `connect`: the endpoint's host:port.
---@param prefix? string The beginning; all where left out.
---@param options? bucket.list.options
---@return Object[] # The objects, by name.
function bucket_handle:list(prefix, options) end

--- Removes an object. One that is not there is no failure.
--- Needs `connect`: the endpoint's host:port.
---@param key string The object's name.
function bucket_handle:delete(key) end

--- Removes what uploads of a key that were killed left on the server.
--- Needs `connect`: the endpoint's host:port.
---@param key string The object's name.
---@return integer # How many there were.
function bucket_handle:abort(key) end

--- Forgets the bucket; once more does nothing.
function bucket_handle:close() end

--- Databases: SQLite files and PostgreSQL servers. A row is a table by the columns' names, in which NULL is absent; values are bound (`?` in SQLite, `$1` in PostgreSQL) and never part of the text. NULL is bound as `sql.null()`, or as a nil within `table.pack(...)`. Bytes that are no UTF-8 are bound as a blob (`bytea`), and any bytes as `{ blob = bytes }`; blobs come back as strings. PostgreSQL's errors have the code `SQLSTATE_` and five characters where SQLite's are named here; `ETIMEDOUT` is a statement that took longer than `timeout`, `ELOGIN` a server that does not let the job in, `ECONNECT` another reason not to connect, `EBUSY` a connection that does something else. In a dry run queries do not see what the plan writes.
---@class scriptron.sql
sql = {}

---@class sql.open.options
---@field timeout? duration For others' locks (`"5s"` where left out), or of a server for each statement with all its rows, and what the script does between them (`"30s"`).
---@field write? boolean Whether it is written. (false where left out)
---@field create? boolean Of a file: whether it is made where it is not there. (false where left out)
---@field password? string|Secret|(string|Secret)[] Of a server.
---@field ca? path Of a server: a file of authorities in place of the machine's.

--- Opens a SQLite file, or connects to a PostgreSQL server. Reading a file takes SQLite's own locks, and harms no writer beside it. An address may have a port, and `?sslmode=`: where it is left out, servers of this machine are asked for TLS and not verified (`prefer`), others, and whoever `ca` is given for, are verified (`verify-full`); `require` is TLS without verification.
--- Needs `read`: the database's directory, or `write`.
--- Needs `connect`: of a server its host:port, or unix:/path.
---@param dsn path The file, `"sqlite:PATH"`, or `"postgres://user@host:5432/database"`.
---@param options? sql.open.options
---@return database # The database.
function sql.open(dsn, options) end

--- What is bound as NULL: a list of Lua holds no nil.
---@return any # The value.
function sql.null() end

---@class database
local database_handle = {}

---@class database.query.options
---@field max? integer More rows fail. (10000 where left out)

--- The rows of a query, all at once.
---@param text string The statement.
---@param values? any[] The values of its `?`.
---@param options? database.query.options
---@return table<string,any>[] # The rows.
function database_handle:query(text, values, options) end

--- The rows of a query one by one, in memory that does not grow. A connection to a server does nothing else until the loop ends (`EBUSY`).
---@param text string The statement.
---@param values? any[] The values of its `?`.
---@return fun():table<string,any>? # An iterator for `for`.
function database_handle:rows(text, values) end

--- Changes something. Of several statements (without values) the rows of the last one are counted.
---@param text string The statement.
---@param values? any[] The values of its `?`.
---@return integer # How many rows were changed.
function database_handle:exec(text, values) end

--- Calls a function within a transaction, which is undone where the function fails. There is one at a time: in `parallel` each item opens a connection of its own.
---@param fn fun(db:database):any The function.
---@return any # What the function returns.
function database_handle:transaction(fn) end

--- Writes the rows of a query as CSV (RFC 4180), the columns' names first; bytes that are no text as `\x` and hexadecimal digits, as PostgreSQL reads them.
--- Needs `write`: the file.
---@param text string The statement.
---@param path path The file, which must not be there.
---@return integer # How many rows.
function database_handle:copy_out(text, path) end

--- Closes the database; once more does nothing.
function database_handle:close() end

---@class sql.backup.options
---@field timeout? duration How long to wait for others' locks. ("30s" where left out)

--- A consistent copy of a SQLite database while others write it, checked with `integrity_check`.
--- Needs `read`: the database's directory.
--- Needs `write`: the copy.
---@param from path The database.
---@param to path The copy.
---@param options? sql.backup.options
---@return {bytes:integer} # The copy's size.
function sql.backup(from, to, options) end

--- A stretch of a metric.
---@class Sample
---@field time number When it begins.
---@field span number How long it is, in seconds.
---@field count integer How many values.
---@field sum number Their sum.
---@field least number The least.
---@field greatest number The greatest.
---@field last number The last.

--- Where a metric is going.
---@class Trend
---@field seconds number When it meets the bound, from now.
---@field rate number What it gains in a second.
---@field covers number How many seconds of measuring that rests on.

--- What a job measures, kept by the minute for two days, then by the hour for 400. A value beyond the limits (100 sets of labels a metric, 1,000 series a job) is dropped with a warning.
---@class scriptron.metrics
metrics = {}

---@class metrics.count.options
---@field labels? table<string,string|number|boolean> What tells its series apart.

--- Adds to a counter.
---@param name string The metric.
---@param by? number How much; 1 where left out.
---@param options? metrics.count.options
function metrics.count(name, by, options) end

---@class metrics.gauge.options
---@field labels? table<string,string|number|boolean> What tells its series apart.

--- Says what something is now.
---@param name string The metric.
---@param value number What it is.
---@param options? metrics.gauge.options
function metrics.gauge(name, value, options) end

---@class metrics.observe.options
---@field labels? table<string,string|number|boolean> What tells its series apart.

--- Adds one of many values, such as how long a request took.
---@param name string The metric.
---@param value number The value.
---@param options? metrics.observe.options
function metrics.observe(name, value, options) end

---@class metrics.history.options
---@field labels? table<string,string|number|boolean> Of which series.
---@field kind? "gauge"|"count"|"observation" What it is. ("gauge" where left out)
---@field span? duration How far back. ("1d" where left out)

--- What the job measured.
---@param name string The metric.
---@param options? metrics.history.options
---@return Sample[] # The stretches, the oldest first.
function metrics.history(name, options) end

---@class metrics.forecast.options
---@field labels? table<string,string|number|boolean> Of which series.
---@field kind? "gauge"|"count"|"observation" What it is. ("gauge" where left out)
---@field span? duration How far back the line goes. ("7d" where left out)
---@field at_least? duration It must rest on so much. ("6h" where left out)

--- When a metric meets a bound, by a line through what it was.
---@param name string The metric.
---@param bound number The bound.
---@param options? metrics.forecast.options
---@return Trend? # When; nil where it leads elsewhere, or rests on too little.
function metrics.forecast(name, bound, options) end

--- What is wrong, told to people while it lasts. What is reported is durable when the call returns, also if the run fails later. Options that are not named here are kept as fields of the alert.
---@class scriptron.alert
alert = {}

---@class alert.check.options
---@field severity? "info"|"warning"|"critical" How bad. ("warning" where left out)
---@field summary string One line for people.
---@field for_runs? integer It fires when it was bad in so many runs in a row. (1 where left out)
---@field clear? boolean Whether it may end now, where that is another bound than that of `bad`.
---@field [string] any More fields.

--- Says whether something is bad now; the host decides what becomes of it.
---@param key string What: one alert a key.
---@param bad boolean|nil Whether it is; nil where that is not known, which keeps the state.
---@param options alert.check.options
---@return "ok"|"pending"|"firing" # Its state.
function alert.check(key, bad, options) end

---@class alert.fire.options
---@field severity? "info"|"warning"|"critical" How bad. ("warning" where left out)
---@field summary string One line for people.
---@field [string] any More fields.

--- Fires at once, and lasts until it is resolved.
---@param key string What.
---@param options alert.fire.options
---@return "ok"|"pending"|"firing" # Its state.
function alert.fire(key, options) end

--- Ends an alert.
---@param key string What.
---@return "ok"|"pending"|"firing" # Its state.
function alert.resolve(key) end

--- A task that this run may work on.
---@class Task
---@field id integer Its number.
---@field body any What was pushed.
---@field key? string Its key.
---@field attempt integer Which try, from 1.
---@field crashes integer How many workers died on it.
---@field pushed number When it was pushed.
---@field age number How many seconds ago, or since it was requeued.
---@field lease number When the lease ends.
---@field token integer Which claim this is.
---@field error? string What the last try said.
---@field retry_in? duration What the script may set before `fail`: when this one is tried again.
---@field dead? boolean What the script may set before `fail`: no further try.
---@field failure? any What the script may set before `fail`: what went wrong.

--- A task that is tried no more.
---@class DeadTask
---@field id integer Its number.
---@field key? string Its key.
---@field body any What was pushed.
---@field attempts integer How often it was tried.
---@field crashes integer How many workers died on it.
---@field error? string What the last try said.

--- A queue at a glance.
---@class QueueFigures
---@field ready integer Tasks that may be claimed now.
---@field delayed integer Tasks that wait for their time.
---@field leased integer Tasks that are worked on.
---@field dead integer Tasks that are tried no more.
---@field oldest? number When the oldest ready task became due.
---@field paused boolean Whether nothing is handed out.
---@field done integer How many were ever done.
---@field failed integer How many tries failed.
---@field crashed integer How many workers died.

--- Tasks that are kept until they are done, whatever becomes of who works on them. Any job may use any queue. What a call changed is durable when it returns.
---@class scriptron.queue
queue = {}

--- A queue; it need not exist.
---@param name string 1 to 64 letters, digits, dots, underscores and hyphens.
---@return queue # The queue.
function queue.open(name) end

---@class queue
local queue_handle = {}

---@class queue.push.options
---@field delay? duration When it may be claimed. ("0s" where left out)
---@field key? string What makes it the same task.

--- Adds a task. A second push with the key of a task that is there, or was done within a day, adds nothing.
---@param body any What has a form in JSON, up to 256 KiB.
---@param options? queue.push.options
---@return integer # Its number.
---@return boolean # Whether it is new.
function queue_handle:push(body, options) end

---@class queue.push_all.options
---@field delay? duration When they may be claimed. ("0s" where left out)
---@field keys? string[] A key for each body: those that are known are not added.

--- Adds many tasks in one transaction: all of them or, after an error, none. It is how thousands a second become durable.
---@param bodies any[] What `push` takes, at most 1,000 and 4 MiB as JSON.
---@param options? queue.push_all.options
---@return integer[] # Their numbers, in the order of the bodies.
---@return integer # How many are new.
function queue_handle:push_all(bodies, options) end

---@class queue.claim.options
---@field max? integer How many at most. (100 where left out)
---@field lease? duration For how long. ("5m" where left out)
---@field crashes? integer A task on which more workers died is dead. (3 where left out)

--- Takes tasks that are due; nobody else gets them before the lease ends.
---@param options? queue.claim.options
---@return Task[] # The tasks.
function queue_handle:claim(options) end

--- Tasks are done.
---@param tasks Task|Task[] Which.
---@return integer # How many.
---@return integer[] # The numbers of those whose lease was lost.
function queue_handle:done(tasks) end

---@class queue.fail.options
---@field retry_in? duration When it is tried again. ("0s" where left out)
---@field dead? boolean Whether no other try follows. (false where left out)
---@field error? any What went wrong.

--- The try failed. What a task says of itself (`retry_in`, `dead`, `failure`) comes first.
---@param tasks Task|Task[] Which.
---@param options? queue.fail.options
---@return integer # How many.
---@return integer[] # The numbers of those whose lease was lost.
function queue_handle:fail(tasks, options) end

---@class queue.postpone.options
---@field delay? duration How long. ("0s" where left out)

--- There was no try: tasks wait again, and nothing is counted.
---@param tasks Task|Task[] Which.
---@param options? queue.postpone.options
---@return integer # How many.
---@return integer[] # The numbers of those whose lease was lost.
function queue_handle:postpone(tasks, options) end

---@class queue.extend.options
---@field lease? duration How much. ("5m" where left out)

--- The lease ends so much later than now.
---@param tasks Task|Task[] Which.
---@param options? queue.extend.options
---@return integer # How many.
---@return integer[] # The numbers of those whose lease was lost.
function queue_handle:extend(tasks, options) end

---@class queue.dead.options
---@field max? integer How many at most. (100 where left out)
---@field after? integer Only those with a greater number. (0 where left out)

--- Tasks that are tried no more.
---@param options? queue.dead.options
---@return DeadTask[] # The tasks.
function queue_handle:dead(options) end

---@class queue.requeue.options
---@field delay? duration When. ("0s" where left out)

--- Tries dead tasks anew.
---@param tasks? (DeadTask|integer)[] Which; all, at most 1000, where left out.
---@param options? queue.requeue.options
---@return integer # How many.
function queue_handle:requeue(tasks, options) end

---@class queue.pause.options
---@field duration? duration For how long; until `resume` where left out.

--- Hands nothing out.
---@param options? queue.pause.options
function queue_handle:pause(options) end

--- Hands tasks out again.
function queue_handle:resume() end

--- Figures.
---@return QueueFigures # The queue at a glance.
function queue_handle:stats() end

--- What a job keeps between its runs: durable when the call returns, also if the run fails later.
---@class scriptron.state
state = {}

---@class state.get.options
---@field default? any What is returned where there is none.

--- The value of a key.
---@param key string The key, up to 512 bytes.
---@param options? state.get.options
---@return any # The value, the default, or nil.
function state.get(key, options) end

--- Keeps a value; nil removes it.
---@param key string The key, up to 512 bytes.
---@param value any Text, a number, a boolean, or a table of these.
function state.set(key, value) end

--- Changes a value such that nothing is lost to another run: the function is called again where one came between.
---@param key string The key.
---@param fn fun(value:any):any Gets the value and returns the new one.
---@return any # The new value.
function state.update(key, fn) end

--- Removes a key.
---@param key string The key.
---@return boolean # Whether it was there.
function state.delete(key) end

--- The keys, sorted.
---@return string[] # The keys.
function state.keys() end

--- What one run does at a time, of whatever job.
---@class scriptron.lock
lock = {}

---@class lock.hold.options
---@field wait? duration How long to wait for another run. ("0s" where left out)

--- Takes a lock. It is released by `release`, at the end of its block with `<close>`, or when the run ends.
---@param name string The lock.
---@param options? lock.hold.options
---@return lock? # The lock, or nil where another run has it.
function lock.hold(name, options) end

---@class lock
local lock_handle = {}

--- Gives it back; once more does nothing.
function lock_handle:release() end

--- The same as `release`, for `<close>`.
function lock_handle:close() end

--- Lines of the run's log (`scriptron logs`), and how far the run is. `print` logs too.
---@class scriptron.log
log = {}

--- A line for whoever looks for a fault.
---@param message string The line.
---@param fields? table What belongs to it, by name.
function log.debug(message, fields) end

--- A line.
---@param message string The line.
---@param fields? table What belongs to it, by name.
function log.info(message, fields) end

--- A line about what should not be. `this.warn` puts it into the run's record too.
---@param message string The line.
---@param fields? table What belongs to it, by name.
function log.warn(message, fields) end

--- A line about what went wrong. It does not end the run: `error` and `this.fail` do.
---@param message string The line.
---@param fields? table What belongs to it, by name.
function log.error(message, fields) end

--- How far the run is, for `scriptron status`.
---@param done number How much is done.
---@param total? number Of how much.
---@param label? string Of what.
function log.progress(done, total, label) end

--- Shares of 1 since the job's last look; nil fields at its first.
---@class CPU
---@field busy? number All but idle and waiting.
---@field user? number Programs.
---@field system? number The kernel.
---@field iowait? number Waiting for disks.
---@field steal? number Taken by other machines.
---@field idle? number Nothing to do.

--- Bytes.
---@class Memory
---@field total integer All.
---@field available integer What programs may still get.
---@field free integer What nobody uses.
---@field cached integer What files use.
---@field swap_total integer Swap.
---@field swap_free integer Swap that nobody uses.

--- How many processes wanted to run.
---@class Load
---@field one number Within a minute.
---@field five number Within five.
---@field fifteen number Within fifteen.
---@field cores integer How many can.

--- A job, as the host knows it.
---@class JobLook
---@field name string Its name.
---@field scheduled boolean Whether it is scheduled.
---@field last_success? number When it last succeeded.
---@field result? table What it returned then.
---@field outcome? string How its last run ended.
---@field next? number When it runs next.

--- The machine, and Scriptron itself.
---@class scriptron.sys
sys = {}

--- What the processors did since this job's last look.
---@return CPU? # Shares of 1; nil at the first look.
function sys.cpu() end

--- The machine's memory.
---@return Memory # Bytes.
function sys.memory() end

--- The load averages.
---@return Load # The averages.
function sys.load() end

--- How much time was lost to waiting (PSI): `cpu`, `memory` and `io`, each `some10 some60 some300 full10 full60 full300`.
---@return table|nil # Percent; nil where the kernel does not measure it.
function sys.pressure() end

---@class sys.disks.options
---@field timeout? duration How long to wait for each. ("2s" where left out)

--- Every real disk once. One that hangs has an `error` and no figures.
---@param options? sys.disks.options
---@return Disk[] # The disks.
function sys.disks(options) end

--- Since when the machine runs.
---@return number # Seconds.
function sys.uptime() end

--- The machine's name.
---@return string # The name.
function sys.hostname() end

--- Scriptron's own store.
---@return {bytes:integer,free:integer} # Its size, and what is free on its disk.
function sys.store() end

--- A consistent copy of Scriptron's store, in the run's scratch.
---@return path # Its path.
function sys.store_copy() end

--- All jobs, as the host knows them.
---@return JobLook[] # The jobs.
function sys.jobs() end

--- Units of systemd: services, sockets, timers, paths and mounts. A name without a kind is a service.
---@class scriptron.service
service = {}

--- Whether a unit is active, or being reloaded.
--- Needs `service`: the unit.
---@param unit string `"nginx"`.
---@return boolean|nil # Whether it is; nil where no systemd runs the machine.
function service.active(unit) end

---@class service.reload.options
---@field timeout? duration How long to wait. ("60s" where left out)

--- Reloads a unit; returns when systemd has done it.
--- Needs `service`: the unit.
---@param unit string `"nginx"`.
---@param options? service.reload.options
function service.reload(unit, options) end

---@class service.restart.options
---@field timeout? duration How long to wait. ("60s" where left out)

--- Restarts a unit; returns when systemd has done it.
--- Needs `service`: the unit.
---@param unit string `"nginx"`.
---@param options? service.restart.options
function service.restart(unit, options) end

--- What failed with `on_error = "collect"`.
---@class ParallelProblem
---@field index integer Which item.
---@field item any The item.
---@field error any What was raised.

---@class parallel.options
---@field limit? integer How many are under way at most, up to 64. (8 where left out)
---@field on_error? "raise"|"collect" Whether the first error ends all, or all items are done. ("raise" where left out)

--- Calls a function for each item of a list. In a dry run the items are done one after the other.
---@param items any[] The items.
---@param fn fun(item:any,index:integer):any What is done with each.
---@param options? parallel.options
---@return any[] # What the function returned first, in the order of the items; with `on_error = "collect"` the place of an item that failed is empty.
---@return ParallelProblem[]|nil # With `on_error = "collect"`: what failed.
function parallel(items, fn, options) end

--- What is known of the run.
---@class This
---@field job string The job's name.
---@field id integer The run's number.
---@field fire_time number When it was due, in seconds since 1970.
---@field previous_fire_time? number When the one before was.
---@field attempt integer Which attempt, from 1.
---@field trigger string What started it: `"schedule"`, `"manual"`, ….
---@field dry_run boolean Whether it is only tried.
---@field deadline number When the attempt's time is over.
---@field last_success? number When the job last succeeded.
---@field previous? any What the last run that succeeded returned.
---@field facts? any What `discover` found.

--- The run, as the second argument of `run`. Beside its functions it has the fields of `This`.
---@class this: This
local this = {}

--- Ends the run as skipped. It counts whatever the script does afterwards.
---@param reason? string Why.
function this.skip(reason) end

---@class this.fail.options
---@field retry? boolean Whether further attempts may follow. (true where left out)

--- Ends the run as failed.
---@param message string Why.
---@param options? this.fail.options
function this.fail(message, options) end

--- Goes on, with a warning in the run's record.
---@param message string What.
function this.warn(message) end

--- What `job` takes; `scriptron settings JOB` and the configuration may say some of it too.
---@class Header
---@field about? string One line for people.
---@field schedule? string|string[] Cron, a macro such as `"@daily"`, or `"every 90s"`; none: by hand only.
---@field timezone? string A name of tzdata; the host's where left out.
---@field timeout? duration After it an attempt is killed; `"1h"` where left out.
---@field memory? size What Lua may use; `"64MiB"` where left out.
---@field limits? Limits What an attempt may take of the machine.
---@field overlap? "skip"|"queue"|"cancel"|"allow" What becomes of a fire time while the last run goes on.
---@field catch_up? "none"|"once"|"all" What becomes of fire times that were missed.
---@field catch_up_window? duration How old a missed fire time may be.
---@field except? string|string[] When it does not run: `"22:00-06:00"`.
---@field jitter? duration Each start is delayed by up to this.
---@field after? string|string[] The jobs after whose success it runs.
---@field group? string|string[] The groups that it counts in.
---@field priority? "low"|"normal"|"high"|"rescue" Who gets a free slot first.
---@field expect? duration|false How long a run may take before it is late.
---@field retry? integer|table Further attempts: a number, or `{ attempts = 3, delay = "10s", max_delay = "1h" }`.
---@field redo? boolean Whether a run that was cut by the end of its host runs again.
---@field settings? table<string,table> What the job takes, by `option`.
---@field needs? fun(settings:table,facts:any):Needs What it must touch.
---@field discover? fun(settings:table):any Looks, reading only, before `needs`.
---@field alert_after? integer|false After how many failures in a row the host alerts.
---@field user? string Whom it runs as, under a root host.
---@field run fun(settings:table,this:this):any What it does.

--- What `needs` returns: what the job must touch. All else is refused.
---@class Needs
---@field read? path|path[] Paths below which it reads.
---@field write? path|path[] Paths below which it reads and writes.
---@field run? string|(string|table)[] Programs by name, path or pattern; `{ "pg_dump", user = "postgres" }` as another user.
---@field connect? string|string[] Servers as `"host:port"` (also `"*.domain:443"`, `"10.0.0.0/8:5432"`), and sockets as `"unix:/path"`.
---@field dns? boolean Whether programs may ask the name servers.
---@field secrets? string|Secret|(string|Secret)[] Secrets that it uses: `settings.token`, or their names.
---@field signal? string|string[] Names of processes that it signals.
---@field service? string|string[] Units of systemd that it looks at and changes.
---@field setid? boolean Whether it gives set-id bits, owners and devices, as a restore does.
---@field user? string Whom it runs as, under a root host that allows it.

--- What an attempt may take of the machine.
---@class Limits
---@field processes? integer Processes and threads at once; 512 where left out.
---@field files? integer Open files of each process; 1024 where left out.
---@field file_size? size|false The largest file that may be written; none where left out.
---@field program_memory? size|false The memory of the worker and its programs together; none where left out.
---@field output? size What a call captures of each stream of a program; `"16MiB"` where left out.
---@field log_rate? integer Lines of the log a second; 10000 where left out.
---@field scratch? size The sizes of all files in the run's scratch directory; `"1GiB"` where left out.
---@field scratch_files? integer Files and directories in it; 100000 where left out.

--- What is known of a setting.
---@class OptionRules
---@field default? any What it is where nobody sets it.
---@field required? boolean Whether somebody must set it.
---@field about? string One line for people.

--- Describes the job: a script returns what `job` returns.
---@param header Header The header.
---@return Header # The same table.
function job(header) end

---@class scriptron.option
option = {}

--- A setting of text.
---@param default? any The default, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.string(default, rules) end

--- A setting that is a number.
---@param default? any The default, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.number(default, rules) end

--- A setting that is true or false.
---@param default? any The default, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.boolean(default, rules) end

--- A setting such as `"30d"`; the script gets seconds.
---@param default? any The default, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.duration(default, rules) end

--- A setting such as `"1GiB"`; the script gets bytes.
---@param default? any The default, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.size(default, rules) end

--- A setting that is a path.
---@param default? any The default, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.path(default, rules) end

--- A setting that is a list of paths.
---@param default? any The list, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.paths(default, rules) end

--- A setting that is a list.
---@param default? any The list, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.list(default, rules) end

--- A setting that is a table.
---@param default? any The table, or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.map(default, rules) end

--- A setting that is one of a few words.
---@param choices table The words, with `default`, `required` and `about` beside them.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.one_of(choices, rules) end

--- A setting whose text the script never sees: it holds a marker, which a few functions take. The text itself lies in a file of `secrets/` beside `scriptron.lua`, or in a variable of the host's environment.
---@param default? any The NAME of a secret, such as `"api_token"`, never its text; or `{ default = …, required = …, about = … }`.
---@param rules? OptionRules The rest.
---@return table # The declaration.
function option.secret(default, rules) end

--- What a file of `jobs/lib` returns; each is loaded once.
---@param name string The file's name without `.lua`.
---@return any # What the file returns.
function require(name) end

--- Logs a line.
---@param ... any What is printed, with tabs between.
function print(...) end


--- A date as text or, with `"*t"`, as a table, in the zone of the job's schedule; with `!` in UTC.
---@param format? string As of strftime; `"%c"` where left out.
---@param time? number Seconds since 1970; now where left out.
---@return string|table # The date.
function os.date(format, time) end

--- The time that a table of date fields says in the zone of the job's schedule; now where left out.
---@param date? table `{ year, month, day, hour, min, sec }`.
---@return integer # Seconds since 1970.
function os.time(date) end
