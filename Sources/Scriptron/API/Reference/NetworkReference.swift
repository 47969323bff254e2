/// The reference of `net`.
let netReference = #"""
    # net
    Whether servers can be reached. That one cannot is an answer, no error.

    @type Reach Whether a server took a connection.
    @field reachable boolean Whether it did.
    @field seconds? number How long it took.
    @field addresses? string[] The addresses of its name.
    @field error? string Why not.
    @field code? string The error's code.
    @field assumed? boolean Whether a dry run made it up.
    @type TLSLook What a TLS server shows of itself.
    @field reachable boolean Whether it answered.
    @field verified boolean Whether its certificate is trusted, in time, and its own.
    @field seconds? number How long the handshake took.
    @field days_left? number How long the certificate is still good.
    @field not_after? number When it ends, in seconds since 1970.
    @field subject? string Whose it is.
    @field issuer? string Who signed it.
    @field chain? Certificate[] The certificates that the server showed, its own first.
    @field chain_days_left? number How long all of these are still good.
    @field error? string Why it is not verified or not reachable.
    @field code? string The error's code.
    @field assumed? boolean Whether a dry run made it up.
    @type Certificate A certificate of a chain.
    @field subject string Whose it is.
    @field issuer string Who signed it.
    @field not_after? number When it ends, in seconds since 1970.
    @field days_left? number How long it is still good.
    @type NameLook What a name stands for.
    @field found boolean Whether it has an address.
    @field addresses string[] Its addresses.
    @field seconds? number How long the look took.
    @field error? string Why it was not found.
    @field code? string The error's code.
    @field assumed? boolean Whether a dry run made it up.

    ## net.tcp
    Whether a server takes connections.
    @param host string A name or an address.
    @param port integer From 1 to 65535.
    @option timeout duration="5s" How long to try, the name's look-up with it.
    @result Reach Whether it does.
    @error EGRANT The job's needs do not have the server.
    @need connect host:port
    @example
    local look = net.tcp("localhost", 9, { timeout = "2s" })
    if not look.reachable then log.warn("closed", { why = look.error }) end

    ## net.tls
    A TLS server's certificate, and how long it is still good. It is told even where it is not trusted.
    @param host string A name or an address.
    @param port? integer 443 where left out.
    @option timeout duration="10s" How long to try.
    @option ca path A file of authorities in place of the machine's.
    @result TLSLook What it shows.
    @error EGRANT The job's needs do not have the server.
    @need connect host:port
    @example
    local look = net.tls("api.example.org", 443)
    if look.days_left and look.days_left < 14 then this.warn("the certificate ends soon") end

    ## net.dns
    The addresses of a name.
    @param name string The name.
    @option timeout duration="5s" How long to try.
    @result NameLook What was found.
    @error EGRANT The job's needs have no server of this name.
    @need connect name:443 or any port of it
    @example
    local look = net.dns("api.example.org")
    log.info("addresses", { count = #look.addresses })
    """#

/// The options of every request.
private let requestOptions = #"""
    @option method string The method; that of the function where left out.
    @option headers table<string,string|Secret|(string|Secret)[]> Headers by their names.
    @option query table<string,string|number|boolean|Secret> What is added to the address.
    @option unix path A Unix socket in place of the address's server.
    @option timeout duration="30s" How long each try may take, all of it (an hour for files and `sink`).
    @option max size="16MiB" A larger answer fails (without a bound for files and `sink`).
    @option expect "2xx"|"any"|integer|(string|integer)[]="2xx" Statuses that are no failure.
    @option redirects integer=0 How many are followed, each within the needs.
    @option auth {user:string|Secret,password:string|Secret} The login.
    @option bearer string|Secret The token of `Authorization: Bearer`.
    @option ca path A file of authorities in place of the machine's.
    @option cut boolean=false Whether a larger answer ends at `max` instead of failing.
    @option dry any What a dry run returns instead.
    @option proxy string A server of `http` that the request goes by; it needs its own `connect`.
    @option retry integer|Retry=0 How often it is made again after what may pass, as late as `Retry-After` says.
    @option progress function Gets a `Progress` twice a second while anything moves, and at the end.
    """#

/// What is sent by requests that send no file of their own.
private let bodyOptions = #"""
    @option body string|Secret|(string|Secret)[] What is sent; one of `body`, `json` and `file`.
    @option json any A value that is sent as JSON.
    @option file path A file that is sent.
    """#

/// Of requests whose answer goes to no file.
private let sinkOption = #"""
    @option sink function Gets the answer's body piece by piece while it comes, in place of `body`.
    """#

/// What every request may raise, and needs.
private let requestProblems = #"""
    @error EHTTP The status is not expected: the error has `status`, `headers` and `body`.
    @error EURL The address cannot be read.
    @error ERESOLVE Its name has no address.
    @error ECONNREFUSED Nobody takes the connection.
    @error ETLS The certificate is not trusted.
    @error ECONNRESET The connection broke.
    @error ETRUNCATED The answer is shorter than announced.
    @error ETIMEDOUT The last try took longer than `timeout`.
    @error EFBIG The answer is larger than `max`.
    @error EREDIRECT A redirect leads where none may, or there are more than `redirects`.
    @need connect host:port, or unix:/path
    """#

/// The reference of `http`.
let httpReference = #"""
    # http
    Requests to servers. The certificate is verified, nothing is taken from the environment, and no redirect is followed
    unless `redirects` says how many. In a dry run nothing is sent.

    @type Retry How a request is made again.
    @field times integer How often, up to 20.
    @field delay? duration Before the first time, then twice as long each time; `"1s"` where left out.
    @field max_delay? duration The longest; a server that asks for more is not asked again; `"60s"` where left out.
    @type Progress How far a request is.
    @field received integer Bytes of the answer's body.
    @field received_total? integer How many the server has announced.
    @field sent integer Bytes of what is sent.
    @field sent_total? integer How many these are.
    @type Answer An answer.
    @field status integer The status.
    @field headers table<string,string> Headers, by their names in small letters.
    @field body string The content; empty where it went to a file.
    @field bytes integer The content's size.
    @field seconds number How long it took.
    @field assumed? boolean Whether a dry run made it up.
    @field archive? Totals What is in an archive that was sent.

    ## http.request
    Any request; `GET` where `method` is left out.
    @param url string|Secret|(string|Secret)[] The address.

    """# + bodyOptions + "\n" + requestOptions + "\n" + sinkOption + "\n" + #"""
        @result Answer The answer.

        """# + requestProblems + "\n" + #"""
        @example
        local answer = http.request("https://api.example.org/v1/report", {
          method = "DELETE", expect = { 200, 204, 404 }, timeout = "10s",
        })
        log.info("deleted", { status = answer.status })

        ## http.get
        Fetches.
        @param url string|Secret|(string|Secret)[] The address.

        """# + bodyOptions + "\n" + requestOptions + "\n" + sinkOption + "\n" + #"""
        @result Answer The answer.

        """# + requestProblems + "\n" + #"""
        @example
        local answer = http.get("https://api.example.org/v1/items", { query = { page = 2 }, max = "1MiB" })
        log.info("fetched", { bytes = answer.bytes })
        -- Piece by piece, in little memory; the server waits for a function that takes its time.
        local lines = 0
        http.get("https://api.example.org/v1/export", {
          max = "10GiB",
          sink = function(piece) lines = lines + select(2, piece:gsub("\n", "")) end,
        })

        ## http.post
        Sends by `POST`.
        @param url string|Secret|(string|Secret)[] The address.

        """# + bodyOptions + "\n" + requestOptions + "\n" + sinkOption + "\n" + #"""
        @result Answer The answer.

        """# + requestProblems + "\n" + #"""
        @example
        http.post("https://api.example.org/v1/events", { json = { name = "backup", ok = true } })

        ## http.put
        Sends by `PUT`.
        @param url string|Secret|(string|Secret)[] The address.

        """# + bodyOptions + "\n" + requestOptions + "\n" + sinkOption + "\n" + #"""
        @result Answer The answer.

        """# + requestProblems + "\n" + #"""
        @example
        http.put("https://api.example.org/v1/items/7", { body = "hello", headers = { ["content-type"] = "text/plain" } })

        ## http.download
        Fetches into a file, which is there whole or not at all. A file that is there is replaced.
        @param url string|Secret|(string|Secret)[] The address.
        @param path path The file.

        """# + requestOptions + "\n" + #"""
        @result Answer The answer, without a body.

        """# + requestProblems + "\n" + #"""
        @need write the file
        @example
        local answer = http.download("https://api.example.org/v1/list", "list.txt", {
          max = "1GiB",
          progress = function(now) log.info("downloading", { bytes = now.received, of = now.received_total }) end,
        })
        log.info("fetched", { bytes = answer.bytes })

        ## http.upload
        Sends a file piece by piece, by `PUT`; or an archive while it is made, in chunks, for nobody knows its size. An
        archive takes no `sink` and no `progress`; it is sent once, whatever `retry` says, and follows no redirect.
        @param url string|Secret|(string|Secret)[] The address.
        @param path path|Archive The file.

        """# + requestOptions + "\n" + sinkOption + "\n" + #"""
        @result Answer The answer.

        """# + requestProblems + "\n" + #"""
        @error ENOENT There is no such file.
        @error EISDIR It is a directory: send `{ archive = path }`.
        @error ESHRUNK The file became shorter meanwhile.
        @need read the file
        @example
        fs.write("report.csv", "a,b\n1,2\n")
        http.upload("https://api.example.org/v1/report.csv", "report.csv", {
          progress = function(now) log.debug("uploading", { bytes = now.sent, of = now.sent_total }) end,
        })
        """#
