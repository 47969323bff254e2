/// Which jobs run after which: what their headers' `after` says, taken together.
struct Chains: Sendable {
    /// The jobs that each one follows, of all that are loaded.
    private var followed: [String: [String]] = [:]
    /// The other way round, without those that lead back in a circle.
    private var followers: [String: [String]] = [:]
    /// Jobs that follow each other in a circle have the same number, all others one of their own.
    private var circles: [String: Int] = [:]

    init(_ jobs: [(name: String, after: [String])] = []) {
        for job in jobs { followed[job.name] = job.after }
        circles = Self.circles(followed)
        for job in jobs {
            for earlier in job.after where !isCircle(job.name, earlier) {
                followers[earlier, default: []].append(job.name)
            }
        }
    }

    /// The jobs that run after a success of this one, sorted.
    func followers(of job: String) -> [String] { (followers[job] ?? []).sorted() }

    /// What is wrong with a job's `after`; nil: nothing is. Its other triggers work all the same.
    func problem(of job: String, known names: some Collection<String>) -> Failure? {
        for earlier in followed[job] ?? [] {
            if !names.contains(earlier) {
                let near = Nearest.names(to: earlier, among: names.filter { $0 != job }.sorted(), limit: 1).first
                return Failure(
                    code: "EAFTER", "after: there is no job \(earlier)", cure: near.map { "did you mean \($0)?" })
            }
            if isCircle(job, earlier) {
                let circle = [job] + way(from: earlier, to: job)
                return Failure(
                    code: "EAFTER",
                    "after: the jobs follow each other in a circle (\(circle.joined(separator: " after ")))",
                    cure: "take one of them out; until then \(job) does not follow \(earlier)")
            }
        }
        return nil
    }

    private func isCircle(_ job: String, _ earlier: String) -> Bool {
        job == earlier || circles[job] != nil && circles[job] == circles[earlier]
    }

    /// A shortest way by which one job follows the other: both, and those between.
    private func way(from job: String, to other: String) -> [String] {
        var before: [String: String] = [:]
        var queue = [job][...]
        while let name = queue.popFirst(), name != other {
            for next in followed[name] ?? [] where next != job && before[next] == nil {
                before[next] = name
                queue.append(next)
            }
        }
        var way = [other]
        while let last = way.last, last != job, let previous = before[last] { way.append(previous) }
        return way.reversed()
    }

    /// The strongly connected components (Kosaraju's algorithm), without recursion: chains may be long.
    private static func circles(_ followed: [String: [String]]) -> [String: Int] {
        var order: [String] = []
        var seen: Set<String> = []
        for start in followed.keys where seen.insert(start).inserted {
            var stack: [(name: String, rest: ArraySlice<String>)] = [(start, (followed[start] ?? [])[...])]
            while let top = stack.last {
                guard let next = top.rest.first else {
                    order.append(top.name)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].rest = top.rest.dropFirst()
                if let after = followed[next], seen.insert(next).inserted { stack.append((next, after[...])) }
            }
        }
        var followers: [String: [String]] = [:]
        for (job, after) in followed { for earlier in after { followers[earlier, default: []].append(job) } }
        var circles: [String: Int] = [:]
        for (number, start) in order.reversed().enumerated() where circles[start] == nil {
            var stack = [start]
            while let name = stack.popLast() {
                guard circles[name] == nil else { continue }
                circles[name] = number
                stack += (followers[name] ?? []).filter { circles[$0] == nil }
            }
        }
        return circles
    }
}
