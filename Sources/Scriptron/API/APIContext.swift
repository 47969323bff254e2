/// What the host API acts through, set when an attempt begins.
///
/// The modules are installed in the zygote, before there is any attempt; their functions look here when they are
/// called. One process runs one attempt on one thread, so nothing is locked.
package final class APIContext {
    /// One attempt's means.
    package struct Session {
        package var effects: any Effects
        package var resolver: PathResolver
        package var grant: Grant
        /// The zone of the job's schedule.
        package var zone: Zone
        /// Tells the host what the run uses; nil: nobody wants to know.
        package var uses: UseTeller?
        /// Makes the calls of `parallel`; nil: each blocks.
        package var calls: ParallelCalls?

        package init(effects: any Effects, resolver: PathResolver, grant: Grant, zone: Zone) {
            self.effects = effects
            self.resolver = resolver
            self.grant = grant
            self.zone = zone
        }
    }

    /// How the script said that the run ends. It counts whatever the script does afterwards, so that no `pcall` can
    /// lose it.
    package enum Verdict: Sendable, Hashable {
        /// `this.skip`
        case skip(reason: String)
        /// `this.fail`
        case fail(message: String, retry: Bool)
    }

    /// Nil while headers and settings are evaluated: then there is no API.
    package var session: Session?
    /// The first one that the script gave.
    package private(set) var verdict: Verdict?

    /// What was told once already.
    private var told: Set<String> = []

    package init() {}

    /// Whether this is the first time that it is told.
    func tellOnce(_ text: String) -> Bool { told.count < 100 && told.insert(text).inserted }

    /// The attempt's means; `EEVALUATION` where there is no attempt.
    func current(_ call: String) throws(Failure) -> Session {
        guard let session else {
            throw Failure(
                code: "EEVALUATION", "\(call) is not there while the header and the needs are evaluated",
                cure: "call it in run")
        }
        return session
    }

    /// Keeps the verdict, unless there is one.
    func give(_ verdict: Verdict) { if self.verdict == nil { self.verdict = verdict } }

    /// An address. Libcurl, which reads it, is there for jobs that may connect alone: the others are refused.
    func address(_ text: String, _ call: String) throws(Failure) -> TransferURL {
        let session = try current(call)
        do throws(Failure) {
            return try TransferURL(text)
        } catch {
            guard error.code == "ECURL", session.grant.connect.isEmpty else { throw error }
            let failure = session.resolver.refusal("\(call) may not connect to any server", "connect", "HOST:PORT") {
                !$0.connect.isEmpty
            }
            session.effects.post(.refusal(failure.description))
            throw failure
        }
    }

    /// A path argument, checked against the grant; a refusal is told to the host too.
    func path(
        _ arguments: Arguments, _ index: Int, _ access: Access, name: String = "path", follow: Bool? = nil
    ) throws(Failure) -> CheckedPath {
        try check(try arguments.bytes(index, name), access, call: arguments.function, follow: follow)
    }

    /// A path's bytes, checked against the grant; a refusal is told to the host too.
    func check(
        _ raw: [UInt8], _ access: Access, call: String, follow: Bool? = nil
    ) throws(Failure) -> CheckedPath {
        let session = try current(call)
        do throws(Failure) {
            let path = try session.resolver.check(raw, access, call: call, follow: follow)
            session.uses?.tell(access == .read ? .read(path.path) : .write(path.path))
            return path
        } catch {
            if error.code == "EGRANT" { session.effects.post(.refusal(error.description)) }
            throw error
        }
    }
}
