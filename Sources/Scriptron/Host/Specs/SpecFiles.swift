/// Which specs are meant by paths on the command line.
enum SpecFiles {
    /// The files themselves, and all `*_spec.lua` of directories, with the names that people read.
    static func find(_ operands: [(name: String, path: Path)]) throws(Failure) -> [(name: String, path: Path)] {
        var found: [(name: String, path: Path)] = []
        for (name, path) in operands {
            guard let status = try told({ () throws(SystemError) in try FileStatus.of(path, follow: true) }) else {
                throw Failure(
                    code: ControlCode.noJob, "there is no spec \(name)", cure: "name a spec, or a directory of them")
            }
            guard status.kind == .directory else {
                found.append((name, path))
                continue
            }
            let names = try told { () throws(SystemError) in try Directory(path).names() }
            let specs = names.map { Path(bytes: $0).text }.filter { $0.hasSuffix("_spec.lua") && !$0.hasPrefix(".") }
            let prefix = name.hasSuffix("/") ? name : name + "/"
            found += specs.sorted().map { (prefix + $0, path.appending($0)) }
        }
        if found.isEmpty {
            throw Failure(
                code: ControlCode.noJob, "there is no spec in \(operands.map(\.name).joined(separator: ", "))",
                cure: "write one: JOB_spec.lua beside JOB.lua")
        }
        return found
    }

    private static func told<Result>(_ body: () throws(SystemError) -> Result) throws(Failure) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw error.failure()
        }
    }
}
