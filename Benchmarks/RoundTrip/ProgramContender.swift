import Glibc
import Scriptron

/// A program that is started by posix_spawn and waited for: the cheapest way that the C library has.
struct ProgramContender {
    let name: String
    private let path: String
    private let arguments: [String]

    /// Those of the peers that this machine has; the shell comes first, for it is what others are compared with.
    static var known: [ProgramContender] {
        let bubblewrap = [
            "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--die-with-parent",
            "--new-session",
        ]
        let all = [
            ProgramContender(name: "sh -c :", path: "/bin/sh", arguments: ["-c", ":"]),
            ProgramContender(name: "lua5.4 -e ''", path: "/usr/bin/lua5.4", arguments: ["-e", ""]),
            ProgramContender(
                name: "bwrap lua5.4 -e ''", path: "/usr/bin/bwrap",
                arguments: bubblewrap + ["/usr/bin/lua5.4", "-e", ""]),
        ]
        return all.filter { access($0.path, X_OK) == 0 }
    }

    /// Starts it and waits for its end.
    func run() throws {
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin"), nil]
        defer { for pointer in argv + environment { free(pointer) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, path, nil, nil, &argv, &environment)
        guard result == 0 else { throw Failure(code: "ESPAWN", "\(path): \(String(cString: strerror(result)))") }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Failure(code: "ESPAWN", "\(name) ended with status \(status)") }
    }
}
