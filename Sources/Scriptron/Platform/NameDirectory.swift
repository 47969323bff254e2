import Synchronization

/// The addresses of names, as the host finds them: each name is looked up once at a time, whoever asks, and what was
/// found is believed for a few seconds.
package final class NameDirectory: Sendable {
    /// What a name came to.
    package struct Answer: Sendable, Hashable {
        package var addresses: [IPAddress]
        /// Those of them that the machine's own table (/etc/hosts) gives the name.
        package var ownAddresses: Set<IPAddress> = []

        package init(_ addresses: [IPAddress], own: Set<IPAddress> = []) {
            self.addresses = addresses
            ownAddresses = own
        }
    }

    /// How many answers are kept before old ones are forgotten.
    private static let capacity = 1024

    private struct State {
        var known: [String: (result: Result<Answer, Failure>, at: Double)] = [:]
        var waiting: [String: [@Sendable (Result<Answer, Failure>) -> Void]] = [:]
    }

    private let state = Mutex(State())
    private let threads = WorkQueue(name: "names", width: 64)
    private let life: Double
    private let lookUp: @Sendable (String) throws(Failure) -> Answer
    private let listServers: @Sendable () -> [IPAddress]

    /// - Parameters:
    ///   - life: Seconds for which an answer is believed.
    ///   - servers: The name servers that programs may ask.
    ///   - lookUp: Asks the machine's resolver; it may wait for a name server.
    package init(
        life: Double = 5, servers: @escaping @Sendable () -> [IPAddress] = NameServers.current,
        lookUp: @escaping @Sendable (String) throws(Failure) -> Answer = NameDirectory.machine
    ) {
        self.life = life
        listServers = servers
        self.lookUp = lookUp
    }

    /// The name servers that programs may ask, as they are now.
    package var servers: [IPAddress] { listServers() }

    /// The machine's own answer.
    package static func machine(_ name: String) throws(Failure) -> Answer {
        let addresses = try NameLookup.addresses(of: name).compactMap { IPAddress($0.prefix { $0 != "%" }) }
        let table = (try? Files.readSmall("/etc/hosts", max: 16 << 20)) ?? []
        return Answer(addresses, own: HostsFile.addresses(of: name, in: String(decoding: table, as: UTF8.self)))
    }

    /// What is known of a name without a look; nil: nothing, or too old.
    package func known(_ name: String) -> Result<Answer, Failure>? {
        let entry = state.withLock { $0.known[name.lowercased()] }
        return entry.flatMap { Monotonic.now - $0.at < life ? $0.result : nil }
    }

    /// Looks a name up where it is not known; `reply` is called once, now or later, from any thread.
    package func find(_ name: String, _ reply: @escaping @Sendable (Result<Answer, Failure>) -> Void) {
        let name = name.lowercased()
        if let known = known(name) { return reply(known) }
        let isFirst = state.withLock { state in
            state.waiting[name, default: []].append(reply)
            return state.waiting[name]?.count == 1
        }
        guard isFirst else { return }
        threads.submit { [self] in
            let result = Result { () throws(Failure) in try lookUp(name) }
            let waiting = state.withLock { state in
                let now = Monotonic.now
                if state.known.count >= Self.capacity {
                    state.known = state.known.filter { now - $0.value.at < life }
                }
                state.known[name] = (result, now)
                return state.waiting.removeValue(forKey: name) ?? []
            }
            for reply in waiting { reply(result) }
        }
    }

    /// The addresses of a name, in the resolver's order; waits at most so many seconds. None where there is no such
    /// name.
    package func addresses(of name: String, timeout: Double) throws(Failure) -> [IPAddress] {
        let done = Semaphore()
        let answer = Shared<Result<Answer, Failure>?>(nil)
        find(name) { result in
            answer.value.withLock { $0 = result }
            done.signal()
        }
        _ = done.wait(seconds: timeout)
        guard let result = answer.value.withLock({ $0 }) else {
            throw Failure(
                code: "ETIMEDOUT",
                "the name \(name) could not be resolved within \(Quantity.describe(seconds: timeout))",
                cure: "see whether the name servers of /etc/resolv.conf answer")
        }
        return try result.get().addresses
    }
}
