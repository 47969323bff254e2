/// What a worker asks of its host: it cannot see it, or must not hold it.
///
/// `Worker` implements it over the worker's channel; `PlannedEffects` answers the writing ones from its overlay. The
/// host answers within the run's grant and treats every request as hostile. Where the host may not look it answers
/// null (unknown).
package protocol HostServices: AnyObject {
    /// Asks and waits for the answer; throws what the host refused or failed with.
    func request(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value

    /// The same for an answer that carries descriptors.
    func requestDescriptors(
        _ service: HostService, _ arguments: [String: Value]
    ) throws(Failure) -> (Value, [Descriptor])

    /// Tells without waiting for an answer.
    func post(_ note: WorkerNote)
}

extension HostServices {
    /// Where there is no channel that descriptors could come by.
    package func requestDescriptors(
        _ service: HostService, _ arguments: [String: Value]
    ) throws(Failure) -> (Value, [Descriptor]) {
        throw Failure(code: "ENOTSUP", "\(service.rawValue) needs a host")
    }
}
