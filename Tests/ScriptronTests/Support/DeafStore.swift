import Synchronization

@testable import Scriptron

/// A store in memory that does what it is asked, and does not say so while it is deaf.
final class DeafStore: Store {
    let isDeaf = Mutex(false)
    private let store = MemoryStore()

    func write<Result: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> Result) throws -> Result {
        try store.write(body)
    }

    func submit<Result: Sendable>(
        weight: Int, _ body: @escaping @Sendable (any StoreSession) throws -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        let isSilent = isDeaf.withLock { $0 }
        store.submit(weight: weight, body) { if !isSilent { completion($0) } }
    }

    func read<Result>(_ body: (any StoreSession) throws -> Result) throws -> Result { try store.read(body) }
    func size() throws -> (bytes: Int64, free: Int64?) { try store.size() }
    func copy(to directory: Path) throws(Failure) -> String { try store.copy(to: directory) }
    func close() { store.close() }
}
