@testable import Scriptron

/// Looks from instants around the changes of a zone's clock for the next fire time, and back from it.
struct NextSweep {
    private(set) var looked = 0
    private(set) var wrongs: [String] = []
    private let samples: [JobSchedule?]
    private var generator = ScheduleGenerator(seed: 3)
    /// How many schedules are made at random for each zone.
    var generated = 4

    init() {
        samples = (SampleSchedules.minutely + SampleSchedules.secondly).map { try? JobSchedule([$0], zone: .utc) }
    }

    mutating func look(_ zone: Zone, at changes: [Int64]) {
        var schedules = samples.flatMap { $0?.schedules ?? [] }
        for number in 0..<generated {
            schedules += generator.schedule(.full, seconds: number % 4 == 3, in: zone, job: "j").schedule.schedules
        }
        for change in changes {
            for offset: Int64 in [-7201, -3600, -1800, -1, 0, 1, 1799, 3600, 7199] {
                for schedule in schedules { look(schedule, zone, from: change + offset) }
            }
        }
    }

    private mutating func look(_ schedule: Schedule, _ zone: Zone, from instant: Int64) {
        looked += 1
        guard let next = schedule.next(after: instant, in: zone), next > instant,
            let before = schedule.previous(before: next, in: zone), before <= instant,
            schedule.next(after: before, in: zone) == next
        else {
            wrongs.append("\(schedule) in \(zone.name) after \(instant)")
            return
        }
    }
}
