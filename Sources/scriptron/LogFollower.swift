import Scriptron

/// Reads a run's log from the host, piece by piece.
struct LogFollower {
    let client: HostClient
    let run: Int64

    /// How long one request waits for news, in seconds.
    static let wait = 10.0

    /// Hands every line to `line`, and progress to `progress`. With `follow` it goes on until the run ends, else until
    /// what is there now is read.
    func read(
        follow: Bool, line: (Value) throws(Failure) -> Void, progress: (Value) -> Void = { _ in }
    ) throws(Failure) {
        var offset: Int64 = 0
        while true {
            let piece = try client.get("/v1/runs/\(run)/log", [("from", "\(offset)")], wait: follow ? Self.wait : 0)
            let lines = piece["lines"]?.list ?? []
            for text in lines { try line(text) }
            if let told = piece["progress"], !told.isNull { progress(told) }
            if piece["ended"]?.bool == true || (!follow && lines.isEmpty) { return }
            offset = piece["next"]?.integer ?? offset
        }
    }
}
