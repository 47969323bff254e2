/// The paths of a grant, opened once: the same descriptors make the mounts and the Landlock rules, so that no name is
/// looked up between the one and the other.
///
/// The paths are those that the resolver judged, without any link in them. A link that stands there now was put there
/// since, and is an error, not a way.
struct GrantFiles {
    /// A granted path and what is there.
    struct File {
        let path: Path
        let descriptor: Descriptor
    }

    let read: [File]
    /// The write grants and the run's own directory.
    let write: [File]

    /// Opens them in the mount namespace of this process. The kernel's own files in `/proc` are left out: there the
    /// links are the kernel's, and lead elsewhere for each process.
    ///
    /// - Parameters:
    ///   - asUser: Whether this process is the run's user already. What that one may not search its way to is left out:
    ///     it needs no rule.
    init(_ grant: Grant, scratch: Path?, asUser: Bool = false) throws(SystemError) {
        read = try Self.open(grant.read.filter { !$0.isInside("/proc") }.map(grant.real), asUser: asUser)
        write = try Self.open(grant.write.map(grant.real) + (scratch.map { [$0] } ?? []), asUser: asUser)
    }

    /// Opens these paths, each once.
    static func open(_ paths: [Path], asUser: Bool) throws(SystemError) -> [File] {
        var files: [File] = []
        for path in Set(paths).sorted() {
            do throws(SystemError) {
                files.append(File(path: path, descriptor: try PathWalk.open(path)))
            } catch {
                guard asUser, error.number == ErrorNumber.accessDenied else { throw error }
            }
        }
        return files
    }

    /// What to do about an error of opening.
    static func cure(_ error: SystemError) -> String? {
        switch error.name {
        case "ENOENT": "make it again, or take it out of the job's needs"
        case "ELOOP": "a link stands where the job was granted a directory or file: take it away, or load the job again"
        default: nil
        }
    }
}

extension Grant {
    /// Where a granted path leads, without any link in it.
    package func real(_ path: Path) -> Path { links[path] ?? path }
}
