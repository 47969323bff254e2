/// What alerting sees of the host.
extension Daemon {
    /// The jobs that there are, and what is wrong without being the end of a run.
    func lookForAlerts() -> (jobs: Set<String>, findings: [AlertBook.Finding]) {
        let entries = parts.catalog.entries.filter(\.isEnabled)
        var findings: [AlertBook.Finding] = []
        for entry in entries {
            guard let problem = entry.problem else { continue }
            let what = entry.loaded == nil ? "it does not run" : "its newest text is not in force"
            findings.append(
                AlertBook.Finding(
                    job: entry.name, key: "load", severity: .warning, summary: "\(what): \(problem)"))
        }
        for (run, job, pid) in parts.supervisor.unkillable {
            findings.append(
                AlertBook.Finding(
                    job: job, key: "unkillable", severity: .critical,
                    summary: "the kernel cannot kill the process \(pid) of run \(run), which keeps its slot"))
        }
        for (about, failure) in state.withLock({ $0.troubles }) {
            findings.append(
                AlertBook.Finding(
                    job: Alert.host, key: AlertRules.line(String(about.prefix(AlertReport.keyCap / 4))),
                    severity: .warning, summary: "\(about): \(failure)"))
        }
        return (Set(entries.map(\.name)), findings)
    }
}
