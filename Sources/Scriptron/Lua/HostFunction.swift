/// A function of the host that scripts call, such as `fs.write`.
///
/// `body` runs while Lua waits, on the worker's one thread. It sees plain values and returns plain values; what it
/// throws becomes a Lua error after its frame is gone. It never touches the Lua state.
package struct HostFunction {
    /// The name inside its module (`write`), or the method's name for a handle's method (`release`).
    package let name: String
    /// Takes the arguments, returns the results (none, one or several).
    package let body: (Arguments) throws -> [Value]

    package init(_ name: String, _ body: @escaping (Arguments) throws -> [Value]) {
        self.name = name
        self.body = body
    }
}

/// A table of host functions as the script sees it.
package struct HostModule {
    /// The global's name (`fs`).
    package let name: String
    package var functions: [HostFunction]
    /// The methods of each kind of handle that the module returns; `close` is also what `__close` calls, and takes
    /// the handle as its first argument like every method.
    package var methods: [String: [HostFunction]]
    /// Lua text run once when the module is installed, before any script: it gets the module's table and a table of
    /// the base library's originals, and may wrap or add functions. Empty: nothing to add.
    package var prelude: String
    /// Whether the global is one function, the member `call` that the prelude sets, instead of the table.
    package var isFunction = false

    package init(
        _ name: String, functions: [HostFunction], methods: [String: [HostFunction]] = [:], prelude: String = ""
    ) {
        self.name = name
        self.functions = functions
        self.methods = methods
        self.prelude = prelude
    }
}

/// A failure with members of its own, for a host function to throw: the script finds them in the error table, beside
/// `code` and `message` (`EEXIT` carries the program's `status` and `stderr`).
package struct HostError: Error {
    package var failure: Failure
    package var fields: [String: Value]

    package init(_ failure: Failure, fields: [String: Value]) {
        self.failure = failure
        self.fields = fields
    }
}
