import Testing

@testable import Scriptron

@Suite("Limits of a job") struct JobLimitsTests {
    @Test("The header's keys are read, and the operator's go over them one by one") func keys() throws {
        let header = try ConfigFixture.definition(
            """
            limits = { processes = 8, files = 64, file_size = "1MiB", program_memory = "64MiB", output = "1MiB",
              log_rate = 10, scratch = "2MiB", scratch_files = 5 }
            """
        ).header
        var expected = JobLimits()
        (expected.processes, expected.files, expected.fileSize, expected.programMemory) = (8, 64, 1 << 20, 64 << 20)
        (expected.output, expected.logRate, expected.scratch, expected.scratchFiles) = (1 << 20, 10, 2 << 20, 5)
        #expect(header.limits == expected)
        let words = try ConfigFixture.configuration("jobs = { x = { limits = { processes = 9, file_size = false } } }")
        expected.processes = 9
        expected.fileSize = nil
        #expect(try words.job("x").applied(to: header).limits == expected)
        #expect(JobLimits(expected.value) == expected)
        #expect(JobLimits(header.limits.value) == header.limits)
    }

    @Test(
        "What is no limit is refused by its name",
        arguments: [
            ("process = 5", "processes"), ("processes = 1", "from 2"), ("files = 8", "from 32"),
            ("log_rate = 0", "from 1"), ("scratch = -1", "size"), ("program_memory = 5", "16.0 MiB"),
        ])
    func refused(text: String, hint: String) {
        #expect { try ConfigFixture.definition("limits = { \(text) }") } throws: { error in
            let failure = error as? Failure
            return failure?.code == "ECONFIG" && failure?.description.contains("limits") == true
                && failure?.description.contains(hint) == true
        }
    }

    @Test("Lines are let through at their rate, with as many at once after a silence") func lineRate() {
        var rate = LineRate(10, now: 0)
        #expect((0..<30).count { _ in rate.take(now: 0) } == 10)
        #expect(rate.dropped == 20)
        #expect((0..<30).count { _ in rate.take(now: 0.5) } == 5)
        #expect(rate.takeDropped() == 45)
        #expect(rate.dropped == 0)
        #expect((0..<30).count { _ in rate.take(now: 100) } == 10)
    }
}
