import Testing

@testable import Scriptron

@Suite("Admission") struct AdmissionTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var name: String
        var overlap: Overlap
        var catchUp = CatchUp.once
        var begun: Int64?
        var waiting = 0
        var skipped: String?
        var cancels = false
        var testDescription: String { name }
    }

    static let rows = [
        Row(name: "skip, idle", overlap: .skip),
        Row(name: "skip, one runs", overlap: .skip, begun: 7, skipped: "overlap: run 7 still runs"),
        Row(name: "skip, one waits", overlap: .skip, waiting: 1, skipped: "overlap: run 8 still waits"),
        Row(name: "queue, one runs", overlap: .queue, begun: 7),
        Row(name: "queue, one waits", overlap: .queue, begun: 7, waiting: 1, skipped: "overlap: run 8 waits already"),
        Row(name: "queue of all, one waits", overlap: .queue, catchUp: .all, begun: 7, waiting: 1),
        Row(
            name: "queue of all, a thousand wait", overlap: .queue, catchUp: .all, begun: 7, waiting: 1000,
            skipped: "overlap: 1000 runs of it wait"),
        Row(name: "cancel, one runs", overlap: .cancel, begun: 7, cancels: true),
        Row(name: "cancel, one waits", overlap: .cancel, begun: 7, waiting: 1, skipped: "overlap: run 8 waits already"),
        Row(name: "cancel, idle", overlap: .cancel),
        Row(name: "allow, many", overlap: .allow, begun: 7, waiting: 999),
        Row(name: "allow, too many", overlap: .allow, waiting: 1000, skipped: "overlap: 1000 runs of it wait"),
    ]

    @Test("A run that is asked for beside the schedule waits, or is skipped with its reason", arguments: rows)
    func admission(row: Row) {
        var header = JobHeader()
        (header.overlap, header.catchUp) = (row.overlap, row.catchUp)
        var occupancy = Occupancy()
        occupancy.begun = row.begun
        occupancy.waiting = row.waiting
        occupancy.firstWaiting = row.waiting > 0 ? 8 : nil
        let admission = Admission(header, occupancy, Exclusions(), now: Timestamp(seconds: 0))
        #expect(admission.skipped == row.skipped && admission.cancels == row.cancels)
    }

    @Test("In a window and in a pause it is skipped, whatever else") func excluded() throws {
        var header = JobHeader()
        header.overlap = .allow
        let windows = Exclusions(blackouts: try Blackouts(["00:00-01:00"], zone: .utc))
        let inside = Admission(header, Occupancy(), windows, now: Timestamp(seconds: 1800))
        #expect(inside.skipped == "in its window \"00:00-01:00\" of except")
        #expect(Admission(header, Occupancy(), windows, now: Timestamp(seconds: 3600)).skipped == nil)
    }
}
