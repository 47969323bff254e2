import Glibc
import Testing

@testable import Scriptron

@Suite("Inotify", .timeLimit(.minutes(15))) struct InotifyTests {
    private let directory: TemporaryDirectory
    private let inotify: Inotify

    init() throws {
        directory = try TemporaryDirectory()
        inotify = try Inotify()
    }

    /// The events, as `name: what`, that were told since the last look.
    private func names(_ mask: Inotify.Mask) throws -> [String] {
        try inotify.read().filter { !$0.mask.isDisjoint(with: mask) }.map { Path(bytes: $0.name).text }
    }

    @Test("Nothing happened: nothing to read") func quiet() throws {
        _ = try inotify.watch(directory: directory.path)
        #expect(try inotify.read().isEmpty)
        #expect(!inotify.descriptor.becomesReadable(within: 0))
    }

    @Test("Files made, written, renamed and removed are told by name") func files() throws {
        let watch = try inotify.watch(directory: directory.path)
        try directory.file("a", "text")
        #expect(inotify.descriptor.becomesReadable(within: 0))
        #expect(try names(.closedAfterWrite) == ["a"])
        rename(directory.at("a").text, directory.at("a-name-long-enough-to-be-padded").text)
        let events = try inotify.read()
        #expect(events.map(\.watch) == [watch, watch])
        #expect(events.map { Path(bytes: $0.name).text } == ["a", "a-name-long-enough-to-be-padded"])
        #expect(events.map(\.mask) == [.movedFrom, .movedTo])
        unlink(directory.at("a-name-long-enough-to-be-padded").text)
        #expect(try names(.removed) == ["a-name-long-enough-to-be-padded"])
    }

    @Test("The end of the directory itself is told without a name") func ended() throws {
        let inner = try directory.directory("inner")
        let watch = try inotify.watch(directory: inner)
        rmdir(inner.text)
        let events = try inotify.read()
        #expect(events.contains(Inotify.Event(watch: watch, mask: .selfRemoved, name: [])))
        #expect(events.contains(Inotify.Event(watch: watch, mask: .ended, name: [])))
    }

    @Test("A file and a missing directory cannot be watched") func refused() throws {
        let file = try directory.file("a")
        #expect(throws: SystemError.self) { try inotify.watch(directory: file) }
        let error = #expect(throws: SystemError.self) { try inotify.watch(directory: directory.at("none")) }
        #expect(error?.name == "ENOENT")
    }

    @Test("A watch that ended tells nothing") func unwatched() throws {
        let watch = try inotify.watch(directory: directory.path)
        inotify.unwatch(watch)
        inotify.unwatch(watch)
        try directory.file("a")
        #expect(try inotify.read().map(\.mask) == [.ended])
    }

    @Test("More events than one read holds are all told, in order") func many() throws {
        _ = try inotify.watch(directory: directory.path, for: .created)
        for number in 0..<1000 { try directory.file("file-\(number)") }
        #expect(try names(.created) == (0..<1000).map { "file-\($0)" })
    }
}
