import Glibc

extension Path {
    /// Where the path really leads: every link followed, realpath(3). Everything on the way must exist.
    package func resolvingLinks() throws(SystemError) -> Path {
        let resolved = withCString { realpath($0, nil) }
        guard let resolved else { throw SystemError.current("realpath", text) }
        defer { free(resolved) }
        return Path(bytes: Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved))))
    }

    /// Where the path leads, as far as it exists: the links of its longest existing part are followed, the rest is
    /// kept. A link whose target is missing is followed by its text, at most 40 of them (path_resolution(7)).
    package func resolvingExistingLinks() throws(SystemError) -> Path {
        var left = components[...]
        var reached = Path("/")
        var links = 0
        while let name = left.first {
            left = left.dropFirst()
            let next = reached.appending(Path(bytes: name))
            guard let target = next.linkTarget() else {
                reached = next.normalized
                continue
            }
            links += 1
            guard links <= 40 else { throw SystemError(ELOOP, call: "readlink", subject: text) }
            left = (target.components + left)[...]
            if target.isAbsolute { reached = Path("/") }
        }
        return reached
    }

    /// What a link holds, readlink(2); nil where this is no link or cannot be read.
    package func linkTarget() -> Path? {
        var target = [CChar](repeating: 0, count: 4096)
        let length = withCString { readlink($0, &target, target.count) }
        return length > 0 ? Path(bytes: target.prefix(length).map(UInt8.init(bitPattern:))) : nil
    }
}
