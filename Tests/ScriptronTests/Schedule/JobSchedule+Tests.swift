@testable import Scriptron

extension JobSchedule {
    /// The schedules of a job that is called `j`.
    init(_ texts: [String], zone: Zone) throws(Failure) { try self.init(texts, zone: zone, job: "j") }
}

extension Schedule {
    /// A schedule of a job that is called `j`.
    init(_ text: String) throws(ScheduleFault) { try self.init(text, job: "j") }
}
