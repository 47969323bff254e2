import Testing

@testable import Scriptron

@Suite("Zones that change") struct ZoneWatchTests {
    @Test("Another file under a watched name is told once; names that are not watched are not looked at") func told() {
        let sizes = Shared<[String?: Int64]>([nil: 1, "Europe/Paris": 2, "Asia/Tokyo": 3])
        let watch = ZoneWatch { name in ZoneWatch.Mark(size: sizes.value.withLock { $0[name] ?? nil }) }
        watch.add(nil)
        watch.add("Europe/Paris")
        #expect(!watch.hasChanged())
        sizes.value.withLock { $0["Asia/Tokyo"] = 4 }
        #expect(!watch.hasChanged())
        sizes.value.withLock { $0["Europe/Paris"] = 5 }
        // Adding it again forgets nothing.
        watch.add("Europe/Paris")
        #expect(watch.hasChanged())
        #expect(!watch.hasChanged())
        sizes.value.withLock { _ = $0.removeValue(forKey: nil) }
        #expect(watch.hasChanged(), "one that is gone has changed")
    }
}
