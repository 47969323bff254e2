/// Which channels hear of which alerts (`routes`): the first route that fits decides.
package struct AlertRouting: Sendable, Hashable {
    /// Seconds after which people are told again of an alert that goes on.
    package static let usualReminder = 4 * 3600.0

    package struct Route: Sendable, Hashable {
        /// Empty: any.
        package var severities: Set<Severity> = []
        /// Names of jobs, or the beginning of names and a star; empty: any.
        package var jobs: [String] = []
        /// The channels' names; none: nobody is told.
        package var to: [String]
        /// Seconds; nil: people are told once.
        package var reminder: Double? = AlertRouting.usualReminder

        package init(to: [String]) { self.to = to }

        fileprivate func takes(_ job: String, _ severity: Severity) -> Bool {
            (severities.isEmpty || severities.contains(severity))
                && (jobs.isEmpty || jobs.contains { NamePattern.matches($0, job) })
        }
    }

    package var routes: [Route]

    package init(routes: [Route] = []) { self.routes = routes }

    /// The channels that hear of anything.
    package var channels: Set<String> { Set(routes.flatMap(\.to)) }

    /// The route of an alert; nil: nobody is told of it.
    package func route(_ job: String, _ severity: Severity) -> Route? {
        routes.first { $0.takes(job, severity) }
    }
}
