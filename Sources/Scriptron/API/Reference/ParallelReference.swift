/// The reference of `parallel`.
let parallelReference = #"""
    # parallel
    One function called for many items, several at once: while a call waits for a request, a bucket, a database, a
    program, an archive, a hash, a connection or `time.sleep`, others go on. Lua itself runs on one thread, so that
    nothing needs a lock.

    @type ParallelProblem What failed with `on_error = "collect"`.
    @field index integer Which item.
    @field item any The item.
    @field error any What was raised.

    ## parallel
    Calls a function for each item of a list. In a dry run the items are done one after the other.
    @param items any[] The items.
    @param fn fun(item:any,index:integer):any What is done with each.
    @option limit integer=8 How many are under way at most, up to 64.
    @option on_error "raise"|"collect"="raise" Whether the first error ends all, or all items are done.
    @result any[] What the function returned first, in the order of the items; with `on_error = "collect"` the place of an item that failed is empty.
    @result ParallelProblem[]|nil With `on_error = "collect"`: what failed.
    @error EARGUMENT The items are no list (a table with other keys than 1 to n is none), or the second argument is no function.
    @example
    local sizes, problems = parallel({ "a.txt", "b.txt", "c.txt" }, function(name)
      fs.write(name, name)
      return #hash.file(name)
    end, { limit = 2, on_error = "collect" })
    assert(#sizes == 3 and #problems == 0)
    """#
