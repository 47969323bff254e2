import Testing

@testable import Scriptron

@Suite("MachineFigures") struct MachineFiguresTests {
    private static let stat = """
        cpu  200 10 100 600 40 5 15 30 50 0
        cpu0 100 5 50 300 20 5 5 15 25 0
        cpu1 100 5 50 300 20 0 10 15 25 0
        intr 12345 0 0
        ctxt 99
        btime 1700000000
        processes 4711

        """

    @Test("Processors are read with their count, guests counted once") func processors() throws {
        let figures = try #require(MachineFigures.Processors(Self.stat))
        #expect(figures.user == 210 && figures.system == 120 && figures.idle == 600)
        #expect(figures.iowait == 40 && figures.steal == 30 && figures.count == 2)
        #expect(MachineFigures.bootTime(Self.stat) == Timestamp(seconds: 1_700_000_000))
        #expect(MachineFigures.Processors("cpu  1 2 3 4 5 6 7\n")?.steal == 0, "before Linux 2.6.11")
    }

    @Test("What is no /proc/stat is none", arguments: ["", "cpu", "cpu  1 2 3\n", "cpu0 1 2 3 4 5 6 7 8\n"])
    func noProcessors(_ text: String) { #expect(MachineFigures.Processors(text) == nil) }

    @Test("Shares are of the time since the earlier look, and add up to one") func shares() throws {
        let before = try #require(MachineFigures.Processors("cpu  100 0 100 1000 100 0 0 0 0 0\n"))
        let after = try #require(MachineFigures.Processors("cpu  130 0 110 1050 106 0 0 4 0 0\n"))
        let shares = after.shares(since: before)
        for (name, share) in ["user": 0.3, "system": 0.1, "idle": 0.5, "iowait": 0.06, "steal": 0.04, "busy": 0.44] {
            #expect(abs((shares[name]?.double ?? -1) - share) < 1e-12, "\(name)")
        }
        #expect(before.shares(since: before) == .null, "no time has passed")
    }

    @Test("A counter that steps back counts as none") func backward() throws {
        let before = try #require(MachineFigures.Processors("cpu  100 0 0 1000 500 0 0 0\n"))
        let after = try #require(MachineFigures.Processors("cpu  110 0 0 1010 490 0 0 0\n"))
        #expect(after.shares(since: before)["iowait"] == .number(0))
        #expect(after.shares(since: before)["busy"] == .number(0.5))
    }

    @Test("Memory is told in bytes; an old kernel's available is worked out") func memory() {
        let text = """
            MemTotal:       1000 kB
            MemFree:         200 kB
            MemAvailable:    700 kB
            Buffers:          50 kB
            Cached:          400 kB
            SwapTotal:       100 kB
            SwapFree:         90 kB
            HugePages_Total:   0

            """
        #expect(
            MachineFigures.memory(text) == [
                "total": 1_024_000, "free": 204_800, "available": 716_800, "cached": 460_800, "swap_total": 102_400,
                "swap_free": 92_160,
            ])
        let old = text.split(separator: "\n").filter { !$0.hasPrefix("MemAvailable") }.joined(separator: "\n")
        #expect(MachineFigures.memory(old)?["available"] == 665_600)
        #expect(MachineFigures.memory("MemFree: 1 kB\n") == nil)
    }

    @Test(
        "A container's memory is what its limit leaves, but never more than the machine has",
        arguments: [
            ("max\n", "300\n", "inactive_file 50\n", 1000, 600, 400), ("2000\n", "300\n", "", 1000, 600, 400),
            ("500\n", "300\n", "anon 9\ninactive_file 100\n", 500, 300, 200), ("500\n", "300\n", "", 500, 200, 200),
            ("500\n", "700\n", "inactive_file 0\n", 500, 0, 0),
            ("900\n", "100\n", "inactive_file 900\n", 900, 600, 400),
            ("none", "300\n", "", 1000, 600, 400),
        ] as [(String, String, String, Int64, Int64, Int64)]) func container(
            limit: String, current: String, statistics: String, total: Int64, available: Int64, free: Int64
        )
    {
        let machine: Value = ["total": 1000, "available": 600, "free": 400, "swap_total": 7]
        #expect(
            MachineFigures.memory(machine, limit: limit, current: current, statistics: statistics) == [
                "total": .int(total), "available": .int(available), "free": .int(free), "swap_total": 7,
            ])
    }

    @Test("Load comes with the cores") func load() {
        #expect(
            MachineFigures.load("0.50 1.25 2.00 1/100 4711\n", cores: 4)
                == ["one": 0.5, "five": 1.25, "fifteen": 2.0, "cores": 4])
        #expect(MachineFigures.load("0.50\n", cores: 4) == nil)
    }

    @Test(
        "Pressure is told as the kernel does",
        arguments: [
            (
                "some avg10=1.50 avg60=0.25 avg300=0.00 total=1\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=0\n",
                ["some10": 1.5, "some60": 0.25, "some300": 0.0, "full10": 0.5, "full60": 0.0, "full300": 0.0]
            ),
            (
                "some avg10=1.50 avg60=0.25 avg300=0.00 total=1\n",
                ["some10": 1.5, "some60": 0.25, "some300": 0.0]
            ), ("", nil), ("nonsense\n", nil),
        ] as [(String, Value?)]
    ) func pressure(_ row: (text: String, value: Value?)) {
        #expect(MachineFigures.pressure(row.text) == row.value)
    }

    @Test("Uptime is the first number") func uptime() {
        #expect(MachineFigures.uptime("350735.47 234388.90\n") == 350735.47)
        #expect(MachineFigures.uptime("") == nil)
    }
}
