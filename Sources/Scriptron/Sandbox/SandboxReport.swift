/// What of the sandbox is in force on one attempt, for its record.
package struct SandboxReport: Sendable, Hashable, CustomStringConvertible {
    /// The layers in force: `mounts`, `pids`, `caps`, `user=nobody`, `landlock-7`, `errata=1,2`, `seccomp`, and who judges
    /// connections: `broker`, or `ports`. `off` stands for none.
    package var layers: [String] = []
    /// What holds the limits of processes and memory: `processes=namespace`, `memory=cgroup-2`.
    package var limits: [String] = []
    /// What could not be had and was done without, under `best-effort` alone; each names its reason.
    package var missing: [String] = []

    /// `mounts pids caps user=nobody landlock-7 seccomp processes=namespace memory=lua`.
    package var description: String {
        let words = (layers + limits).joined(separator: " ")
        return missing.isEmpty ? words : words + " (without " + missing.joined(separator: ", ") + ")"
    }
}
