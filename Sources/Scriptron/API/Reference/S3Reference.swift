/// The reference of `s3`.
let s3Reference = #"""
    # s3
    Buckets of S3 and of servers that speak it. What is put is compared with what the server has then; requests that fail
    by what may pass are made twice more. A transfer takes as long as it moves: only one that stands still for the bucket's
    `timeout` fails. In a dry run nothing is sent.

    @type Object An object of a bucket.
    @field key string Its name.
    @field size? integer Bytes.
    @field modified? number When it was put, by the server's clock, in seconds since 1970.
    @field etag? string The server's tag of it.
    @field sha256? string The hash that `put` left.
    @field assumed? boolean Whether a dry run made it up.
    @field archive? Totals What is in an archive that was put.
    @type BucketOptions Where a bucket is, and who asks.
    @field endpoint string `"https://s3.example.org"`, without a path.
    @field bucket string The bucket's name.
    @field region? string `"us-east-1"` where left out.
    @field key string|Secret The access key.
    @field secret string|Secret The secret key.
    @field ca? path A file of authorities in place of the machine's.
    @field timeout? duration How long a request may go without a byte; `"2m"` where left out.

    ## s3.open
    A bucket. Nothing is asked of the server yet.
    @option endpoint! string `"https://s3.example.org"`, without a path.
    @option bucket! string The bucket's name.
    @option region string="us-east-1" The server's region.
    @option key! string|Secret The access key.
    @option secret! string|Secret The secret key.
    @option ca path A file of authorities in place of the machine's.
    @option timeout duration="2m" How long a request may go without a byte in either direction; then it fails (`ETIMEDOUT`).
    @result bucket The bucket.
    @error EURL The endpoint cannot be read, or has a path.
    @error EARGUMENT An option is missing.
    @need connect the endpoint's host:port
    @example
    local bucket <close> = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    log.info("objects", { count = #bucket:list("daily/") })

    ## bucket:put
    Sends a file, and looks at what the server has then. Files larger than `part_size` go in parts. Of one that breaks off
    nothing stays on the server, unless `resume` is given: then its parts stay, and the error has as `upload` what
    continues it. Parts that are never continued cost room until `bucket:abort`.
    @param key string The object's name.
    @param path path|Archive The file; or an archive that is made meanwhile, without a file of it, of which one part is held.
    @option checksum string The SHA-256 that the file must have; not of an archive.
    @option part_size size="64MiB" How large a part is, 5 MiB at least; 16 MiB and growing of an archive.
    @option replace boolean=true Whether an object that is there is replaced.
    @option resume boolean|string=false Of a file: true to keep the parts where it breaks off; the `upload` of that error to go on there.
    @result Object The object.
    @error EEXIST With `replace = false`: it is there.
    @error ENOENT There is no such file.
    @error EISDIR It is a directory.
    @error EDAMAGED The file does not have the `checksum`, or the server something else.
    @error ES3 The server refuses: the error has `status` and, where the server says it, `s3_code`.
    @need connect the endpoint's host:port
    @need read the file
    @example
    fs.write("db.dump", "data")
    local bucket <close> = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    bucket:put("daily/db.dump", "db.dump", { checksum = hash.file("db.dump") })
    -- An archive that is nowhere else: one part of it at a time is in memory.
    fs.mkdir("data")
    local put = bucket:put("daily/data.tar.zst", { archive = "data", exclude = "*.tmp" })
    log.info("put", { files = put.archive.files })
    -- Large, over a line that breaks: the next run goes on where this one ends.
    local good, problem = pcall(bucket.put, bucket, "db.dump", "db.dump", { resume = state.get("upload") or true })
    state.set("upload", not good and problem.upload or nil)
    if not good then error(problem, 0) end

    ## bucket:get
    Fetches an object into a file, which is there whole or not at all. A file that is there is replaced.
    @param key string The object's name.
    @param path path The file.
    @result Object The object.
    @error ES3 The server refuses, or has no such object.
    @error EDAMAGED It does not have the SHA-256 that `put` left.
    @need connect the endpoint's host:port
    @need write the file
    @example
    local bucket <close> = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    bucket:get("daily/db.dump", "restored.dump")

    ## bucket:head
    What is known of an object.
    @param key string The object's name.
    @result Object? The object, or nil where there is none.
    @error ES3 The server refuses.
    @need connect the endpoint's host:port
    @example
    local bucket <close> = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    if not bucket:head("daily/db.dump") then this.warn("no backup yet") end

    ## bucket:verify
    Reads an object through and compares its SHA-256; nothing is kept.
    @param key string The object's name.
    @option checksum string The SHA-256; the one that `put` left where left out.
    @result Object Its size and hash.
    @error ENOENT There is no such object.
    @error EDAMAGED It has another SHA-256.
    @error EARGUMENT Nobody left its SHA-256, and none is given.
    @need connect the endpoint's host:port
    @example
    local bucket <close> = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    bucket:verify("daily/db.dump")

    ## bucket:list
    The objects whose names begin so.
    @param prefix? string The beginning; all where left out.
    @option max integer=100000 More fail.
    @result Object[] The objects, by name.
    @error ETOOMANY There are more than `max`.
    @error ES3 The server refuses.
    @need connect the endpoint's host:port
    @example
    local bucket <close> = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    for _, object in ipairs(bucket:list("daily/")) do log.info(object.key, { size = object.size }) end

    ## bucket:delete
    Removes an object. One that is not there is no failure.
    @param key string The object's name.
    @result nil Nothing.
    @error ES3 The server refuses.
    @need connect the endpoint's host:port
    @example
    local bucket <close> = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    bucket:delete("daily/old.dump")

    ## bucket:abort
    Removes what uploads of a key that were killed left on the server.
    @param key string The object's name.
    @result integer How many there were.
    @error ES3 The server refuses, or keeps parts.
    @need connect the endpoint's host:port
    @example
    local bucket <close> = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    bucket:abort("daily/db.dump")

    ## bucket:close
    Forgets the bucket; once more does nothing.
    @result nil Nothing.
    @error EARGUMENT It is no bucket.
    @example
    local bucket = s3.open({ endpoint = "https://s3.example.org", bucket = "backups", key = "K", secret = "S" })
    bucket:close()
    """#
