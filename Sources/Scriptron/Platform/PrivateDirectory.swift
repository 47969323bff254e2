import Glibc

/// A directory of this process alone, for a look at copies of things; removed with what is in it when its last owner
/// lets go of it.
package final class PrivateDirectory: Sendable {
    package let path: Path

    /// Makes one (mode 0700) below `$TMPDIR`, else /tmp.
    package init() throws(SystemError) {
        let parent = Path(ProcessEnvironment.variable("TMPDIR") ?? "/tmp")
        var template = parent.appending("scriptron-XXXXXX").bytes.map { CChar(bitPattern: $0) } + [0]
        guard mkdtemp(&template) != nil else { throw SystemError.current("mkdtemp", parent.text) }
        path = Path(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
    }

    deinit {
        try? Directories.empty(path)
        _ = path.withCString { rmdir($0) }
    }
}
