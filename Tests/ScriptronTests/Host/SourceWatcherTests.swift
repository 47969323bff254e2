import Glibc
import Testing

@testable import Scriptron

@Suite("Watching the sources", .timeLimit(.minutes(15))) struct SourceWatcherTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.tree("jobs/backup.lua", "backup 1")
        try directory.tree("jobs/lib/retention.lua", "retention 1")
        try directory.tree("scriptron.lua", "return {}")
    }

    private func watch(_ jobs: String = "jobs") throws -> SourceWatcher {
        try SourceWatcher(SourceLocations(configuration: directory.at("scriptron.lua"), jobs: directory.at(jobs)))
    }

    /// The next change, as it comes in the host: polled, drained, looked at. Nil where none comes in time.
    private func next(_ watcher: SourceWatcher, within seconds: Double = 5) -> SourceSnapshot? {
        let end = Monotonic.now + seconds
        while Monotonic.now < end {
            let wait = min(watcher.due, end) - Monotonic.now
            if watcher.descriptor.becomesReadable(within: max(0, wait) + 0.002) { watcher.drain() }
            if let snapshot = watcher.look(now: Monotonic.now) { return snapshot }
        }
        return nil
    }

    /// Changes until one satisfies `expected`; the last one.
    private func settled(
        _ watcher: SourceWatcher, _ expected: (SourceSnapshot) -> Bool
    ) -> SourceSnapshot {
        var last = watcher.snapshot
        while !expected(last), let snapshot = next(watcher) { last = snapshot }
        return last
    }

    private func text(_ file: WatchedFile?) -> String? { file.map { String(decoding: $0.bytes, as: UTF8.self) } }

    private func move(_ from: String, _ to: String) {
        #expect(rename(directory.at(from).text, directory.at(to).text) == 0)
    }

    @Test("The first look has everything, and no trouble") func first() throws {
        for name in [
            "jobs/backup_spec.lua", "jobs/.hidden.lua", "jobs/#backup.lua#", "jobs/backup.lua~", "jobs/notes.txt",
            "jobs/.backup.lua.swp", "jobs/4913", "jobs/sub/inner.lua", "jobs/.lua",
        ] {
            try directory.tree(name, "no job")
        }
        try directory.directory("jobs/folder.lua")
        let snapshot = try watch().snapshot
        #expect(snapshot.scripts.keys.sorted() == ["backup"])
        #expect(snapshot.scripts["backup"]?.path == directory.at("jobs/backup.lua"))
        #expect(text(snapshot.scripts["backup"]) == "backup 1")
        #expect(snapshot.libraries.keys.sorted() == ["retention"])
        #expect(text(snapshot.configuration) == "return {}")
        #expect(snapshot.failures.isEmpty, "\(snapshot.failures)")
    }

    @Test("A change is told well within a second") func quick() throws {
        let watcher = try watch()
        let start = Monotonic.now
        try directory.file("jobs/backup.lua", "backup 2")
        #expect(text(next(watcher)?.scripts["backup"]) == "backup 2")
        #expect(Monotonic.now - start < 0.9)
    }

    @Test("New, changed, renamed and removed scripts are told") func scripts() throws {
        let watcher = try watch()
        try directory.file("jobs/sweep.lua", "sweep 1")
        #expect(text(next(watcher)?.scripts["sweep"]) == "sweep 1")
        move("jobs/sweep.lua", "jobs/clean.lua")
        #expect(settled(watcher) { $0.scripts["clean"] != nil }.scripts.keys.sorted() == ["backup", "clean"])
        unlink(directory.at("jobs/clean.lua").text)
        #expect(next(watcher)?.scripts.keys.sorted() == ["backup"])
        try directory.file("jobs/lib/retention.lua", "retention 2")
        #expect(text(next(watcher)?.libraries["retention"]) == "retention 2")
        try directory.file("scriptron.lua", "return { 2 }")
        #expect(text(next(watcher)?.configuration) == "return { 2 }")
    }

    @Test("What is no source is not told") func noise() throws {
        let watcher = try watch()
        try directory.file("jobs/notes.txt", "a")
        try directory.file("jobs/.backup.lua.swp", "a")
        try directory.file("other.lua", "a")
        try directory.tree("var/runs/backup/1.jsonl", "a")
        #expect(next(watcher, within: 0.5) == nil)
    }

    @Test("An editor that writes a new file and renames it over the old") func editor() throws {
        let watcher = try watch()
        for round in 2...4 {
            try directory.file("jobs/.backup.lua.new", "backup \(round)")
            move("jobs/.backup.lua.new", "jobs/backup.lua")
            #expect(text(next(watcher)?.scripts["backup"]) == "backup \(round)")
        }
        // As vim does it: the old one is moved away, a new one of the same name is written.
        move("jobs/backup.lua", "jobs/backup.lua~")
        try directory.file("jobs/backup.lua", "backup 5")
        unlink(directory.at("jobs/backup.lua~").text)
        #expect(settled(watcher) { text($0.scripts["backup"]) == "backup 5" }.scripts.count == 1)
    }

    @Test("A file that is written in pieces is read when it is complete") func pieces() throws {
        let watcher = try watch()
        let number = directory.at("jobs/backup.lua").withCString { open($0, O_WRONLY | O_TRUNC | O_CLOEXEC) }
        let file = Descriptor(owning: number)
        for piece in ["one ", "two ", "three"] { try file.write(Array(piece.utf8)) }
        #expect(text(next(watcher)?.scripts["backup"]) == "one two three")
    }

    @Test("Two writes of the same size within one tick of the file's clock are both seen") func sameTick() throws {
        let watcher = try watch()
        try directory.file("jobs/backup.lua", "backup A")
        try directory.age("jobs/backup.lua", to: 1_700_000_000)
        #expect(text(next(watcher)?.scripts["backup"]) == "backup A")
        try directory.file("jobs/backup.lua", "backup B")
        try directory.age("jobs/backup.lua", to: 1_700_000_000)
        #expect(text(next(watcher)?.scripts["backup"]) == "backup B")
    }

    @Test("A file that was touched and not changed is not told") func touched() throws {
        let watcher = try watch()
        try directory.file("jobs/backup.lua", "backup 1")
        #expect(next(watcher, within: 0.5) == nil)
    }

    @Test("Several changes at once are told at once") func burst() throws {
        let watcher = try watch()
        for number in 0..<200 { try directory.file("jobs/job-\(number).lua", "\(number)") }
        let snapshot = settled(watcher) { $0.scripts.count == 201 }
        #expect(snapshot.scripts.count == 201)
        #expect(text(snapshot.scripts["job-199"]) == "199")
    }

    @Test("A jobs directory that is a link, and is pointed elsewhere") func linkedDirectory() throws {
        try directory.tree("releases/1/backup.lua", "release 1")
        try directory.tree("releases/2/backup.lua", "release 2")
        try directory.link("current", to: "releases/1")
        let watcher = try watch("current")
        #expect(text(watcher.snapshot.scripts["backup"]) == "release 1")
        #expect(watcher.snapshot.scripts["backup"]?.path == directory.at("current/backup.lua"))
        try directory.link("current.new", to: "releases/2")
        move("current.new", "current")
        #expect(text(next(watcher)?.scripts["backup"]) == "release 2")
        // The old one no longer matters, the new one does.
        try directory.file("releases/1/backup.lua", "late")
        #expect(next(watcher, within: 0.4) == nil)
        try directory.file("releases/2/backup.lua", "release 2b")
        #expect(text(next(watcher)?.scripts["backup"]) == "release 2b")
    }

    @Test("Kubernetes' way: each file a link through ..data, which is swapped") func kubernetes() throws {
        try directory.tree("mount/..1/backup.lua", "one")
        try directory.tree("mount/..2/backup.lua", "two")
        try directory.link("mount/..data", to: "..1")
        try directory.link("mount/backup.lua", to: "..data/backup.lua")
        let watcher = try watch("mount")
        #expect(text(watcher.snapshot.scripts["backup"]) == "one")
        try directory.link("mount/..data_tmp", to: "..2")
        move("mount/..data_tmp", "mount/..data")
        #expect(text(next(watcher)?.scripts["backup"]) == "two")
        try directory.file("mount/..2/backup.lua", "two and a half")
        #expect(text(next(watcher)?.scripts["backup"]) == "two and a half")
    }

    @Test("A script that is a link to a file elsewhere, changed there and through a chain") func linkedScript() throws {
        try directory.tree("shared/a/sweep.lua", "one")
        try directory.link("middle", to: "shared/a")
        try directory.link("jobs/sweep.lua", to: directory.at("middle/sweep.lua"))
        let watcher = try watch()
        #expect(text(watcher.snapshot.scripts["sweep"]) == "one")
        try directory.file("shared/a/sweep.lua", "two")
        #expect(text(next(watcher)?.scripts["sweep"]) == "two")
        try directory.tree("shared/b/sweep.lua", "three")
        unlink(directory.at("middle").text)
        try directory.link("middle", to: "shared/b")
        #expect(text(settled(watcher) { text($0.scripts["sweep"]) == "three" }.scripts["sweep"]) == "three")
        unlink(directory.at("shared/b/sweep.lua").text)
        let broken = settled(watcher) { !$0.failures.isEmpty }
        #expect(text(broken.scripts["sweep"]) == "three")
        #expect(broken.failures.first?.place == directory.at("jobs/sweep.lua").text)
        try directory.file("shared/b/sweep.lua", "four")
        let mended = settled(watcher) { $0.failures.isEmpty }
        #expect(text(mended.scripts["sweep"]) == "four")
        unlink(directory.at("jobs/sweep.lua").text)
        #expect(next(watcher)?.scripts.keys.sorted() == ["backup"])
    }

    @Test("A deploy that moves the whole directory away and a new one in") func replaced() throws {
        try directory.tree("next/jobs/backup.lua", "new")
        try directory.tree("app/jobs/backup.lua", "old")
        let watcher = try watch("app/jobs")
        move("app", "app.old")
        move("next", "app")
        #expect(text(settled(watcher) { text($0.scripts["backup"]) == "new" }.scripts["backup"]) == "new")
        try directory.file("app.old/jobs/backup.lua", "late")
        #expect(next(watcher, within: 0.4) == nil)
        try directory.file("app/jobs/backup.lua", "newer")
        #expect(text(next(watcher)?.scripts["backup"]) == "newer")
    }

    @Test("A jobs directory that goes away keeps its jobs, with an error, until it is back") func removed() throws {
        let watcher = try watch()
        move("jobs", "away")
        let gone = settled(watcher) { !$0.failures.isEmpty }
        #expect(gone.failures.map(\.place) == [directory.at("jobs").text])
        #expect(gone.failures.first?.code == "ENOENT")
        #expect(text(gone.scripts["backup"]) == "backup 1")
        try directory.tree("jobs/sweep.lua", "sweep")
        let back = settled(watcher) { $0.failures.isEmpty && $0.scripts["sweep"] != nil }
        #expect(back.scripts.keys.sorted() == ["sweep"])
        #expect(back.libraries.isEmpty)
        try directory.tree("jobs/lib/queue.lua", "queue")
        #expect(settled(watcher) { !$0.libraries.isEmpty }.libraries.keys.sorted() == ["queue"])
    }

    @Test("What others could change keeps its last version, with the chmod that cures it") func ownership() throws {
        let watcher = try watch()
        chmod(directory.at("jobs/backup.lua").text, 0o666)
        try directory.file("jobs/backup.lua", "evil", mode: 0o666)
        let refused = settled(watcher) { !$0.failures.isEmpty }
        #expect(refused.failures.map(\.cure) == ["chmod o-w \(directory.at("jobs/backup.lua"))"])
        #expect(text(refused.scripts["backup"]) == "backup 1")
        chmod(directory.at("jobs/backup.lua").text, 0o644)
        #expect(text(settled(watcher) { $0.failures.isEmpty }.scripts["backup"]) == "evil")
        chmod(directory.at("jobs").text, 0o777)
        #expect(settled(watcher) { !$0.failures.isEmpty }.scripts.count == 1)
        chmod(directory.at("jobs").text, 0o755)
        #expect(settled(watcher) { $0.failures.isEmpty }.scripts.count == 1)
    }

    @Test("A script that is too large, or no file at all, is told") func unreadable() throws {
        let watcher = try watch()
        try directory.file("jobs/large.lua", String(repeating: "-", count: 1 << 20) + "-")
        #expect(settled(watcher) { !$0.failures.isEmpty }.failures.map(\.code) == ["EFBIG"])
        unlink(directory.at("jobs/large.lua").text)
        #expect(settled(watcher) { $0.failures.isEmpty }.scripts.count == 1)
        mkfifo(directory.at("jobs/pipe.lua").text, 0o600)
        let told = settled(watcher) { !$0.failures.isEmpty }
        #expect(told.failures.map(\.code) == ["ENOTREG"])
        // The place names it, and the message does not name it again.
        #expect(told.failures.first?.message == "it is a FIFO, no regular file")
        #expect(told.unreadable == ["pipe": told.failures[0]])
        unlink(directory.at("jobs/pipe.lua").text)
        #expect(settled(watcher) { $0.failures.isEmpty }.unreadable.isEmpty)
        symlink("/nowhere/at/all.lua", directory.at("jobs/gone.lua").text)
        let broken = settled(watcher) { !$0.failures.isEmpty }
        #expect(broken.unreadable["gone"]?.message == "it is a link that leads nowhere: there is no /nowhere")
        // What could be read once stays, and is not missing.
        unlink(directory.at("jobs/gone.lua").text)
        _ = settled(watcher) { $0.failures.isEmpty }
        chmod(directory.at("jobs/backup.lua").text, 0o666)
        let kept = settled(watcher) { !$0.failures.isEmpty }
        #expect(kept.unreadable.isEmpty && kept.scripts.count == 1)
    }

    @Test("What the kernel does not tell is found: directories within a minute, files within an hour")
    func untold() throws {
        let clock = ManualClock(SystemClock().now() + 3600)
        try directory.tree("way/jobs/backup.lua", "backup 1")
        let watcher = try SourceWatcher(
            SourceLocations(configuration: nil, jobs: directory.at("way/jobs")), clock: clock)
        // The mode of a directory that is only passed.
        chmod(directory.at("way").text, 0o777)
        watcher.drain()
        #expect(watcher.look(now: clock.monotonic) == nil)
        #expect(watcher.due == SourceWatcher.directoryPeriod)
        clock.advance(by: 60)
        #expect(watcher.look(now: clock.monotonic)?.failures.map(\.code) == ["EMODE"])
        chmod(directory.at("way").text, 0o755)
        clock.advance(by: 60)
        #expect(watcher.look(now: clock.monotonic)?.failures.isEmpty == true)
        // What is written through a mapping of the file.
        let file = Descriptor(owning: directory.at("way/jobs/backup.lua").withCString { open($0, O_RDWR | O_CLOEXEC) })
        let page = try #require(mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0))
        page.storeBytes(of: UInt8(ascii: "B"), as: UInt8.self)
        msync(page, 8, MS_SYNC)
        munmap(page, 8)
        #expect(!watcher.descriptor.becomesReadable(within: 0))
        for _ in 0..<59 {
            clock.advance(by: 60)
            #expect(watcher.look(now: clock.monotonic) == nil)
        }
        clock.advance(by: 60)
        #expect(text(watcher.look(now: clock.monotonic)?.scripts["backup"]) == "Backup 1")
    }

    @Test("More events than the kernel keeps: everything is looked at") func overflow() throws {
        let watcher = try watch()
        let limit =
            Int(
                String(decoding: try Files.readSmall("/proc/sys/fs/inotify/max_queued_events"), as: UTF8.self)
                    .prefix { $0.isNumber }) ?? 16384
        try #require(limit <= 200_000)
        let (one, two) = (directory.at("jobs/x1.txt").text, directory.at("jobs/x2.txt").text)
        try directory.file("jobs/x1.txt")
        for _ in 0...limit / 4 {
            rename(one, two)
            rename(two, one)
        }
        try directory.file("jobs/after.lua", "after")
        let snapshot = settled(watcher) { $0.scripts["after"] != nil }
        #expect(text(snapshot.scripts["after"]) == "after")
    }
}
