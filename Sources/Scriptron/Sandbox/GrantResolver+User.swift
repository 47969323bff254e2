extension GrantResolver {
    /// Whom the attempt runs as; nil: the host's own user, or refused.
    ///
    /// - Parameters:
    ///   - wanted: The user that the script itself asks for.
    func identity(_ wanted: String?, _ refusals: inout Refusals) -> Grant.Identity? {
        let key = "user"
        guard let name = terms.jobUser ?? wanted ?? terms.defaultUser else { return nil }
        guard let account = Users.account(named: name) else {
            refusals.add(key, code: "ENOENT", "there is no user \(name)", cure: "make it, or name another")
            return nil
        }
        guard terms.facts.uid == 0 else {
            if account.uid == terms.facts.uid { return nil }
            refusals.add(
                key, code: "EPERM", "only a host that runs as root can run a job as \(name)",
                cure: "run the host as root or as \(name), or take the user out")
            return nil
        }
        let chosenByScript = terms.jobUser == nil && wanted != nil && wanted != terms.defaultUser
        // Without a ceiling nobody allowed the script another user than the usual one.
        if chosenByScript, !(terms.ceiling?.user.contains(name) ?? false) {
            refusals.ceiling(
                key, "the user \(name)",
                line: GrantRefusal.ceilingLine("user", name) + " or jobs = { [\"\(job)\"] = { user = \"\(name)\" } }")
            return nil
        }
        guard account.uid == terms.facts.uid || KernelFloor.users.holder(terms.facts) != nil else {
            refusals.add(
                key, code: "EPERM", "the host may not switch to the user \(name)",
                cure: "give the host CAP_SETUID, CAP_SETGID and CAP_SETPCAP")
            return nil
        }
        return Grant.Identity(
            name: account.name, uid: account.uid, gid: account.gid, groups: account.groups, home: account.home)
    }

    /// Whom a program runs as that asks for a user of its own; nil: as the job. Nil too, with a refusal, where it may
    /// not.
    ///
    /// - Parameters:
    ///   - job: Whom the job runs as; nil: the host's own user.
    func identity(ofProgram program: Needs.Program, _ job: Grant.Identity?, _ refusals: inout Refusals)
        -> Result<Grant.Identity?, Refused>
    {
        guard let name = program.user else { return .success(nil) }
        let key = "needs.run"
        guard let account = Users.account(named: name) else {
            refusals.add(key, code: "ENOENT", "there is no user \(name)", cure: "make it, or name another")
            return .failure(Refused())
        }
        if account.uid == job?.uid ?? terms.facts.uid { return .success(nil) }
        guard [KernelFloor.users, KernelFloor.programsOfOthers].allSatisfy({ $0.holder(terms.facts) != nil }) else {
            refusals.add(
                key, code: "EPERM",
                "only a host that runs as root, and can make PID and mount namespaces, can run \(program.name) as \(name)",
                cure: "run the host as root or as \(name), or take the user out")
            return .failure(Refused())
        }
        let isNamed = terms.needsAreOperators || terms.jobUser == name || terms.defaultUser == name
        guard isNamed || terms.ceiling?.user.contains(name) == true else {
            refusals.ceiling(
                key, "running \(program.name) as \(name)",
                line: GrantRefusal.ceilingLine("user", name)
                    + ", or name it in the needs of jobs = { [\"\(self.job)\"] = { needs = … } }")
            return .failure(Refused())
        }
        return .success(
            Grant.Identity(
                name: account.name, uid: account.uid, gid: account.gid, groups: account.groups, home: account.home))
    }

    /// The refusal is said.
    struct Refused: Error {}
}
