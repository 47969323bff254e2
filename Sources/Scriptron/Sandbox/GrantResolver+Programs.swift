extension GrantResolver {
    /// The programs of `run`, found; those that are refused are left out.
    func programs(
        _ entries: [Needs.Program], _ grant: Grant, _ refusals: inout Refusals
    ) -> [Grant.Program] {
        if entries.isEmpty { return [] }
        let ceiling = terms.ceiling.map { RunCeiling($0.run, base: terms.base) }
        var programs: [Grant.Program] = []
        for entry in entries {
            guard case .success(let user) = identity(ofProgram: entry, grant.identity, &refusals) else { continue }
            let runner = (user ?? grant.identity).map { ($0.uid, $0.groups) } ?? own
            do throws(ProgramFinder.Problem) {
                let found = try ProgramFinder(base: terms.base, user: runner).find(entry.name).map { program in
                    Grant.Program(name: program.name, path: program.path, files: program.files, user: user)
                }
                if let ceiling, let outside = found.first(where: { !ceiling.covers($0.path) }) {
                    refusals.ceiling(
                        "needs.run", "running \(outside.path.text)",
                        line: GrantRefusal.ceilingLine("run", entry.name))
                    continue
                }
                programs += found
            } catch {
                refuse(entry.name, error, &refusals)
            }
        }
        var seen: Set<[String]> = []
        return programs.filter { seen.insert([$0.path.text, $0.user?.name ?? ""]).inserted }
            .sorted { ($0.path, $0.user?.name ?? "") < ($1.path, $1.user?.name ?? "") }
    }

    /// The host's own user, as programs run where there is no other.
    private var own: (uid: UInt32, groups: [UInt32]) {
        (terms.facts.uid, Users.account(uid: terms.facts.uid)?.groups ?? [])
    }

    /// A program inside a write grant could be replaced by the job, and then run as what the operator allowed.
    func refuseWritablePrograms(_ grant: Grant, _ refusals: inout Refusals) {
        if terms.writeExec { return }
        let roots = grant.write.flatMap { [$0, (try? $0.resolvingExistingLinks()) ?? $0] }
        for program in grant.programs {
            guard
                let file = ([program.path] + program.files).first(where: { file in roots.contains { file.isInside($0) }
                })
            else { continue }
            refusals.add(
                "needs.write", "the job could replace a program that it may run: \(file.text)",
                cure: "narrow needs.write, or say in scriptron.lua: jobs = { [\"\(job)\"] = { write_exec = true } }")
        }
    }

    private func refuse(_ name: String, _ problem: ProgramFinder.Problem, _ refusals: inout Refusals) {
        let key = "needs.run"
        switch problem {
        case .notFound:
            let places = ProgramFinder.searchPath.map(\.text).joined(separator: ":")
            refusals.add(
                key, code: "ENOENT", "no program \(name)",
                cure: name.contains("/") ? "install it" : "install it, or name its path; searched are \(places)")
        case .notExecutable(let path):
            refusals.add(key, code: "EACCES", "\(path.text) is no executable file", cure: "chmod +x \(path.text)")
        case .setID(let path):
            let status = (try? FileStatus.of(path, follow: false)) ?? nil
            let owner = status.map { Users.name(of: $0.uid) } ?? "…"
            refusals.add(
                key, "\(path.text) is set-id, and gains nothing in the sandbox",
                cure: "run the job as the user that it would become: user = \(GrantRefusal.quoted(owner))")
        case .unreadable(let path, let error):
            refusals.add(key, code: error, "\(path.text) cannot be looked at (\(error))")
        case .tooDeep(let path):
            refusals.add(key, code: "ELOOP", "\(path.text) leads through too many interpreters")
        case .badPattern(let message):
            refusals.add(key, code: "EPATTERN", "\(name): \(message)")
        }
    }
}
