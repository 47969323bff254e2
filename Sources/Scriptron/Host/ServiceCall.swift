/// A service that a worker asks for, and in whose name.
package struct ServiceCall: Sendable {
    package var service: HostService
    package var arguments: [String: Value]
    package var job: String
    package var run: Int64
    package var grant: Grant
    /// The run's own directory; nil: it has none.
    package var scratch: Path?
}
