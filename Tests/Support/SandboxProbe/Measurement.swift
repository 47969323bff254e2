import Glibc
import Scriptron

/// What confining costs: medians in microseconds, of the confining itself and of a child from fork to its end.
struct Measurement {
    let probe: Probe
    let facts: SandboxFacts

    func run() {
        let cache = ConfinementCache(facts: facts)
        let filters = FilterCache()
        do throws(Failure) {
            _ = try cache.confinement(for: probe.grant, scratch: probe.scratch)
            _ = try Confinement.prepare(probe.grant, scratch: probe.scratch, facts: facts, filters: filters)
        } catch {
            fail(error.description)
        }
        time("fork alone") { _ in }
        time("cached") { (end) throws(Failure) in
            _ = try cache.confinement(for: probe.grant, scratch: probe.scratch).apply(keep: [0, 1, 2, end])
        }
        time("prepared each time") { (end) throws(Failure) in
            let confinement = try Confinement.prepare(
                probe.grant, scratch: probe.scratch, facts: facts, filters: filters)
            _ = try confinement.apply(keep: [0, 1, 2, end])
        }
    }

    private func time(_ name: String, _ body: (Int32) throws(Failure) -> Void) {
        var inner: [Double] = []
        var whole: [Double] = []
        for _ in 0..<probe.repeats {
            var ends: [Int32] = [0, 0]
            pipe(&ends)
            let start = Monotonic.now
            let child = inChild(probe) { () throws(Failure) in
                let begin = Monotonic.now
                try body(ends[1])
                var took = Monotonic.now - begin
                write(ends[1], &took, 8)
                return 0
            }
            _ = result(of: child)
            whole.append(Monotonic.now - start)
            var took = 0.0
            read(ends[0], &took, 8)
            inner.append(took)
            close(ends[0])
            close(ends[1])
        }
        say("\(name): confining \(median(inner)) us, fork to end \(median(whole)) us")
    }

    private func median(_ seconds: [Double]) -> Int { Int(seconds.sorted()[seconds.count / 2] * 1e6) }
}
