import Testing

@testable import Scriptron

@Suite("What waits to be loaded") struct LoadQueueTests {
    private func source(_ name: String, key: String = "1") -> JobSource {
        JobSource(
            name: name, path: Path("/jobs/\(name).lua"), script: "jobs/\(name).lua", files: [:], isEnabled: true,
            key: key)
    }

    private func drain(_ queue: LoadQueue) -> [String] {
        var queue = queue
        var names: [String] = []
        while let source = queue.popFirst() { names.append(source.name + source.key) }
        #expect(queue.isEmpty && queue.sources.isEmpty)
        return names
    }

    @Test("They are loaded in the order in which they came") func order() {
        var queue = LoadQueue()
        #expect(queue.isEmpty && queue.popFirst() == nil)
        for name in ["a", "b", "c"] { queue.append(source(name)) }
        #expect(queue.sources.map(\.name) == ["a", "b", "c"])
        #expect(queue.popFirst()?.name == "a")
        #expect(queue.contains("b") && !queue.contains("a"))
        queue.append(source("a"))
        #expect(drain(queue) == ["b1", "c1", "a1"])
    }

    @Test("Of a job that comes again only the newest is loaded, in its new turn") func again() {
        var queue = LoadQueue()
        for name in ["a", "b"] { queue.append(source(name)) }
        queue.append(source("a", key: "2"))
        #expect(queue.sources.map(\.key) == ["1", "2"])
        #expect(drain(queue) == ["b1", "a2"])
    }

    @Test("Jobs that are gone wait no more; one that comes back waits again") func keep() {
        var queue = LoadQueue()
        for name in ["a", "b", "c"] { queue.append(source(name)) }
        queue.keep(["b"])
        queue.append(source("a", key: "2"))
        #expect(drain(queue) == ["b1", "a2"])
        queue.keep([])
        #expect(queue.isEmpty)
    }
}
