import Synchronization
import Testing

@testable import Scriptron

@Suite("Catalog") struct CatalogTests {
    /// A catalog whose loads end, and whose timers ring, when the test says so.
    private final class Bench: Sendable {
        let loading = Mutex<[(name: String, done: @Sendable (LoadResult) -> Void)]>([])
        let timers = Mutex<[@Sendable () -> Void]>([])
        let updated = Mutex<[String]>([])
        let broken = Mutex<[String]>([])
        private let made = Mutex<Catalog?>(nil)

        var catalog: Catalog {
            made.withLock { made in
                if let made { return made }
                let catalog = Catalog(
                    Catalog.Connections(
                        load: { [unowned self] source, done in loading.withLock { $0.append((source.name, done)) } },
                        later: { [unowned self] _, body in timers.withLock { $0.append(body) } },
                        updated: { [unowned self] job in updated.withLock { $0.append(job.name) } },
                        removed: { _ in }, broken: { [unowned self] name, _ in broken.withLock { $0.append(name) } }))
                made = catalog
                return catalog
            }
        }

        /// Ends the loads of these jobs.
        func finish(_ names: [String]) throws {
            for name in names {
                let done = loading.withLock { loading in
                    loading.firstIndex { $0.name == name }.map { loading.remove(at: $0).done }
                }
                let job = try SchedulerBench.job([], name: name)
                let finish = try #require(done)
                finish(.loaded(job))
            }
        }

        /// Lets all loads that go on take long.
        func ring() {
            let due = timers.withLock { timers in
                defer { timers = [] }
                return timers
            }
            for body in due { body() }
        }

        var names: [String] { loading.withLock { $0.map(\.name) } }
    }

    private func source(_ name: String) -> JobSource {
        JobSource(
            name: name, path: Path("/jobs/\(name).lua"), script: "jobs/\(name).lua", files: [:], isEnabled: true,
            key: name)
    }

    @Test("Only jobs whose zone is another one now are updated, and go by it") func rezone() throws {
        let bench = Bench()
        bench.catalog.take(["here", "there"].map(source))
        let done = bench.loading.withLock { loading in
            defer { loading = [] }
            return loading
        }
        for (name, done) in done {
            done(
                .loaded(
                    try SchedulerBench.job(["0 12 * * *"], name: name) { if name == "there" { $0.timezone = "UTC" } }))
        }
        bench.updated.withLock { $0 = [] }
        let tokyo = try Zone(named: "Asia/Tokyo")
        func zone(_ name: String?) throws(Failure) -> Zone { name == nil ? tokyo : .utc }
        try bench.catalog.rezone(zone)
        #expect(bench.updated.withLock { $0 } == ["here"])
        let noon = Timestamp(seconds: 1_800_000_000)
        #expect(bench.catalog.entry("here")?.loaded?.schedule.next(after: noon)?.seconds == 1_800_068_400)
        #expect(bench.catalog.entry("there")?.loaded?.schedule.next(after: noon)?.seconds == 1_800_014_400)
        try bench.catalog.rezone(zone)
        #expect(bench.updated.withLock { $0 } == ["here"])
    }

    @Test("Headers that take long hold up no other job, and not the start of the host") func slow() throws {
        let bench = Bench()
        let isStarted = Mutex(false)
        let isAll = Mutex(false)
        let sources = (0..<30).map { source("j\($0)") }
        bench.catalog.take(sources, waitsForSlow: false) { isStarted.withLock { $0 = true } }
        bench.catalog.take(sources) { isAll.withLock { $0 = true } }
        #expect(bench.names.count == Catalog.width)
        // The first eight loop: the others are loaded all the same.
        bench.ring()
        let rest = (8..<30).map { "j\($0)" }
        for name in rest {
            #expect(!isStarted.withLock { $0 })
            try bench.finish([name])
        }
        #expect(isStarted.withLock { $0 } && !isAll.withLock { $0 })
        #expect(bench.updated.withLock { $0 } == rest)
        #expect(bench.catalog.pending.map(\.name).sorted() == (0..<8).map { "j\($0)" })
        try bench.finish((0..<8).map { "j\($0)" })
        #expect(isAll.withLock { $0 } && bench.catalog.pending.isEmpty && bench.catalog.entries.count == 30)
    }

    @Test("However many take long, only so many are evaluated at once") func manySlow() throws {
        let bench = Bench()
        bench.catalog.take((0..<100).map { source("j\($0)") })
        for _ in 0..<10 { bench.ring() }
        #expect(bench.names.count == Catalog.width + Catalog.mostSlow)
        try bench.finish(bench.names)
        #expect(bench.names.count == Catalog.width)
    }

    @Test("Jobs that follow are found by the one that they follow, as they are loaded now") func followers() throws {
        let bench = Bench()
        bench.catalog.take(["a", "b"].map(source))
        let done = bench.loading.withLock { $0.map(\.done) }
        done[0](.loaded(try SchedulerBench.job([], name: "a")))
        #expect(bench.catalog.followers(of: "a").isEmpty)
        done[1](.loaded(try SchedulerBench.job([], name: "b") { $0.after = ["a"] }))
        #expect(bench.catalog.followers(of: "a").map(\.name) == ["b"])
        #expect(bench.catalog.chainProblems.isEmpty)
        bench.catalog.take([source("b")])
        #expect(bench.catalog.chainProblems["b"]?.description == "after: there is no job a")
        bench.catalog.take([source("a")])
        #expect(bench.catalog.followers(of: "a").isEmpty, "it is gone")
    }
}
