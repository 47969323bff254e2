import CLinux
import Glibc

/// Opens what lies at a path that must lead through no link.
package enum PathWalk {
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
