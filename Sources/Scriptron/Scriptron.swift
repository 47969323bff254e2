/// Scriptron: a host for maintenance jobs written in Lua.
///
/// The folders of this module read from the outside in, and depend on each other in one direction only
/// (`scripts/check-layout` holds that): Web, Host, Alerting, Worker, API, Effects, Sandbox, Lua, Store,
/// Schedule, Config, Platform, Model.
public enum Scriptron {
    /// The version that `scriptron --version` prints; semantic versioning.
    public static let version = "0.1.0"

    /// Does what a process of ours was started for by another, where the first word says so; such a process must do
    /// nothing before it.
    package static func serveHidden(_ words: [String]) {
        switch words.first {
        case "zygote": Zygote.main(Array(words.dropFirst()))
        case DiskProbeCommand.name: DiskProbeCommand.main()
        case ShadowCommand.outer: ShadowCommand.makeWorld(Array(words.dropFirst()))
        case ShadowCommand.inner: ShadowCommand.run(Array(words.dropFirst()))
        default: break
        }
    }

    /// What the command line does in its own process.
    package static func commands(executable: Path = ProcessEnvironment.executable) -> some HostCommands {
        LocalCommands(executable: executable) { (socket, owner, host) throws(Failure) in
            let server = try ControlServer(socket: socket, owner: owner, host: host)
            return { server.stop() }
        }
    }
}
