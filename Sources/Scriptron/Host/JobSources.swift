/// Which jobs there are: each script is one, and the configuration may make more out of the same script.
package enum JobSources {
    /// The sources of all jobs, by the scripts and libraries that are there and what the configuration says.
    package static func collect(_ snapshot: SourceSnapshot, _ environment: HostEnvironment) throws(Failure)
        -> [JobSource]
    {
        let configuration = environment.configuration
        let folder = Path(bytes: configuration.jobsDirectory.name).text
        let libraries = snapshot.libraries.mapValues(\.bytes)
        var scripts: [String: String] = [:]
        for name in snapshot.scripts.keys { scripts[name] = name }
        for name in snapshot.unreadable.keys { scripts[name] = name }
        for (name, words) in configuration.jobs {
            // `script` names a file of the jobs directory; without it the job's own name does.
            if let script = words.script {
                scripts[name] = script.hasSuffix(".lua") ? String(script.dropLast(4)) : script
            }
        }
        var sources: [JobSource] = []
        let common = commonKey(configuration)
        for (name, script) in scripts.sorted(by: { $0.key < $1.key }) {
            let shown = "\(folder)/\(script).lua"
            let file = snapshot.scripts[script]
            let path = file?.path ?? configuration.jobsDirectory.appending("\(script).lua")
            let words = configuration.job(name)
            var files: [String: [UInt8]] = [:]
            if let file { files = VersionFiles.collect(script: shown, text: file.bytes, libraries: libraries) }
            var source = JobSource(
                name: name, path: path, script: shown, files: files, isEnabled: words.enabled, key: "")
            if file == nil {
                source.refusal =
                    snapshot.unreadable[script]
                    ?? Failure(
                        code: "ENOENT", "there is no script \(path)", place: "scriptron.lua: jobs.\(name)",
                        cure: "put it there, name another by script, or say enabled = false")
            }
            source.key = try key(source, configuration, common)
            sources.append(source)
        }
        return sources
    }

    /// SHA-256 of everything that loading depends on, besides the machine.
    private static func key(_ source: JobSource, _ configuration: Configuration, _ common: [UInt8]) throws(Failure)
        -> String
    {
        var hashed = try ValueCodec.encode(.map(source.files.mapValues { .bytes($0) }))
        let words = configuration.jobs[source.name].map { "\($0)" } ?? ""
        hashed += Array("\(source.script) \(words) ".utf8)
        hashed += common
        return try Digest.sha256(hashed)
    }

    /// What all jobs depend on: made once for all, for it is long.
    private static func commonKey(_ configuration: Configuration) -> [UInt8] {
        var common = configuration
        common.jobs = [:]
        return Array("\(common)".utf8)
    }

    /// The source that a command's operand means: the name of one of `sources`, or the absolute path of a script, which
    /// is then a job of its own name or of that of `job`. Fails with `ENOJOB` where there is none.
    package static func find(
        _ operand: String, as job: String? = nil, among sources: [JobSource], _ snapshot: SourceSnapshot,
        _ environment: HostEnvironment
    ) throws(Failure) -> JobSource {
        guard operand.hasPrefix("/") else {
            if let known = sources.first(where: { $0.name == job ?? operand }) { return known }
            let nearest = Nearest.names(to: operand, among: sources.map(\.name), limit: 1).first
            throw Failure(
                code: ControlCode.noJob, "there is no job \(operand)",
                cure: nearest.map { "did you mean \($0)?" } ?? "name one of the jobs directory, or a script's path")
        }
        let path = Path(operand).normalized
        let name = job ?? String(Path(bytes: path.name).text.dropLast(path.text.hasSuffix(".lua") ? 4 : 0))
        if let known = sources.first(where: { $0.path == path && $0.name == name }), known.refusal == nil {
            return known
        }
        let text: [UInt8]
        do throws(SystemError) {
            text = try Files.readSmall(path)
        } catch {
            guard error.name != "ENOENT" else {
                throw Failure(
                    code: ControlCode.noJob, "there is no script \(path)", cure: "name a script's path, or a job")
            }
            throw error.failure(cure: "name a script, or a job").at(path.text)
        }
        return try single(
            script: path, as: name, text: text, libraries: snapshot.libraries.mapValues(\.bytes), environment)
    }

    /// The source of a script that need not lie in the jobs directory, as a job of this name.
    package static func single(
        script path: Path, as name: String, text: [UInt8], libraries: [String: [UInt8]], _ environment: HostEnvironment
    ) throws(Failure) -> JobSource {
        let base = environment.configuration.base
        let shown =
            path.isInside(base) ? Path(bytes: Array(path.bytes.dropFirst(base.bytes.count + 1))).text : path.text
        let files = VersionFiles.collect(script: shown, text: text, libraries: libraries)
        var source = JobSource(name: name, path: path, script: shown, files: files, isEnabled: true, key: "")
        let configuration = environment.configuration
        source.key = try key(source, configuration, commonKey(configuration))
        return source
    }
}
