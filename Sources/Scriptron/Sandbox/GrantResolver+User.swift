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
        guard account.uid == terms.facts.uid || terms.facts.canSwitchUser else {
            refusals.add(
                key, code: "EPERM", "the host may not switch to the user \(name)",
                cure: "give the host CAP_SETUID, CAP_SETGID and CAP_SETPCAP")
            return nil
        }
        return Grant.Identity(
            name: account.name, uid: account.uid, gid: account.gid, groups: account.groups, home: account.home)
    }
}
