import Glibc

@testable import Scriptron

/// A file system of its own that is easily filled.
final class SmallDisk {
    let path: Path

    init(_ path: Path, bytes: Int) throws {
        self.path = path
        let result = path.withCString { mount("scriptron-test", $0, "tmpfs", 0, "size=\(bytes)") }
        guard result == 0 else { throw SystemError.current("mount", path.text) }
    }

    deinit { _ = path.withCString { umount2($0, Int32(MNT_DETACH)) } }

    /// Takes all the space there is.
    func fill() throws {
        let filler = try StateFiles.open(path.appending("filler"), .append)
        let block = [UInt8](repeating: 0, count: 4096)
        while (try? filler.write(block)) != nil {}
    }

    func empty() throws { try StateFiles.remove(path.appending("filler")) }
}
