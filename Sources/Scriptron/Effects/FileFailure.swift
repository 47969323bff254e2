/// What went wrong with a file, as people read it.
enum FileFailure {
    /// A system call's error, told with the call of the script and the path: `fs.write /var/x: No space left on device`.
    static func of(_ error: SystemError, _ call: String, _ path: Path, cure: String? = nil) -> Failure {
        Failure(code: error.name, "\(call) \(path.text): \(error.reason)", cure: cure ?? Self.cure(error.name))
    }

    /// Nothing where a file or directory should be; in a dry run as in a real one.
    static func missing(_ call: String, _ path: Path) -> Failure {
        of(SystemError(ErrorNumber.notFound, call: call, subject: path.text), call, path)
    }

    /// Something else than a regular file, where only one will do.
    static func notRegular(_ kind: FileKind, _ call: String, _ path: Path) -> Failure {
        switch kind {
        case .directory: Failure(code: "EISDIR", "\(call) \(path.text): it is a directory")
        case .link:
            Failure(
                code: "ELOOP", "\(call) \(path.text): it is a symbolic link", cure: "name the file that it leads to")
        default: Failure(code: "ENOTREG", "\(call) \(path.text): it is a \(name(of: kind)), not a regular file")
        }
    }

    static func name(of kind: FileKind) -> String {
        switch kind {
        case .file: "regular file"
        case .directory: "directory"
        case .link: "symbolic link"
        case .fifo: "FIFO"
        case .socket: "socket"
        case .block, .character: "device"
        }
    }

    private static func cure(_ code: String) -> String? {
        switch code {
        case "ENOSPC", "EDQUOT": "free space on its disk; nothing was left half-written"
        case "EACCES": "let the job's user do this by the owner and mode of the file and its directories"
        case "EPERM": "only the file's owner or root may do this: see the job's user"
        case "EROFS": "the file system, or the sandbox around what the job may write, is read-only here"
        case "ENOTEMPTY": "use fs.remove_tree to remove a directory with what is in it"
        case "EEXIST": "give replace = true where it may be replaced"
        default: nil
        }
    }
}
