/// What becomes of a run that is asked for by another trigger than the schedule or a person: at the host's start, or
/// after another job's success.
struct Admission: Sendable, Hashable {
    /// Why it is skipped; nil: it waits for its turn.
    private(set) var skipped: String?
    /// Whether what has begun of the job makes way for it.
    private(set) var cancels = false

    init(_ header: JobHeader, _ occupancy: Occupancy, _ exclusions: Exclusions, now: Timestamp) {
        if let exclusion = exclusions.exclusion(at: now) {
            skipped = exclusion.reason
            return
        }
        switch header.overlap {
        case .skip: skipped = occupancy.reason
        case .queue, .cancel:
            // One that waits stands for all that are asked for meanwhile; where all are wanted, each one waits.
            let takesAll = header.overlap == .queue && header.catchUp == .all
            if let waiting = occupancy.firstWaiting, !takesAll {
                skipped = "overlap: run \(waiting) waits already"
            } else {
                cancels = header.overlap == .cancel && occupancy.begun != nil
            }
        case .allow: break
        }
        if skipped == nil, occupancy.waiting >= Occupancy.mostWaiting { skipped = Occupancy.fullReason }
    }

    /// The run as it is claimed.
    func claim(_ run: Run, of job: LoadedJob, now: Timestamp) -> Supervisor.Claim {
        var run = run
        if let skipped {
            run.state = .ended
            run.outcome = .skipped
            run.reason = skipped
            run.finished = now
        }
        return Supervisor.Claim(run: run, job: job, cancels: skipped == nil && cancels)
    }
}
