/// The reference of `hash`.
let hashReference = #"""
    # hash
    Digests of files and texts.

    ## hash.file
    The digest of a file's content, in hexadecimal.
    @param path path The file.
    @option algorithm "sha256"|"sha512"|"sha1"|"md5"="sha256" Which digest.
    @option first size Only so much of its beginning.
    @result string The digest.
    @error ENOENT There is no such file.
    @error EISDIR It is a directory.
    @need read the file
    @example
    fs.write("a.txt", "abc")
    assert(hash.file("a.txt") == hash.text("abc"))

    ## hash.text
    The digest of a text, in hexadecimal.
    @param text string The bytes.
    @option algorithm "sha256"|"sha512"|"sha1"|"md5"="sha256" Which digest.
    @result string The digest.
    @error EARGUMENT The algorithm is none of these.
    @example
    assert(hash.text("abc", { algorithm = "md5" }) == "900150983cd24fb0d6963f7d28e17f72")

    ## hash.hmac
    A keyed digest (HMAC) of a text, as webhooks are signed with.
    @param key string|Secret|(string|Secret)[] The key.
    @param text string The bytes.
    @option algorithm "sha256"|"sha512"|"sha1"|"md5"="sha256" Which digest.
    @option encoding "hex"|"base64"="hex" How the result is written.
    @option key_encoding "raw"|"base64"|"whsec"="raw" How the key is written; `whsec` is that of Standard Webhooks.
    @result string The code.
    @error EKEY The key is not written so.
    @example
    local signature = hash.hmac("key", "body", { encoding = "base64" })
    assert(#signature == 44)
    """#

/// The reference of `json`.
let jsonReference = #"""
    # json
    JSON, read and written by the host.

    ## json.encode
    A value as JSON. An empty table is `{}`; `json.array {}` is `[]`.
    @param value any Text, numbers, booleans, nil, and tables of these.
    @option pretty boolean=false Whether it is laid out on several lines.
    @result string The text.
    @error EJSON A number has no form in JSON (NaN, infinity), or the value nests too deep.
    @error EARGUMENT A value is a function or a table that contains itself.
    @example
    assert(json.encode({ name = "a", list = json.array({}) }) == '{"list":[],"name":"a"}')

    ## json.decode
    The value of a JSON text.
    @param text string The text.
    @option null any="absent" What stands for null; a key whose value is null is absent otherwise.
    @result any The value.
    @error EJSON It is no JSON: the message says where.
    @example
    local value = json.decode('{"a": [1, 2.5], "b": null}')
    assert(value.a[2] == 2.5 and value.b == nil)

    ## json.array
    Marks a list, so that it stays a list in JSON when it is empty.
    @param list any[] The list.
    @result any[] The same list.
    @error EARGUMENT It is no table.
    @example
    assert(json.encode(json.array({})) == "[]")
    """#

/// The reference of `time`.
let timeReference = #"""
    # time
    Times are seconds since 1970. Dates are in the zone of the job's schedule where none is given, those of `os.date`
    too.

    ## time.now
    The time in whole seconds.
    @result integer Seconds since 1970.
    @error EEVALUATION It is called outside of `run`.
    @example
    assert(time.now() > 1700000000)

    ## time.precise
    The time with its fraction.
    @result number Seconds since 1970.
    @error EEVALUATION It is called outside of `run`.
    @example
    assert(time.precise() > 1.7e9)

    ## time.steady
    A clock that only runs forward and that nobody sets: for measuring.
    @result number Seconds since some moment.
    @error EEVALUATION It is called outside of `run`.
    @example
    local started = time.steady()
    assert(time.steady() >= started)

    ## time.format
    A time as text.
    @param time number Seconds since 1970.
    @param format? string As of strftime; `"%Y-%m-%d %H:%M:%S"` where left out.
    @option zone string A name of tzdata, such as `"Europe/Paris"`; the job's where left out.
    @result string The text.
    @error EZONE There is no such zone.
    @example
    assert(time.format(0, "%Y-%m-%dT%H:%M:%SZ", { zone = "UTC" }) == "1970-01-01T00:00:00Z")

    ## time.parse
    The time that a text says: `"2026-03-29 03:30"`, `"2026-03-29T03:30:00Z"`.
    @param text string The text.
    @option zone string Where its clock hangs, if it does not say so; the job's where left out.
    @result number Seconds since 1970, whole ones as an integer.
    @error ETIME It is no time.
    @error EZONE There is no such zone.
    @example
    assert(time.parse("1970-01-02T00:00:00Z") == 86400)

    ## time.seconds
    The seconds of a duration.
    @param duration duration `"90s"`, `"1h30m"`, `"7d"`, or seconds.
    @result number Seconds, whole ones as an integer.
    @error EARGUMENT It is no duration.
    @example
    assert(time.seconds("1h30m") == 5400)

    ## time.sleep
    Waits, at most until the attempt's deadline.
    @param duration duration How long.
    @result nil Nothing.
    @error EDEADLINE The attempt's time is over.
    @example
    time.sleep(0.01)
    """#

/// The reference of `log`.
let logReference = #"""
    # log
    Lines of the run's log (`scriptron logs`), and how far the run is. `print` logs too.

    ## log.debug
    A line for whoever looks for a fault.
    @param message string The line.
    @param fields? table What belongs to it, by name.
    @result nil Nothing.
    @error EARGUMENT The message is no text, or the fields are no table.
    @example
    log.debug("looked", { files = 3 })

    ## log.info
    A line.
    @param message string The line.
    @param fields? table What belongs to it, by name.
    @result nil Nothing.
    @error EARGUMENT The message is no text, or the fields are no table.
    @example
    log.info("done", { removed = 12 })

    ## log.warn
    A line about what should not be. `this.warn` puts it into the run's record too.
    @param message string The line.
    @param fields? table What belongs to it, by name.
    @result nil Nothing.
    @error EARGUMENT The message is no text, or the fields are no table.
    @example
    log.warn("slow", { seconds = 12.5 })

    ## log.error
    A line about what went wrong. It does not end the run: `error` and `this.fail` do.
    @param message string The line.
    @param fields? table What belongs to it, by name.
    @result nil Nothing.
    @error EARGUMENT The message is no text, or the fields are no table.
    @example
    log.error("no answer", { server = "db1" })

    ## log.progress
    How far the run is, for `scriptron status`.
    @param done number How much is done.
    @param total? number Of how much.
    @param label? string Of what.
    @result nil Nothing.
    @error EARGUMENT An argument is no finite number.
    @example
    log.progress(3, 10, "files")
    """#
