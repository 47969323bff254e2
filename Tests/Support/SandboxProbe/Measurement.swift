import Glibc
import Scriptron

/// What confining costs: in microseconds, of the confining itself and of a child from fork to its end, with the page
/// faults of the confining. Medians, and the least, which is what a machine that does nothing else would show.
struct Measurement {
    let probe: Probe
    let facts: SandboxFacts

    func run() {
        let cache = ConfinementCache(facts: facts)
        let filters = FilterCache()
        time("fork alone") { nil }
        time("cached") { () throws(Failure) in try cache.confinement(for: probe.grant, scratch: probe.scratch) }
        time("prepared each time") { () throws(Failure) in
            try Confinement.prepare(probe.grant, scratch: probe.scratch, facts: facts, filters: filters)
        }
    }

    private func time(_ name: String, _ prepare: () throws(Failure) -> Confinement?) {
        var inner: [Double] = []
        var whole: [Double] = []
        var faults: [Double] = []
        for round in 0...probe.repeats {
            var ends: [Int32] = [0, 0]
            pipe(&ends)
            let start = Monotonic.now
            let confinement: Confinement?
            do throws(Failure) { confinement = try prepare() } catch { fail(error.description) }
            let child = inChild(probe) { () throws(Failure) in
                let faultsBefore = Self.faults()
                let begin = Monotonic.now
                _ = try confinement?.apply(keep: [0, 1, 2, ends[1]])
                var took = [Monotonic.now - begin, Double(Self.faults() - faultsBefore)]
                write(ends[1], &took, 16)
                return 0
            }
            _ = result(of: child)
            let end = Monotonic.now
            var took = [0.0, 0.0]
            read(ends[0], &took, 16)
            close(ends[0])
            close(ends[1])
            // The first round prepares.
            if round == 0 { continue }
            whole.append(end - start)
            inner.append(took[0])
            faults.append(took[1] / 1e6)
        }
        say("\(name): confining \(shown(inner)) us with \(shown(faults)) page faults, fork to end \(shown(whole)) us")
    }

    private static func faults() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_minflt
    }

    private func shown(_ seconds: [Double]) -> String {
        let sorted = seconds.sorted()
        return "\(Int((sorted[sorted.count / 2] * 1e6).rounded())) (least \(Int((sorted[0] * 1e6).rounded())))"
    }
}
