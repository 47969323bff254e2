import Synchronization

/// Where the jobs of this host may write, as far as their grants were made: links in these places are the jobs' own
/// words, and lead no other job anywhere.
package final class WriteRoots: Sendable {
    private let roots = Mutex<[String: Set<Path>]>([:])

    package init() {}

    /// Adds what a job's grant lets it write. Nothing is taken away: a link outlives the grant under which it was made.
    package func note(_ job: String, _ grant: Grant) {
        if grant.write.isEmpty { return }
        roots.withLock { $0[job, default: []].formUnion(grant.write.map(grant.real)) }
    }

    /// What all jobs but this one may write, sorted.
    package func ofOthers(_ job: String) -> [Path] {
        roots.withLock { roots in
            roots.filter { $0.key != job }.values.reduce(into: Set<Path>()) { $0.formUnion($1) }.sorted()
        }
    }
}
