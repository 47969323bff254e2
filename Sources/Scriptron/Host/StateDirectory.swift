/// The directory of everything that the host keeps, and the lock that makes one host its only owner.
package final class StateDirectory: Sendable {
    package let places: StatePlaces
    private var path: Path { places.directory }
    private let lock: WholeFile

    /// Creates the directory where it is missing, and takes its lock. Another host on it is an error (`ELOCKED`) that
    /// names that host's pid.
    package init(_ path: Path) throws(Failure) {
        places = StatePlaces(path)
        do throws(SystemError) {
            try Directories.create(path, mode: 0o750)
            lock = try WholeFile(path: places.lock)
            guard try lock.tryLock() else {
                let holder = String(decoding: (try? lock.read()) ?? [], as: UTF8.self).prefix { $0.isNumber }
                throw SystemError(0, call: String(holder))
            }
            // For people alone: a full disk must not keep the host from starting.
            try? lock.truncate()
            try? lock.write(Array("\(ProcessHandle.own)\n".utf8), at: 0)
        } catch {
            if error.number == 0 { throw Self.held(path, by: error.call) }
            throw error.failure(cure: "make the state directory \(path) writable for the host's user")
        }
    }

    private static func held(_ path: Path, by pid: String) -> Failure {
        Failure(
            code: "ELOCKED", "another host\(pid.isEmpty ? "" : " (pid \(pid))") holds the state directory \(path)",
            cure: "stop it first, or give this one a state_dir of its own")
    }
}
