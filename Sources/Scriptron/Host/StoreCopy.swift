/// Consistent copies of the store for runs that ask for one (`sys.store_copy`).
enum StoreCopy {
    /// Makes a copy in the run's scratch, of which the job's user is the owner; returns its path.
    ///
    /// SQLite opens files by their paths, and a job could put links into its scratch. So the copy is made in a directory
    /// that nobody else reaches, beside the run's, and then moved by the directories' descriptors.
    static func make(of store: any Store, for call: ServiceCall) throws(Failure) -> Path {
        guard let scratch = call.scratch else {
            throw Failure(code: "ENOENT", "sys.store_copy: this run has no scratch directory")
        }
        var generator = SystemRandomNumberGenerator()
        let number = String(generator.next(), radix: 36)
        do {
            let place = scratch.parent.appending("copy-\(number)")
            try Directories.create(place, mode: 0o700)
            defer { try? Directories.remove(place) }
            let name = try store.copy(to: place)
            let identity = call.grant.identity
            let made = try Directory(place)
            if let identity { try made.setOwner(Array(name.utf8), uid: identity.uid, gid: identity.gid) }
            let target = "store-\(number).db"
            try made.rename(
                Array(name.utf8), to: Array(target.utf8), in: try Directory(scratch), replace: false)
            return scratch.appending(target)
        } catch {
            throw Failure.wrapping(error)
        }
    }
}
