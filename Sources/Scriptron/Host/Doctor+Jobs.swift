extension Doctor {
    /// The jobs: whether their directory can be read and only be changed by whom the host trusts, and what `check`
    /// found in it.
    ///
    /// - Parameters:
    ///   - isRoot: Whether this is a root host, whose jobs may be of any user and reach anything.
    package static func jobs(_ directory: Path, isRoot: Bool, check: () throws(Failure) -> CheckReport) -> [Fact] {
        do throws(Failure) {
            try SourceOwnership.check(directory)
            let report = try check()
            return [jobs(directory, report), ceiling(report, isRoot: isRoot), alerts(report)]
                + [ownUsers(report, isRoot: isRoot), weakened(report)].compactMap { $0 }
        } catch {
            return [Fact("Configuration", "jobs", .bad, error.message, cure: error.cure)]
        }
    }

    private static func jobs(_ directory: Path, _ report: CheckReport) -> Fact {
        func count(_ state: String) -> Int { report.jobs.count { $0["state"]?.text == state } }
        let words = [("disabled", count("disabled")), ("unconfigured", count("unconfigured")), ("held", count("held"))]
            .filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
        let all = "\(directory.text), \(report.jobs.count) " + (report.jobs.count == 1 ? "job" : "jobs")
        let text = ([all] + words).joined(separator: ", ")
        let errors = report.findings.filter { $0["level"]?.text == "error" && $0["code"]?.text != noCeiling }
        guard let first = errors.first else { return Fact("Configuration", "jobs", .good, text) }
        let place = first["place"]?.text.map { $0 + ": " } ?? ""
        // One line of it: where it was raised, `check` says.
        let line = (first["message"]?.text ?? "").prefix { $0 != "\n" }
        let count = errors.count == 1 ? "1 error" : "\(errors.count) errors, the first"
        return Fact(
            "Configuration", "jobs", .bad, "\(text), \(count): \(place)\(line)",
            cure: "scriptron check shows all of it")
    }

    /// The code of the finding that a root host has no ceiling.
    package static let noCeiling = "ECEILING"

    private static func ceiling(_ report: CheckReport, isRoot: Bool) -> Fact {
        if let finding = report.findings.first(where: { $0["code"]?.text == noCeiling }) {
            return Fact(
                "Configuration", "ceiling", .bad, finding["message"]?.text ?? "there is none",
                cure: finding["cure"]?.text)
        }
        if report.hasCeiling { return Fact("Configuration", "ceiling", .good, "bounds what jobs may declare") }
        return Fact("Configuration", "ceiling", .fact, "none: every job gets what it declares, as far as its user may")
    }

    private static func alerts(_ report: CheckReport) -> Fact {
        if report.channels.isEmpty {
            return Fact(
                "Configuration", "alerts", .warning, "no channel is set: alerts are kept, and sent to nobody",
                cure: "describe one under channels in scriptron.lua")
        }
        if report.heard.isEmpty {
            return Fact(
                "Configuration", "alerts", .warning,
                "no route leads to a channel: alerts are kept, and sent to nobody", cure: "see routes in scriptron.lua")
        }
        let unheard = report.channels.filter { !report.heard.contains($0) }
        let rest = unheard.isEmpty ? "" : "; no route leads to \(list(unheard))"
        return Fact(
            "Configuration", "alerts", unheard.isEmpty ? .good : .warning,
            "go to \(list(report.heard.sorted()))\(rest)", cure: unheard.isEmpty ? nil : "see routes in scriptron.lua")
    }

    private static func ownUsers(_ report: CheckReport, isRoot: Bool) -> Fact? {
        guard isRoot else { return nil }
        let names = report.jobs.filter { $0["user"]?.text == "root" }.compactMap { $0["job"]?.text }
        if names.isEmpty { return Fact("Configuration", "users", .good, "no job runs as root") }
        return Fact(
            "Configuration", "users", .warning,
            "\(names.count) of \(report.jobs.count) jobs \(names.count == 1 ? "runs" : "run") as root: \(list(names))",
            cure: "default_user = \"…\" for all, jobs.NAME.user for one")
    }

    private static func weakened(_ report: CheckReport) -> Fact? {
        let names = report.jobs.compactMap { job in
            job["sandbox"]?.text.flatMap { mode in
                mode == SandboxMode.enforced.rawValue ? nil : "\(job["job"]?.text ?? "?") (\(mode))"
            }
        }
        if names.isEmpty { return nil }
        return Fact(
            "Configuration", "sandboxes", .warning, "not whole, as scriptron.lua says, for \(list(names))",
            cure: "take jobs.NAME.sandbox out")
    }

    /// The first few of them.
    private static func list(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    }
}
