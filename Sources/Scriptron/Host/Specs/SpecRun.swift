/// Runs the cases of specs: each dry, in a directory that holds the job, what `jobs/lib` has and the case's own tree,
/// and nothing else.
struct SpecRun {
    let executable: Path

    /// Runs what one file expects; `report` gets a record a case: `spec job case line outcome seconds failures plan`,
    /// where `outcome` is `passed` or `failed`, and a failure has `line what expected came nearest why`.
    func run(
        _ file: Path, name: String, only: String?, report: (Value) -> Void
    ) throws(Failure) {
        let place: Path
        let text: [UInt8]
        do throws(SystemError) {
            text = try Files.readSmall(file)
            place = try Directories.temporary()
        } catch {
            throw error.failure(cure: "name a spec, or a directory of them").at(name)
        }
        defer { try? Directories.remove(place) }
        let jobs = place.appending("jobs")
        do throws(SystemError) {
            try Directories.create(jobs.appending("lib"), mode: 0o755)
        } catch {
            throw error.failure()
        }
        var libraries = try copy(of: file.parent.appending("lib"), to: jobs.appending("lib"))
        libraries["lib/spec.lua"] = Array(SpecLibrary.text.utf8)
        let core = try HostCore(
            ConfigurationPlace(file: nil, workingDirectory: place), executable: executable, makesMissing: false)
        defer { core.close() }
        let value = try core.evaluator.spec(text, name: name, libraries: libraries)
        let zone = core.environment.zone
        let spec = try JobSpec(value, name: name, zone: zone)
        let script = file.parent.appending("\(spec.job).lua")
        do throws(SystemError) {
            _ = try NewFile.create(jobs.appending("\(spec.job).lua"), try Files.readSmall(script), mode: 0o644)
        } catch {
            throw error.failure(cure: "a spec lies beside its job, and has its name: JOB_spec.lua").at(name)
        }
        for (index, one) in spec.cases.enumerated() {
            if let only, !Wildcard.matches("*\(only)*", one.name) { continue }
            if index > 0 { try clear(place) }
            let row: Value
            do throws(Failure) {
                row = try run(one, of: spec, name: name, place, core)
            } catch {
                row = Self.broken(error, spec: name, name: one.name, line: one.line)
            }
            report(row)
        }
    }

    private func run(
        _ one: JobSpec.Case, of spec: JobSpec, name: String, _ place: Path, _ core: HostCore
    ) throws(Failure) -> Value {
        let started = Monotonic.now
        let now = one.at ?? SystemClock().now()
        let where_ = JobSpec.place(name, one.line)
        var scene = one.scene
        scene.born = try SpecTree(base: place, now: now, place: "\(where_): \(one.name)").make(one.tree)
        var request = DryRunRequest(script: spec.job, at: now)
        request.given = GivenSettings(values: one.settings, name: where_)
        request.scene = scene
        var report: Value
        do throws(Failure) {
            report = try DryRun(
                core: core, request: request, place: ConfigurationPlace(file: nil, workingDirectory: place), now: now
            ).report()
        } catch {
            report = ["outcome": "failed", "error": .text(error.description), "plan": []]
        }
        report = Self.relative(report, to: place)
        let failures = SpecComparison(report, one.expect).failures
        return [
            "spec": .text(name), "job": .text(spec.job), "case": .text(one.name),
            "line": one.line.map { .int($0) } ?? .null, "outcome": .text(failures.isEmpty ? "passed" : "failed"),
            "seconds": .number(Monotonic.now - started), "failures": .list(failures),
            "plan": failures.isEmpty ? .null : report["plan"] ?? .null,
        ]
    }

    /// The record of a case, or a whole file, that could not be run.
    static func broken(_ failure: Failure, spec: String, name: String, line: Int64?) -> Value {
        [
            "spec": .text(spec), "job": .null, "case": .text(name), "line": line.map { .int($0) } ?? .null,
            "outcome": "failed", "seconds": 0, "plan": .null,
            "failures": [
                [
                    "what": "broken", "line": line.map { .int($0) } ?? .null, "expected": .null, "came": .null,
                    "nearest": [], "why": .text(failure.description),
                ]
            ],
        ]
    }

    /// Everything but the jobs: the next case begins anew.
    private func clear(_ place: Path) throws(Failure) {
        do throws(SystemError) {
            let directory = try Directory(place)
            for (name, kind) in try directory.namesWithKinds() where name != Array("jobs".utf8) {
                if kind == .directory {
                    try Directories.remove(place.appending(Path(bytes: name)))
                } else {
                    try directory.unlink(name)
                }
            }
        } catch {
            throw error.failure()
        }
    }

    /// Copies the libraries, where there are any; their texts as an evaluation takes them.
    private func copy(of directory: Path, to target: Path) throws(Failure) -> [String: [UInt8]] {
        var texts: [String: [UInt8]] = [:]
        do throws(SystemError) {
            guard try FileStatus.of(directory, follow: true) != nil else { return [:] }
            for name in try Directory(directory).names() {
                let name = Path(bytes: name).text
                guard name.hasSuffix(".lua"), !name.hasPrefix(".") else { continue }
                let text = try Files.readSmall(directory.appending(name))
                _ = try NewFile.create(target.appending(name), text, mode: 0o644)
                texts["lib/\(name)"] = text
            }
        } catch {
            throw error.failure()
        }
        return texts
    }

    /// The same with every path as a spec writes it.
    static func relative(_ value: Value, to base: Path) -> Value {
        switch value {
        case .list(let items): return .list(items.map { relative($0, to: base) })
        case .map(let members): return .map(members.mapValues { relative($0, to: base) })
        case .bytes(let bytes): return .bytes(without(base.bytes, bytes))
        default: return value
        }
    }

    private static func without(_ base: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        guard bytes.count >= base.count, bytes.contains(slash) else { return bytes }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let rest = bytes[index...]
            guard rest.starts(with: base) else {
                result.append(bytes[index])
                index += 1
                continue
            }
            index += base.count
            if index < bytes.count, bytes[index] == slash, index + 1 < bytes.count {
                index += 1
            } else {
                result.append(UInt8(ascii: "."))
            }
        }
        return result
    }
}
