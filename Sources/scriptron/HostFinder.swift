import Scriptron

/// Finds the configuration and the host's socket, by options, environment and the usual places.
struct HostFinder {
    var workingDirectory: Path
    var isRoot: Bool
    /// The value of an environment variable; nil where it is not set.
    var variable: (String) -> String?
    /// Who owns the file at a path; nil where there is none.
    var owner: (Path) -> UInt32?

    /// The configuration of a machine, where no other is named.
    static let machineConfiguration: Path = "/etc/scriptron/scriptron.lua"
    private static let localConfiguration = "scriptron.lua"

    /// This process's own surroundings.
    static func current() throws(Failure) -> HostFinder {
        let directory: Path
        do throws(SystemError) {
            directory = try ProcessEnvironment.workingDirectory()
        } catch {
            throw error.failure(cure: "change into a directory that exists")
        }
        return HostFinder(
            workingDirectory: directory, isRoot: Users.isRoot, variable: ProcessEnvironment.variable,
            owner: { (try? FileStatus.of($0, follow: true))?.uid })
    }

    /// A path as given on the command line, absolute and without `.` and `..` where that is safe to say.
    func absolute(_ path: String) -> Path { workingDirectory.appending(Path(path)).normalized }

    /// The configuration: `--config`, `$SCRIPTRON_CONFIG`, `./scriptron.lua` (not for root, who may stand in anybody's
    /// directory), `/etc/scriptron/scriptron.lua`.
    func configuration(option: String?) throws(Failure) -> ConfigurationPlace {
        if let named = named(option) { return ConfigurationPlace(file: named) }
        var places = [Self.machineConfiguration]
        if !isRoot { places.insert(absolute(Self.localConfiguration), at: 0) }
        for place in places where owner(place) != nil { return ConfigurationPlace(file: place) }
        throw Failure(
            code: "ECONFIG",
            "there is no configuration: looked for " + places.map(\.text).joined(separator: " and "),
            cure: "name one with --config or SCRIPTRON_CONFIG"
                + (isRoot ? " (root must, for a scriptron.lua in the working directory)" : "")
                + ", or make one with scriptron init DIR")
    }

    /// The host's socket: `--socket`, `$SCRIPTRON_SOCKET`, else in the state directory of the configuration. That is
    /// `var` beside the configuration where a socket is there, else what `locate` finds out from it. For root a
    /// socket in the working directory counts only where it is root's.
    func socket(
        option: String?, config: String?, locate: (ConfigurationPlace) throws(Failure) -> Path
    ) throws(Failure) -> Path {
        if let path = option ?? variable("SCRIPTRON_SOCKET") { return absolute(path) }
        if named(config) == nil, isRoot {
            let here = socket(beside: absolute(Self.localConfiguration))
            if owner(here) == 0 { return here }
        }
        let place: ConfigurationPlace
        do throws(Failure) {
            place = try configuration(option: config)
        } catch {
            throw Failure(code: ControlCode.noHost, error.message, cure: error.cure)
        }
        let usual = socket(beside: place.file)
        if owner(usual) != nil { return usual }
        return try locate(place).appending("scriptron.sock")
    }

    private func named(_ option: String?) -> Path? {
        (option ?? variable("SCRIPTRON_CONFIG")).map { absolute($0) }
    }

    private func socket(beside configuration: Path) -> Path {
        configuration.parent.appending("var/scriptron.sock")
    }
}
