extension GrantResolver {
    /// The programs of `run`, found; those that are refused are left out.
    func programs(_ entries: [Needs.Program], _ refusals: inout Refusals) -> [Grant.Program] {
        if entries.isEmpty { return [] }
        let finder = ProgramFinder(base: terms.base)
        let ceiling = terms.ceiling.map { $0.run.flatMap { (try? finder.find($0)) ?? [] } }
        var programs: [Grant.Program] = []
        for entry in entries {
            if entry.user != nil {
                refusals.add(
                    "needs.run", code: "ENOTSUP", "not supported yet: \(entry.name) as another user",
                    cure: "run the whole job as that user: user = \(GrantRefusal.quoted(entry.user ?? ""))")
                continue
            }
            do throws(ProgramFinder.Problem) {
                let found = try finder.find(entry.name)
                if let ceiling, let outside = found.first(where: { !Self.holds(ceiling, $0) }) {
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
        var seen: Set<Path> = []
        return programs.filter { seen.insert($0.path).inserted }.sorted { $0.path < $1.path }
    }

    /// Whether programs hold one of the same place: its name in the same directory, links of directories followed.
    private static func holds(_ programs: [Grant.Program], _ program: Grant.Program) -> Bool {
        func place(_ path: Path) -> Path {
            ((try? path.parent.resolvingLinks()) ?? path.parent).appending(Path(bytes: path.name))
        }
        let wanted = place(program.path)
        return programs.contains { place($0.path) == wanted }
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
            refusals.add(
                key, "\(path.text) is set-id, and gains nothing in the sandbox",
                cure: "run the job as the user it needs: user = \"…\"")
        case .unreadable(let path, let error):
            refusals.add(key, code: error, "\(path.text) cannot be looked at (\(error))")
        case .tooDeep(let path):
            refusals.add(key, code: "ELOOP", "\(path.text) leads through too many interpreters")
        case .badPattern(let message):
            refusals.add(key, code: "EPATTERN", "\(name): \(message)")
        }
    }
}
