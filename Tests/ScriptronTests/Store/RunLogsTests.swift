import Glibc
import Testing

@testable import Scriptron

@Suite("RunLogs") struct RunLogsTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func logs(run: Int64 = 10 << 20, total: Int64 = 1 << 30) -> RunLogs {
        var limits = RunLogs.Limits()
        limits.run = run
        limits.total = total
        return RunLogs(directory: directory.path.appending("runs"), limits: limits)
    }

    private static func record(_ message: String, at second: Int64 = 1_700_000_000) -> LogRecord {
        LogRecord(time: Timestamp(microseconds: second * 1_000_000 + 123_456), level: "info", message: message)
    }

    private func file(_ logs: RunLogs, _ job: String, _ run: Int64) -> Path {
        logs.directory.appending(job).appending("\(run).jsonl")
    }

    @Test("Records come back as they were written, control characters escaped in the file") func roundTrip() throws {
        let logs = logs()
        var record = Self.record("a\u{1B}[2J\nb\r\u{0}é\u{7F}\u{9B}")
        record.fields = ["path": .bytes([0x2F, 0xFF]), "n": 1, "time": "not the record's"]
        let log = try logs.log(job: "sweep", run: 7)
        try log.append(record)
        try log.append(Self.record("second"))
        #expect(try logs.read(job: "sweep", run: 7).records == [record, Self.record("second")])
        let bytes = try Files.readSmall(file(logs, "sweep", 7))
        #expect(bytes.count { $0 == 0x0A } == 2)
        #expect(!bytes.contains { $0 < 0x20 && $0 != 0x0A || $0 == 0x7F })
        #expect(!bytes.indices.dropLast().contains { bytes[$0] == 0xC2 && bytes[$0 + 1] < 0xA0 })
    }

    @Test("An empty log has no file, and reads as empty") func empty() throws {
        let logs = logs()
        let log = try logs.log(job: "sweep", run: 1)
        log.close()
        #expect(try FileStatus.of(logs.directory, follow: true) == nil)
        #expect(try logs.read(job: "sweep", run: 1) == LogPage())
        #expect(try logs.tail(job: "sweep", run: 1, count: 5) == LogPage())
        #expect(try logs.prune(now: Timestamp(seconds: 0), running: []) == 0)
    }

    @Test("A field that JSON cannot say is named, the rest is kept") func oddFields() throws {
        let logs = logs()
        let log = try logs.log(job: "a", run: 1)
        var record = Self.record("m")
        record.fields = ["nan": .number(.nan), "n": 1]
        try log.append(record)
        #expect(try logs.read(job: "a", run: 1).records.first?.fields == ["n": 1, "dropped": ["nan"]])
    }

    @Test("A log is followed from an offset, whole records at a time", arguments: [1, 10, 100, 1 << 20])
    func follow(_ size: Int) throws {
        let logs = logs()
        let log = try logs.log(job: "a", run: 1)
        var seen: [LogRecord] = []
        var offset: Int64 = 0
        for number in 0..<20 {
            try log.append(Self.record("record \(number) " + String(repeating: "x", count: number * 7)))
            if number % 3 != 0 { continue }
            while true {
                let page = try logs.read(job: "a", run: 1, from: offset, size: size)
                seen += page.records
                offset = page.next
                if page.records.isEmpty { break }
            }
            #expect(seen.count == number + 1)
        }
        #expect(seen.map { $0.message.prefix(8) } == (0..<19).map { "record \($0) ".prefix(8) })
        #expect(try logs.read(job: "a", run: 1, from: 1 << 40).records.isEmpty)
    }

    @Test("The tail is the last records, however long they are", arguments: [0, 1, 3, 500, 2000])
    func tail(_ count: Int) throws {
        let logs = logs()
        let log = try logs.log(job: "a", run: 1)
        for number in 0..<1000 { try log.append(Self.record("\(number) " + String(repeating: "y", count: 200))) }
        let page = try logs.tail(job: "a", run: 1, count: count)
        #expect(page.records.map { $0.message.split(separator: " ")[0] } == (0..<1000).suffix(count).map { "\($0)" })
        #expect(try logs.read(job: "a", run: 1, from: page.next).records.isEmpty)
    }

    @Test("Beyond its limit a log ends with one record that says so, also in a later attempt") func limit() throws {
        let logs = logs(run: 2000)
        for _ in 0..<2 {
            let log = try logs.log(job: "a", run: 1)
            for number in 0..<50 { try log.append(Self.record("\(number) " + String(repeating: "z", count: 100))) }
            log.close()
            try log.append(Self.record("small"))
        }
        let records = try logs.read(job: "a", run: 1).records
        #expect(records.count { $0.fields["truncated"] == true } == 1)
        #expect(records.last?.fields["truncated"] == true)
        #expect(records.count > 10 && records.count < 20)
    }

    @Test("A line that a power loss cut is passed over, and the next one stands alone") func torn() throws {
        let logs = logs()
        let log = try logs.log(job: "a", run: 1)
        try log.append(Self.record("whole"))
        log.close()
        let half = try StateFiles.open(file(logs, "a", 1), .append)
        try half.write(Array(#"{"time":1,"le"#.utf8))
        #expect(try logs.read(job: "a", run: 1).records == [Self.record("whole")])
        try log.append(Self.record("after"))
        let records = try logs.read(job: "a", run: 1).records
        #expect(records.count == 3)
        #expect(records.first == Self.record("whole") && records.last == Self.record("after"))
        #expect(records[1].message.contains("damaged"))
    }

    @Test("Retention removes the old, then the oldest, never what still runs") func prune() throws {
        let logs = logs(total: 40 << 10)
        let day: Int64 = 86400
        let now: Int64 = 1_700_000_000
        for (run, age) in [(1, 31), (2, 31), (3, 29), (4, 5), (5, 4), (6, 3)] as [(Int64, Int64)] {
            let log = try logs.log(job: run % 2 == 0 ? "even" : "odd", run: run)
            for _ in 0..<10 { try log.append(Self.record(String(repeating: "w", count: 1000))) }
            log.close()
            let time = timeval(tv_sec: Int(now - age * day), tv_usec: 0)
            let path = file(logs, run % 2 == 0 ? "even" : "odd", run)
            _ = path.withCString { utimes($0, [time, time]) }
        }
        #expect(try logs.prune(now: Timestamp(seconds: now), running: [2, 4]) == 3, "1 for its age, 3 and 5 for room")
        for (run, there) in [(1, false), (2, true), (3, false), (4, true), (5, false), (6, true)] as [(Int64, Bool)] {
            let path = file(logs, run % 2 == 0 ? "even" : "odd", run)
            #expect((try FileStatus.of(path, follow: false) != nil) == there, "run \(run)")
        }
        #expect(try FileStatus.of(logs.directory.appending("odd"), follow: false) == nil, "an empty directory goes")
        try logs.log(job: "odd", run: 9).append(Self.record("again"))
        #expect(try logs.read(job: "odd", run: 9).records.count == 1)
    }

    @Test("A job's name is a name, not a path", arguments: ["", ".", "..", "../x", "a/b", "/etc", "a\u{0}b"])
    func names(_ job: String) {
        #expect(throws: Failure.self) { try logs().read(job: job, run: 1) }
        #expect(throws: Failure.self) { try logs().log(job: job, run: 1) }
    }
}
