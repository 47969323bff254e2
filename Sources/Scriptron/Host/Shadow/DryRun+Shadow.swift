/// The dry run that really runs: in a world whose changes are thrown away.
extension DryRun {
    /// What changes may take of memory where nobody says otherwise, in bytes.
    static let shadowSize: Int64 = 1 << 30

    /// The report, as of a planned run; `shadow` says how it was made: `size`, and `notes` on what is otherwise there.
    func shadowReport(_ job: LoadedJob) throws(Failure) -> Value {
        let environment = core.environment
        let (world, copy): (Path, Path)
        do throws(SystemError) {
            (world, copy) = (try Directories.temporary(), try Directories.temporary())
        } catch {
            throw error.failure()
        }
        defer {
            try? Directories.remove(world)
            try? Directories.remove(copy)
        }
        try SQLiteStore.copy(from: environment.places.store, to: copy)
        let places = environment.places
        let order = ShadowCommand.Order(
            place: place, executable: environment.executable, script: request.script, job: job.name,
            settings: job.settings, at: request.at, world: world,
            store: copy, size: request.shadow ?? Self.shadowSize,
            ignored: [
                places.store, places.runs, places.scratch, places.leases, places.lock, places.socket, places.approved,
            ], storePlace: places.store)
        let started = Monotonic.now
        let answer = try Self.answer(order)
        if let error = answer["error"]?.text { throw Failure(code: "ESHADOW", "there is no shadow: \(error)") }
        if let failure = answer["failure"] {
            // In a namespace of users root's own files belong to nobody (user_namespaces(7)), and may then be anybody's.
            if !Users.isRoot, ["EOWNER", "EMODE"].contains(failure["code"]?.text) {
                throw Failure(
                    code: "ESHADOW",
                    "there is no shadow: without root it cannot tell whose the files are (\(failure["text"]?.text ?? ""))",
                    cure: "run it as root; without --shadow it is planned")
            }
            throw Failure(
                code: failure["code"]?.text ?? "ESHADOW", "in the shadow: \(failure["text"]?.text ?? "it failed")")
        }
        let row = answer["row"] ?? .null
        var notes = answer["notes"]?.list ?? []
        if request.at != nil {
            notes.append("--at is the fire time that the script sees; its clock, and its programs', are the machine's")
        }
        let rest: [String: Value] = [
            "job": .text(job.name), "script": .text(job.script), "needs": job.grant.needs, "refused": [],
            "plan": answer["plan"] ?? [], "totals": answer["totals"] ?? [], "omitted": answer["omitted"] ?? 0,
            "real": 0, "smallest_needs": .null, "log": answer["log"] ?? [],
            "metrics": answer["metrics"] ?? [], "alerts": answer["alerts"] ?? [],
            "warnings": row["warnings"] ?? [], "outcome": row["outcome"] ?? "failed",
            "reason": row["reason"] ?? .null, "error": row["error"] ?? .null, "result": row["result"] ?? .null,
            "seconds": .number(Monotonic.now - started), "sandbox": row["sandbox"] ?? .null,
            "user": .text(job.userName), "ceiling": job.terms?.ceiling?.value ?? .null,
            "shadow": ["size": .int(order.size), "notes": .list(notes)],
        ]
        return .map(rest.merging(head(job.header, job.schedule, job.zone)) { known, _ in known })
    }

    /// Starts the process that makes the world, and waits for what it says.
    private static func answer(_ order: ShadowCommand.Order) throws(Failure) -> Value {
        do throws(SystemError) {
            let (read, pid) = try start(order)
            var text: [UInt8] = []
            while case let bytes = try read.read(1 << 16), !bytes.isEmpty { text += bytes }
            _ = ProcessExit.reap(pid: pid, wait: true)
            return (try? ValueCodec.decode(text)) ?? ["error": "the process that makes it ended without a word"]
        } catch {
            throw error.failure()
        }
    }

    // The writing end must be gone here before the first look at the other.
    private static func start(_ order: ShadowCommand.Order) throws(SystemError) -> (Descriptor, Int32) {
        let pipe = try Pipe()
        let pid = try Spawn.start(
            order.executable, ["scriptron", ShadowCommand.outer, order.text], environment: [], socket: pipe.write)
        return (pipe.read, pid)
    }
}
