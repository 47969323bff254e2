import Glibc

/// What a process got from whoever started it.
package enum ProcessEnvironment {
    /// A variable's value; nil where it is not set, or empty.
    package static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The working directory, absolute.
    package static func workingDirectory() throws(SystemError) -> Path {
        guard let name = getcwd(nil, 0) else { throw SystemError.current("getcwd") }
        defer { free(name) }
        return Path(String(cString: name))
    }

    /// Ends the process with an exit code.
    package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}
