/// A grant as Landlock rules.
struct PathRules: Sendable {
    private let grant: Grant
    private let scratch: Path?
    private let abi: Int

    init(_ grant: Grant, scratch: Path?, abi: Int) {
        self.grant = grant
        self.scratch = scratch
        self.abi = abi
    }

    /// A ruleset that allows what the grant says, and nothing else of files, TCP ports and signals.
    ///
    /// - Throws: `ENOENT` where a granted path or program is no longer there.
    func ruleset() throws(Failure) -> Landlock.Ruleset {
        do throws(SystemError) {
            return try build()
        } catch {
            let gone = error.number == ErrorNumber.notFound
            throw error.failure(cure: gone ? "make it again, or take it out of the job's needs" : nil)
        }
    }

    /// The same, with the error as the kernel gave it.
    func build() throws(SystemError) -> Landlock.Ruleset {
        let ruleset = try Landlock.Ruleset(
            abi: abi, files: .known(abi: abi), ports: abi >= 4 ? [.bind, .connect] : [],
            scopes: abi >= 6 ? [.abstractSockets, .signals] : [])
        for path in BaseReadSet.paths(for: grant) { try ruleset.allow(path, Self.reading) }
        for path in BaseReadSet.writable { try ruleset.allow(path, [.readFile, .writeFile]) }
        for path in grant.read { try require(ruleset.allow(path, Self.reading), path) }
        for path in grant.write + (scratch.map { [$0] } ?? []) { try require(ruleset.allow(path, writing), path) }
        for file in grant.programs.flatMap(\.files) {
            try require(ruleset.allow(file, [.execute, .readFile]), file)
        }
        if abi >= 4 { for port in grant.ports { try ruleset.allow(port: port, .connect) } }
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

    private func require(_ found: Bool, _ path: Path) throws(SystemError) {
        if !found { throw SystemError(ErrorNumber.notFound, call: "open", subject: path.text) }
    }
}
