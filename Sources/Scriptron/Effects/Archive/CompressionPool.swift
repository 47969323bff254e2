import Synchronization

/// Compresses many files on several threads.
enum CompressionPool {
    typealias Item = (index: Int, work: FileCompression.Work)
    typealias Outcome = (index: Int, outcome: Result<ConvertedFile, any Error>)

    /// How many copies a thread makes durable together: the first takes the others' names to the disk with its own.
    private static let together = 16

    /// What the threads share.
    private final class Shared: Sendable {
        let items: [FileCompression.Work]
        let next = Mutex(0)
        let outcomes = Mutex<[(Int, Result<ConvertedFile, any Error>)]>([])
        let ended = Semaphore()

        init(_ items: [FileCompression.Work]) { self.items = items }

        func take() -> Int? {
            next.withLock { next in
                guard next < items.count else { return nil }
                next += 1
                return next - 1
            }
        }
    }

    /// Each file by one thread, several files at a time; in no order.
    static func run(_ items: [Item], _ compression: FileCompression, threads: Int) -> [Outcome] {
        let shared = Shared(items.map(\.work))
        var started = 0
        // This thread works too.
        for _ in 1..<max(1, min(threads, items.count)) {
            do throws(SystemError) {
                try PlainThread.start(name: "compress") {
                    work(shared, compression)
                    shared.ended.signal()
                }
                started += 1
            } catch {
                // As many as the job may have.
                break
            }
        }
        work(shared, compression)
        for _ in 0..<started { shared.ended.wait() }
        return shared.outcomes.withLock { $0 }.map { (items[$0.0].index, $0.1) }
    }

    private static func work(_ shared: Shared, _ compression: FileCompression) {
        var compressor: Compressor?
        var unnamed: [(Int, FileCompression.Unnamed)] = []
        func publish() {
            for (index, copy) in unnamed {
                let outcome = Result<ConvertedFile, any Error> { try copy.publish() }
                shared.outcomes.withLock { $0.append((index, outcome)) }
            }
            unnamed = []
        }
        while let index = shared.take() {
            do {
                if let compressor { compressor.reset() } else { compressor = try new(compression, threads: 0) }
                guard let compressor else { break }
                unnamed.append((index, try compression.copy(shared.items[index], with: compressor)))
                if unnamed.count == together { publish() }
            } catch {
                shared.outcomes.withLock { $0.append((index, .failure(error))) }
            }
        }
        publish()
    }

    /// One file after the other, each by so many threads beside this one.
    static func inline(_ items: [Item], _ compression: FileCompression, threads: Int) -> [Outcome] {
        items.map { item in
            let outcome = Result<ConvertedFile, any Error> {
                try compression.copy(item.work, with: try new(compression, threads: threads)).publish()
            }
            return (item.index, outcome)
        }
    }

    private static func new(_ compression: FileCompression, threads: Int) throws(Failure) -> Compressor {
        try Compressor(compression.options.format, level: compression.options.level, threads: threads)
    }
}
