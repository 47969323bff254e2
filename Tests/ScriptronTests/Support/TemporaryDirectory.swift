import Glibc

@testable import Scriptron

/// A directory of its own for one test, removed with everything in it when the test lets go of it.
final class TemporaryDirectory {
    let path: Path

    init(in parent: String = "/tmp") throws {
        var template = Array("\(parent)/scriptron-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.current("mkdtemp") }
        path = Path(bytes: template.dropLast().map(UInt8.init(bitPattern:)))
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: Path) {
        if let directory = path.withCString({ opendir($0) }) {
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
                if name == Array(".".utf8) || name == Array("..".utf8) { continue }
                let inner = path.appending(Path(bytes: name))
                if inner.withCString({ unlink($0) }) != 0, errno == EISDIR { remove(inner) }
            }
        }
        _ = path.withCString { rmdir($0) }
    }

    /// Makes a directory inside, with those on the way.
    @discardableResult
    func directory(_ name: String, mode: mode_t = 0o755) throws -> Path {
        var reached = path
        for part in Path(name).components {
            reached = reached.appending(Path(bytes: part))
            if reached.withCString({ mkdir($0, mode) }) != 0, errno != EEXIST {
                throw SystemError.current("mkdir", reached.text)
            }
        }
        return reached
    }

    /// Makes a file inside.
    @discardableResult
    func file(_ name: String, _ content: String = "", mode: mode_t = 0o644) throws -> Path {
        let file = path.appending(name)
        let number = file.withCString { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode) }
        guard number >= 0 else { throw SystemError.current("open", file.text) }
        let descriptor = Descriptor(owning: number)
        try descriptor.write(Array(content.utf8))
        fchmod(number, mode)
        return file
    }

    /// Makes a symbolic link inside.
    @discardableResult
    func link(_ name: String, to target: Path) throws -> Path {
        let link = path.appending(name)
        let made = target.withCString { target in link.withCString { symlink(target, $0) } }
        guard made == 0 else { throw SystemError.current("symlink", link.text) }
        return link
    }
}
