/// The expectations of a job's plans, as a spec's file returns them.
struct JobSpec {
    /// One plan and what is expected of it.
    struct Case {
        var name: String
        var line: Int64?
        /// The instant that the run pretends it to be; nil: now.
        var at: Timestamp?
        var settings: [String: Value]
        /// The files that are there, by their paths.
        var tree: [String: Value]
        var scene: DryRunScene
        var expect: [String: Value]
    }

    /// The name of the job's script, without `.lua`.
    var job: String
    var cases: [Case]

    private static let caseKeys = [
        "name", "line", "at", "settings", "tree", "state", "queues", "machine", "programs", "web", "this", "expect",
    ]
    static let expectKeys = [
        "outcome", "error", "plan", "any_order", "includes", "never", "log", "alerts", "no_alerts", "metrics",
        "warnings", "result",
    ]

    /// - Parameter name: The spec's file as errors show it (`jobs/rotate_spec.lua`).
    init(_ value: Value, name: String, zone: Zone) throws(Failure) {
        let file = Path(bytes: Path(name).name).text
        guard let cases = value["cases"]?.list, let last = file.range(ofSuffix: "_spec.lua") else {
            throw Failure(
                code: "ESPEC", "it is no spec", place: name,
                cure: "name it JOB_spec.lua, and end it in: return spec.of { spec.case \"…\" { … } }")
        }
        job = value["job"]?.text ?? String(file[..<last])
        self.cases = try cases.map { (value) throws(Failure) in try Self.read(value, name, zone) }
    }

    private static func read(_ value: Value, _ file: String, _ zone: Zone) throws(Failure) -> Case {
        guard let map = value.map, let name = map["name"]?.text else {
            throw Failure(
                code: "ESPEC", "what spec.of got has something else than cases in it", place: file,
                cure: "write each as spec.case \"what is so\" { … }")
        }
        let place = place(file, map["line"]?.integer) + ": \(name)"
        try check(map.keys, known: caseKeys, place)
        let expect = map["expect"]?.map ?? [:]
        try check(expect.keys, known: expectKeys, place + ": expect")
        var scene = DryRunScene()
        scene.state = map["state"]?.map ?? [:]
        scene.queues = (map["queues"]?.map ?? [:]).mapValues { $0.list ?? [] }
        scene.machine = map["machine"]?.map ?? [:]
        for service in scene.machine.keys where HostService(rawValue: service) == nil {
            let names = HostService.allCases.map(\.rawValue)
            let near = Nearest.names(to: service, among: names, limit: 1).first
            throw Failure(
                code: "ESPEC", "machine: there is no service \(service)", place: place,
                cure: near.map { "did you mean \($0)?" } ?? "name one of the host's, such as sys.memory")
        }
        scene.programs = map["programs"]?.list ?? []
        scene.web = map["web"]?.list ?? []
        scene.this = map["this"]?.map ?? [:]
        return Case(
            name: name, line: map["line"]?.integer, at: try instant(map["at"], place, zone),
            settings: map["settings"]?.map ?? [:], tree: map["tree"]?.map ?? [:], scene: scene, expect: expect)
    }

    private static func instant(_ value: Value?, _ place: String, _ zone: Zone) throws(Failure) -> Timestamp? {
        guard let value, !value.isNull else { return nil }
        if let epoch = value.double { return Timestamp(epoch) }
        do throws(Failure) {
            return try zone.instant(parsing: value.text ?? "")
        } catch {
            throw Failure(code: "ESPEC", "at: \(error.message)", place: place, cure: error.cure)
        }
    }

    private static func check(_ keys: some Sequence<String>, known: [String], _ place: String) throws(Failure) {
        for key in keys.sorted() where !known.contains(key) {
            let near = Nearest.names(to: key, among: known, limit: 1).first
            throw Failure(
                code: "ESPEC", "unknown key \(key)", place: place,
                cure: near.map { "did you mean \($0)?" } ?? "it takes \(known.joined(separator: ", "))")
        }
    }

    /// `jobs/rotate_spec.lua:12`.
    static func place(_ file: String, _ line: Int64?) -> String { line.map { "\(file):\($0)" } ?? file }
}

extension String {
    /// Where a suffix begins, where the text has more than it.
    fileprivate func range(ofSuffix suffix: String) -> Index? {
        hasSuffix(suffix) && count > suffix.count ? index(endIndex, offsetBy: -suffix.count) : nil
    }
}
