/// A grant as Landlock rules.
struct PathRules: Sendable {
    private let grant: Grant
    private let abi: Int

    init(_ grant: Grant, abi: Int) {
        self.grant = grant
        self.abi = abi
    }

    /// A ruleset that allows what the grant says, and nothing else of files, TCP ports and signals.
    ///
    /// - Parameters:
    ///   - asUser: Whether this process is the run's user already, as for `GrantFiles`.
    /// - Throws: `ENOENT` where a program, or a granted file of `/proc`, is no longer there.
    func ruleset(_ files: GrantFiles, asUser: Bool = false) throws(SystemError) -> Landlock.Ruleset {
        let ruleset = try Landlock.Ruleset(
            abi: abi, files: .known(abi: abi), ports: abi >= 4 ? [.bind, .connect] : [],
            scopes: abi >= 6 ? [.abstractSockets, .signals] : [])
        for path in BaseReadSet.paths(for: grant) { try ruleset.allow(path, Self.reading) }
        for path in BaseReadSet.writable { try ruleset.allow(path, [.readFile, .writeFile]) }
        for path in grant.read where path.isInside("/proc") {
            guard try ruleset.allow(path, Self.reading) else {
                throw SystemError(ErrorNumber.notFound, call: "open", subject: path.text)
            }
        }
        for file in files.read { try ruleset.allow(file.descriptor, file.path, Self.reading) }
        for file in files.write { try ruleset.allow(file.descriptor, file.path, writing) }
        for file in try GrantFiles.open(grant.programs.flatMap(\.files), asUser: asUser) {
            try ruleset.allow(file.descriptor, file.path, [.execute, .readFile])
        }
        // A broker connects itself: then the kernel lets nobody else.
        if abi >= 4, grant.broker == .none { for port in grant.ports { try ruleset.allow(port: port, .connect) } }
        return ruleset
    }

    private static let reading: Landlock.FileRights = [.readFile, .readDirectory]

    /// All but executing, devices and their control; `setid` restores devices and sockets.
    private var writing: Landlock.FileRights {
        let all: Landlock.FileRights = [
            .readFile, .readDirectory, .writeFile, .removeDirectory, .removeFile, .makeDirectory, .makeFile, .makeFIFO,
            .makeLink, .refer, .truncate,
        ]
        return grant.setid ? all.union([.makeCharacterDevice, .makeBlockDevice, .makeSocket]) : all
    }
}
