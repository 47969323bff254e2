/// What a dry run finds in the place of the machine's own: what a spec says the world is.
package struct DryRunScene: Sendable, Hashable {
    /// The job's state.
    package var state: [String: Value] = [:]
    /// The tasks of queues, by the queues' names: each `{body, key}`.
    package var queues: [String: [Value]] = [:]
    /// What services of the host answer, by their names (`sys.memory`).
    package var machine: [String: Value] = [:]
    /// What programs answer: each `{argv, code, stdout, stderr}`.
    package var programs: [Value] = []
    /// What servers answer: each `{method, url, status, headers, body}`.
    package var web: [Value] = []
    /// When files were born and last changed, in nanoseconds since the epoch: what nobody can set on a real file.
    package var born: [Path: Int64] = [:]
    /// Plain fields of `this` that are to be others.
    package var this: [String: Value] = [:]

    package init() {}

    /// What the worker has to know of it.
    var terms: [String: Value] {
        [
            "programs": .list(programs), "web": .list(web),
            "born": .list(born.map { .list([.bytes($0.key.bytes), .int($0.value)]) }),
        ]
    }
}
