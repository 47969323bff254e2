import CLinux
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

    /// How many processors are online (sysconf(3)); at least one.
    package static var cores: Int {
        let count = Int(scriptron_processors())
        return count > 0 ? count : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// The file that this process runs.
    package static var executable: Path { (try? Path("/proc/self/exe").resolvingLinks()) ?? "/proc/self/exe" }

    /// Ends the process with an exit code.
    package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}
