/// What of the sandbox is in force on one attempt, for its record.
package struct SandboxReport: Sendable, Hashable, CustomStringConvertible {
    /// The layers in force: `mounts`, `landlock-7`, `seccomp`, `caps`, `user=nobody`.
    package var layers: [String] = []
    /// What could not be had and was done without, under `best-effort` alone; each names its reason.
    package var missing: [String] = []

    /// `mounts landlock-7 seccomp caps user=nobody`; without any layer, `off`.
    package var description: String {
        let layers = layers.isEmpty ? "off" : layers.joined(separator: " ")
        return missing.isEmpty ? layers : layers + " (without " + missing.joined(separator: ", ") + ")"
    }
}
