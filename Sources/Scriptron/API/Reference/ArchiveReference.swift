/// The reference of `archive`.
let archiveReference = #"""
    # archive
    Compressed files, and archives that plain `tar` unpacks. What is made gets its name when it is whole and durable,
    and nothing is overwritten.

    @type Compressed A compressed file.
    @field bytes integer The content's size.
    @field stored integer The compressed file's size.
    @field sha256? string The content's hash.
    @type CompressItem What to compress.
    @field from path|Entry The file.
    @field to path Its compressed copy.
    @type Source What goes into an archive.
    @field path path A file or a directory.
    @field as? string The name in the archive; the path's last part where left out.
    @type Remark A file that is not in the archive as it should be.
    @field path string Which.
    @field code string Why, as a code.
    @field message string Why.
    @type Archive An archive that is sent while it is made, without a file of it.
    @field archive path|(path|Source)[] What goes into it.
    @field format? string `"zstd"`, or `"gzip"`.
    @field level? integer 1 to 19 of zstd (3), 1 to 9 of gzip (6).
    @field exclude? Pattern|Pattern[] What is left out, by its path below the source.
    @field one_fs? boolean Whether other file systems below are left out; true where left out.
    @type Totals An archive.
    @field files integer Files in it.
    @field directories integer Directories in it.
    @field bytes integer What the files hold.
    @field stored? integer The archive's size.
    @field sha256? string The archive's hash.
    @field fingerprint? string The same until something below the sources changes.
    @field unreadable Remark[] What could not be read, and is missing.
    @field changed Remark[] What was changed while it was read.
    @field unlisted integer How many more remarks there were.
    @type Member A member of an archive.
    @field path string Its name.
    @field type string What it is.
    @field size integer Bytes.
    @field mode string Permissions.
    @field uid integer The owner's number.
    @field gid integer The group's number.
    @field mtime number When it was changed.
    @field target? string What a link leads to.

    ## archive.compress
    Makes a compressed copy of a file, which is read back and compared. The source stays.
    @param from path The file.
    @param to path The compressed copy.
    @option format "zstd"|"gzip"="zstd" How.
    @option level integer 1 to 19 of zstd (3), 1 to 9 of gzip (6).
    @result Compressed Its sizes and hash.
    @error EEXIST The copy is there already.
    @error ECHANGED The file changed meanwhile.
    @need read the file
    @need write the copy
    @example
    fs.write("app.log", string.rep("line\n", 1000))
    local made = archive.compress("app.log", "app.log.zst", { level = 9 })
    assert(made.bytes == 5000 and made.stored < 5000)

    ## archive.compress_all
    Compresses many files, several at once.
    @param files CompressItem[] The files, and where their copies go.
    @option format "zstd"|"gzip"="zstd" How.
    @option level integer 1 to 19 of zstd (3), 1 to 9 of gzip (6).
    @result (Compressed|table)[] Of each its sizes, or `{ code, message }` where it failed.
    @error EARGUMENT An item is no `{ from = …, to = … }`.
    @need read the files
    @need write the copies
    @example
    fs.write("a.log", "a")
    fs.write("b.log", "b")
    local made = archive.compress_all({ { from = "a.log", to = "a.log.gz" }, { from = "b.log", to = "b.log.gz" } },
      { format = "gzip" })
    assert(#made == 2 and made[1].code == nil)

    ## archive.content
    Reads a compressed file through, and keeps nothing.
    @param path path The compressed file.
    @result Compressed Its sizes and hash.
    @error EDAMAGED It is cut short or was changed.
    @need read the file
    @example
    fs.write("a.txt", "abc")
    archive.compress("a.txt", "a.txt.zst")
    assert(archive.content("a.txt.zst").sha256 == hash.text("abc"))

    ## archive.decompress
    Unpacks a compressed file of either format.
    @param from path The compressed file.
    @param to path The content.
    @option max size More content than this fails.
    @result Compressed Its sizes and hash.
    @error EDAMAGED It is cut short or was changed: nothing is left.
    @error EEXIST The content is there already.
    @error EFBIG It holds more than `max`.
    @need read the file
    @need write the content
    @example
    fs.write("a.txt", "abc")
    archive.compress("a.txt", "a.gz", { format = "gzip" })
    archive.decompress("a.gz", "b.txt", { max = "1MiB" })
    assert(fs.read("b.txt") == "abc")

    ## archive.create
    Puts files and directories into a `.tar.zst` or `.tar.gz`: modes, owners, times, hard links, holes, attributes. What
    cannot be read is listed and left out; the archive is whole in any case.
    @param path path The archive.
    @param sources path|(path|Source)[] What goes into it.
    @option format "zstd"|"gzip"="zstd" How it is compressed.
    @option level integer 1 to 19 of zstd (3), 1 to 9 of gzip (6).
    @option manifest path A second file that lists every member with its SHA-256.
    @option mode mode="0600" Permissions of the archive.
    @option exclude Pattern|Pattern[] What is left out, by its path below the source.
    @option one_fs boolean=true Whether other file systems below are left out.
    @result Totals What is in it.
    @error EEXIST The archive is there already.
    @error ENOENT A source is not there.
    @error ENOSPC The disk is full: nothing is left.
    @need read the sources
    @need write the archive
    @example
    fs.mkdir("data")
    fs.write("data/a.txt", "abc")
    local made = archive.create("data.tar.zst", { "data" }, { manifest = "data.list", exclude = "*.tmp" })
    assert(made.files == 1 and #made.unreadable == 0)

    ## archive.scan
    Counts what an archive of these sources would hold, and makes none.
    @param sources path|(path|Source)[] What would go into it.
    @option exclude Pattern|Pattern[] What is left out.
    @option one_fs boolean=true Whether other file systems below are left out.
    @result Totals What there is, with a `fingerprint`.
    @error ENOENT A source is not there.
    @need read the sources
    @example
    fs.mkdir("data")
    fs.write("data/a.txt", "abc")
    assert(archive.scan("data").bytes == 3)

    ## archive.list
    The members of an archive.
    @param path path The archive.
    @option only Pattern|Pattern[] Which.
    @option max integer=10000 More fail.
    @result Member[] The members, in their order.
    @error EDAMAGED It is cut short or was changed.
    @error ETOOMANY There are more than `max`.
    @need read the archive
    @example
    fs.write("a.txt", "abc")
    archive.create("a.tar.zst", "a.txt")
    assert(archive.list("a.tar.zst")[1].path == "a.txt")

    ## archive.verify
    Reads an archive through, or with a manifest compares each member; given a directory, what was unpacked there.
    @param path path The archive, or a directory.
    @option manifest path The list that `archive.create` wrote.
    @result Totals What is in it.
    @error EDAMAGED Something differs.
    @need read the archive and the manifest
    @example
    fs.write("a.txt", "abc")
    archive.create("a.tar.zst", "a.txt", { manifest = "a.list" })
    assert(archive.verify("a.tar.zst", { manifest = "a.list" }).files == 1)

    ## archive.extract
    Unpacks an archive. Everything is made new, and nothing leads out of the directory.
    @param path path The archive.
    @param into path The directory.
    @option only Pattern|Pattern[] Which members.
    @option owners boolean=true Whether owners come back, where allowed.
    @option max size More content than this fails.
    @result Totals What was unpacked.
    @error EEXIST A file is there already.
    @error EESCAPE A member would lie outside of the directory.
    @error EDAMAGED It is cut short or was changed.
    @error EFBIG It holds more than `max`.
    @need read the archive
    @need write the directory
    @example
    fs.write("a.txt", "abc")
    archive.create("a.tar.zst", "a.txt")
    fs.mkdir("restored")
    archive.extract("a.tar.zst", "restored", { owners = false, max = "1GiB" })
    assert(fs.read("restored/a.txt") == "abc")
    """#
