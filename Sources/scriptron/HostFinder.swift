import Scriptron

/// Finds the configuration and the host's socket, by options, environment and the usual places.
struct HostFinder {
    var workingDirectory: Path
    var isRoot: Bool
    /// The value of an environment variable; nil where it is not set.
    var variable: (String) -> String?
    /// Who owns the file at a path; nil where there is none.
    var owner: (Path) -> UInt32?
    /// Whether this user may not even see whether there is something at a path.
    var isHidden: (Path) -> Bool = { _ in false }

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
            owner: { (try? FileStatus.of($0, follow: true))?.uid },
            isHidden: { path in
                do throws(SystemError) {
                    _ = try FileStatus.of(path, follow: true)
                    return false
                } catch {
                    return error.number == ErrorNumber.accessDenied
                }
            })
    }

    /// A path as given on the command line, absolute and without `.` and `..` where that is safe to say.
    func absolute(_ path: String) -> Path { workingDirectory.appending(Path(path)).normalized }

    /// The configuration, as `Configuration.find` finds it; without one, the working directory where it holds jobs
    /// (not for root, who may stand in anybody's directory).
    func configuration(option: String?) throws(Failure) -> ConfigurationPlace {
        let found = Configuration.find(
            argument: option, environment: variable("SCRIPTRON_CONFIG"), isRoot: isRoot,
            workingDirectory: workingDirectory, exists: { owner($0) != nil })
        if found != nil || (!isRoot && owner(workingDirectory.appending("jobs")) != nil) {
            return ConfigurationPlace(file: found, workingDirectory: workingDirectory)
        }
        throw Failure(
            code: "ECONFIG", "there is no scriptron.lua here, and no /etc/scriptron/scriptron.lua",
            cure: "name one with --config or SCRIPTRON_CONFIG"
                + (isRoot ? " (root must, for one in the working directory)" : "")
                + ", or make one with scriptron init DIR")
    }

    /// The host's socket: `--socket`, `$SCRIPTRON_SOCKET`, else in the state directory of the configuration. That is
    /// `var` beside the configuration where a socket is there, else what `locate` finds out from it. For root a
    /// socket in the working directory counts only where it is root's.
    func socket(
        option: String?, config: String?, locate: (ConfigurationPlace) throws(Failure) -> Path
    ) throws(Failure) -> Path {
        if let path = option ?? variable("SCRIPTRON_SOCKET") { return absolute(path) }
        if isRoot, config == nil, variable("SCRIPTRON_CONFIG") == nil {
            let here = socket(in: workingDirectory)
            if owner(here) == 0 { return here }
        }
        let place: ConfigurationPlace
        do throws(Failure) {
            place = try configuration(option: config)
        } catch {
            throw Failure(code: ControlCode.noHost, error.message, cure: error.cure)
        }
        let usual = socket(in: place.base)
        if owner(usual) != nil || isHidden(usual) { return usual }
        return try locate(place).appending("scriptron.sock")
    }

    private func socket(in base: Path) -> Path { base.appending("var/scriptron.sock") }
}
