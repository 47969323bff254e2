extension GrantResolver {
    /// The widest grant that the operator allows, for a run that is to show what it needs: all of the ceiling but what
    /// is protected, as the user whom the job declares. What cannot be watched (`secrets`, `setid`) and connections to
    /// patterns are as declared.
    package func widest(_ declared: Needs) throws(GrantRefusals) -> Grant {
        guard let ceiling = terms.ceiling else {
            throw GrantRefusals(failures: [
                Failure(
                    code: "EGRANT", "there is no ceiling, which is all that bounds a run that learns its needs",
                    place: "job \(job)",
                    cure: "say in scriptron.lua: ceiling = { read = { … }, write = { … }, run = { … } }")
            ])
        }
        var needs = Needs()
        needs.write = ceiling.write.flatMap { unprotected(terms.base.appending($0).normalized, .write) }
        needs.read = ceiling.read.flatMap { unprotected(terms.base.appending($0).normalized, .read) }
        let programs = ceiling.run.filter { isUsable($0, writing: needs.write) }
        needs.run = ([nil] + users(declared)).flatMap { user in
            programs.map { Needs.Program(name: $0, user: user) }
        }
        let fixed = ceiling.connect.filter { ConnectTarget(need: $0) != nil }
        needs.connect = Set(declared.connect + fixed).sorted()
        needs.dns = declared.dns
        needs.secrets = declared.secrets
        needs.signal = Set(declared.signal + ceiling.signal).sorted()
        needs.service = Set(declared.service + ceiling.service).sorted()
        needs.setid = declared.setid
        needs.user = declared.user
        var grant = try resolve(needs)
        // What the job names with a user alone does not run as its own, as it would not with its own needs.
        let own = Set(declared.run.filter { $0.user == nil }.map(\.name))
        let meant = Set(declared.run.filter { $0.user != nil && !own.contains($0.name) }.map(\.name))
        let others = grant.programs.filter { program in
            let names = [program.name, program.path.text, Path(bytes: program.path.name).text]
            return program.user != nil && !meant.isDisjoint(with: names)
        }.map(\.path)
        grant.programs.removeAll { $0.user == nil && others.contains($0.path) }
        guard !grant.programs.isEmpty else { return grant }
        // What programs open is heard of by the filter that holds their calls.
        grant.broker = broker(for: grant)
        grant.isWatched = true
        if grant.broker == .none || grant.mode == .off {
            throw GrantRefusals(failures: [
                Failure(
                    code: "ESANDBOX", "the host cannot watch what the job's programs do", place: "job \(job)",
                    cure:
                        "run the host as root, or as the job's user with the sandbox enforced; scriptron doctor shows "
                        + "what this machine has")
            ])
        }
        return grant
    }

    /// The users besides the job's own that its programs may run as, by the ceiling or by the operator's own needs.
    private func users(_ declared: Needs) -> [String?] {
        // Why one may not is said where it is needed.
        var unsaid = Refusals(job: job)
        let own = identity(declared.user, &unsaid)
        let named = (terms.ceiling?.user ?? []) + declared.run.compactMap(\.user)
        return Set(named).sorted().filter { name in
            let program = Needs.Program(name: "", user: name)
            if case .success(.some) = identity(ofProgram: program, own, &unsaid) { return true }
            return false
        }
    }

    /// The path, or what lies in it and is not protected; nothing where it is not there.
    private func unprotected(_ path: Path, _ access: Access) -> [Path] {
        let walls = terms.protected.filter { access == .write || $0.secret }.flatMap {
            [$0.path, (try? $0.path.resolvingExistingLinks()) ?? $0.path]
        }
        func free(_ path: Path, depth: Int) -> [Path] {
            let real = (try? path.resolvingExistingLinks()) ?? path
            if walls.contains(where: { path.isInside($0) || real.isInside($0) }) { return [] }
            guard walls.contains(where: { $0.isInside(path) || $0.isInside(real) }) else { return [path] }
            guard depth < 32, let names = try? StateFiles.names(in: path) else { return [] }
            return names.map { path.appending(Path(bytes: $0)) }.filter { entry in
                // A link inside is a way to elsewhere, and no part of this.
                let kind = (try? FileStatus.of(entry, follow: false))??.kind
                return kind == .file || kind == .directory
            }.flatMap { free($0, depth: depth + 1) }
        }
        let isThere = ((try? FileStatus.of(path, follow: true)) ?? nil) != nil
        let isMade = access == .write && path.isInside(terms.stateDirectory)
        return isThere || isMade ? free(path, depth: 0) : []
    }

    /// Whether an entry of the ceiling's `run` means programs, and none that the job could replace.
    private func isUsable(_ entry: String, writing roots: [Path]) -> Bool {
        guard let found = try? ProgramFinder(base: terms.base).find(entry) else { return false }
        return terms.writeExec
            || !found.contains { program in
                ([program.path] + program.files).contains { file in roots.contains { file.isInside($0) } }
            }
    }
}
