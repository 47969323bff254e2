import CLinux
import Glibc

/// Opens what lies at a path that must lead through no link, or through none that leads out.
package enum PathWalk {
    /// An O_PATH descriptor of a path that is inside `root`: no link leads there, and those behind it stay in it, whenever
    /// they were put there.
    ///
    /// - Parameters:
    ///   - root: Absolute, normalized; itself without links.
    ///   - rest: What follows it; empty: the root itself.
    ///   - follow: Whether a link that the last name is counts as one on the way.
    /// - Throws: `EXDEV` where a link leads out; `ENOENT` where nothing is there.
    package static func open(_ rest: Path, below root: Path, follow: Bool) throws(SystemError) -> Descriptor {
        let start = try open(root)
        if rest.bytes.isEmpty { return start }
        let subject = root.appending(rest).text
        var result: Int32 = 0
        // EAGAIN: something on the way was renamed meanwhile, and the kernel cannot tell.
        for _ in 0..<100 {
            result = rest.withCString { scriptron_open_beneath(start.number, $0, follow ? 1 : 0) }
            if result != -EAGAIN { break }
        }
        return Descriptor(owning: try checked("openat2", subject, result: result))
    }

    /// An O_PATH descriptor of an absolute, normalized path, reached name by name with O_NOFOLLOW: what a link would
    /// lead to is never opened, whenever it was put there.
    ///
    /// - Throws: `ELOOP` and the link where a name is one; `ENOENT` where one is missing.
    package static func open(_ path: Path) throws(SystemError) -> Descriptor {
        var reached = Path("/")
        var descriptor = Descriptor(
            owning: try openAt(AT_FDCWD, reached.bytes, scriptron_open_path_only | O_DIRECTORY | O_CLOEXEC))
        let names = path.components
        for (index, name) in names.enumerated() {
            reached = reached.appending(Path(bytes: name))
            let flags = scriptron_open_path_only | O_NOFOLLOW | O_CLOEXEC | (index + 1 < names.count ? O_DIRECTORY : 0)
            do throws(SystemError) {
                descriptor = Descriptor(owning: try openAt(descriptor.number, name, flags))
                // With O_PATH the last name opens also where it is a link: as the link.
                if index + 1 == names.count, try FileStatus(of: descriptor).kind == .link {
                    throw SystemError(ELOOP, call: "openat")
                }
            } catch {
                let isLink = (error.number == ENOTDIR || error.number == ELOOP) && reached.linkTarget() != nil
                throw SystemError(
                    isLink ? ELOOP : error.number, call: "openat", subject: (isLink ? reached : path).text)
            }
        }
        return descriptor
    }
}
