/// What the daemon and every command that works without one begin with: a loop, a zygote, and the configuration as a
/// worker evaluated it.
package final class HostCore: Sendable {
    package let loop: EventLoop
    package let workers: Workers
    package let environment: HostEnvironment
    package let evaluator: Evaluator
    package let loader: JobLoader

    /// Starts a loop and a zygote, and reads the configuration.
    ///
    /// - Parameters:
    ///   - makesMissing: Whether missing write paths under the state directory are made.
    ///   - onZygote: Hears of the zygote's births and deaths.
    package init(
        _ place: ConfigurationPlace, executable: Path, makesMissing: Bool,
        onZygote: @escaping @Sendable (ZygoteProcess.Change) -> Void = { _ in }
    ) throws(Failure) {
        ResourceLimits.raiseOpenFiles()
        do throws(SystemError) {
            let loop = try EventLoop()
            self.loop = loop
            try PlainThread.start(name: "host-loop") { loop.run() }
        } catch {
            throw error.failure()
        }
        let sweeps = (try? ProcessTree.becomeSubreaper()) != nil
        workers = Workers(loop: loop, executable: executable, sweepsOrphans: sweeps, onZygote: onZygote)
        do throws(Failure) {
            try workers.start()
            let configuration = try Self.configuration(place, workers: workers)
            let facts = SandboxFacts.probe()
            var environment = try HostEnvironment(configuration, facts: facts, executable: executable)
            environment.makesMissing = makesMissing
            self.environment = environment
            evaluator = Evaluator(
                workers: workers, base: configuration.base, identity: Self.evaluationIdentity(facts))
            var loader = JobLoader(environment: environment, evaluator: evaluator)
            loader.approvals = Approvals(directory: environment.places.approved)
            self.loader = loader
        } catch {
            workers.stop()
            loop.stop()
            throw error
        }
    }

    /// Ends zygote and loop.
    package func close() {
        workers.stop()
        loop.stop()
    }

    /// The configuration in its file; ownership first, for whoever can write it decides what the host does.
    private static func configuration(_ place: ConfigurationPlace, workers: Workers) throws(Failure) -> Configuration {
        guard let file = place.file else { return Configuration(workingDirectory: place.workingDirectory) }
        let text: [UInt8]
        let cure = "name another file with --config, or make one with scriptron init DIR"
        do throws(Failure) {
            try SourceOwnership.check(file)
        } catch {
            throw Failure(
                code: error.code, error.message, place: error.place,
                cure: error.cure ?? (error.code == "ENOENT" ? cure : nil))
        }
        do throws(SystemError) {
            text = try Files.readSmall(file)
        } catch {
            guard error.name != "EISDIR" else {
                throw Failure(
                    code: error.name, "it is a directory, no configuration", place: file.text,
                    cure: "name the file in it, such as \(file.appending("scriptron.lua"))")
            }
            throw error.failure(cure: cure).at(file.text)
        }
        let evaluator = Evaluator(
            workers: workers, base: file.parent, identity: evaluationIdentity(SandboxFacts.probe()))
        return try evaluator.configuration(text, file: file)
    }

    /// Under a root host evaluations run as nobody.
    private static func evaluationIdentity(_ facts: SandboxFacts) -> Grant.Identity? {
        guard facts.canSwitchUser else { return nil }
        return Grant.Identity(name: "nobody", uid: 65534, gid: 65534, groups: [], home: "/")
    }
}
