/// The hidden subcommands of `--shadow`: the first makes the world and reads what it holds at the end, the second is
/// the host of one run inside it.
package enum ShadowCommand {
    /// `scriptron shadow HEX`: makes the world. Dispatched before anything else, for it must have one thread.
    package static let outer = "shadow"
    /// `scriptron shadow-run HEX`: runs the job in it.
    package static let inner = "shadow-run"

    /// What both are told.
    struct Order {
        var place: ConfigurationPlace
        var executable: Path
        /// The job's name, or its script's path, and the name that it has.
        var script: String
        var job: String
        /// As they were worked out outside.
        var settings: Value
        /// The fire time that the script sees; nil: now.
        var at: Timestamp?
        /// An empty directory for the world, and one with a copy of the store.
        var world: Path
        var store: Path
        var size: Int64
        /// What is the host's own.
        var ignored: [Path]
        /// Where the world's host expects the store.
        var storePlace: Path

        var text: String {
            let value: Value = [
                "file": place.file.map { .bytes($0.bytes) } ?? .null, "directory": .bytes(place.workingDirectory.bytes),
                "executable": .bytes(executable.bytes), "script": .text(script), "job": .text(job),
                "settings": settings,
                "at": at.map { .int($0.microseconds) } ?? .null,
                "world": .bytes(world.bytes), "store": .bytes(store.bytes), "size": .int(size),
                "ignored": .list(ignored.map { .bytes($0.bytes) }), "store_place": .bytes(storePlace.bytes),
            ]
            return Hex.encode((try? ValueCodec.encode(value)) ?? [])
        }
    }

    // Making the world.

    /// Runs it with the arguments of this process; its answer goes to descriptor 3.
    package static func makeWorld(_ arguments: [String]) -> Never {
        let output = Descriptor(owning: 3)
        var answer: Value
        do {
            guard let order = arguments.first.flatMap(Order.init) else { ProcessExit.now(2) }
            ProcessTree.dieWithParent()
            answer = try world(order)
        } catch {
            answer = ["error": .text(Failure.wrapping(error).description)]
        }
        try? output.write((try? ValueCodec.encode(answer)) ?? [])
        ProcessExit.now(0)
    }

    private static func world(_ order: Order) throws -> Value {
        do throws(SystemError) {
            try ShadowNamespaces.unshare()
        } catch {
            throw Failure(
                code: "ESHADOW", "the kernel gives this user no namespaces of its own (\(error))",
                cure: "allow unprivileged user namespaces, or run it as root; without --shadow it is planned")
        }
        let world: ShadowWorld
        do throws(SystemError) {
            world = try ShadowWorld(at: order.world, size: order.size)
        } catch {
            throw Failure(
                code: "ESHADOW", "the kernel makes no overlay of the file systems here (\(error))",
                cure: "without --shadow it is planned")
        }
        let (read, child) = try start(order, world)
        var text: [UInt8] = []
        while case let bytes = try read.read(1 << 16), !bytes.isEmpty { text += bytes }
        _ = ProcessExit.reap(pid: child, wait: true)
        var answer =
            (try? ValueCodec.decode(text))?.map ?? [
                "error": "the run in the shadow ended without a word"
            ]
        let changes = try ShadowChanges(
            world.layers, ignoring: order.ignored + [order.world, order.store], state: order.storePlace.parent)
        var plan = changes.plan
        for step in answer["state"]?.list ?? [] {
            let value = step["value"] ?? .null
            plan.add(value.isNull ? "delete state" : "set state", step.map ?? [:])
        }
        answer["plan"] = plan.stepValues
        answer["totals"] = plan.totalValues
        answer["omitted"] = .int(plan.omitted)
        answer["notes"] = .texts(world.notes)
        return .map(answer)
    }

    /// The child, and what it says. Its end of the pipe must be gone here before the first look at the other.
    private static func start(_ order: Order, _ world: ShadowWorld) throws(SystemError) -> (Descriptor, Int32) {
        let pipe = try Pipe()
        let child = try ProcessTree.fork()
        if child == 0 { inside(order, world, pipe.write) }
        return (pipe.read, child)
    }

    /// The init of the new PID namespace: takes the world for its root, and becomes the host of one run.
    private static func inside(_ order: Order, _ world: ShadowWorld, _ output: Descriptor) -> Never {
        do {
            ProcessTree.dieWithParent()
            try ShadowNamespaces.unshareMounts()
            do throws(SystemError) {
                try ShadowNamespaces.mount("proc", at: world.root.appending("proc"))
            } catch {
                throw Failure(
                    code: "ESHADOW", "the kernel gives this user no /proc of its own (\(error))",
                    cure: "run it as root, or where nothing covers parts of /proc; without --shadow it is planned")
            }
            // The run's own store is none of its changes: where these fill their bound, the record is still written.
            let store = world.root.appending(Path(bytes: Array(order.storePlace.bytes.dropFirst())))
            try Directories.create(store, mode: 0o700)
            try ShadowNamespaces.mount("tmpfs", at: store, "mode=700")
            try ShadowNamespaces.pivot(to: world.root)
            try ShadowNamespaces.execute(
                "/proc/self/exe", ["scriptron", inner, order.text],
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"], output: output)
        } catch {
            let answer: Value = ["error": .text(Failure.wrapping(error).description)]
            try? output.write((try? ValueCodec.encode(answer)) ?? [])
        }
        ProcessExit.now(1)
    }

    // In it.

    /// Runs the job; its answer goes to descriptor 3: `row` (the run's) and `log`.
    package static func run(_ arguments: [String]) -> Never {
        let output = Descriptor(owning: 3)
        try? output.setCloseOnExec()
        var answer: Value
        do {
            guard let order = arguments.first.flatMap(Order.init) else { ProcessExit.now(2) }
            answer = try run(order)
        } catch {
            let failure = Failure.wrapping(error)
            answer = ["failure": ["code": .text(failure.code), "text": .text(failure.description)]]
        }
        try? output.write((try? ValueCodec.encode(answer)) ?? [])
        ProcessExit.now(0)
    }

    private static func run(_ order: Order) throws -> Value {
        // The machine's own store may be written meanwhile: here the run finds the copy.
        if try FileStatus.of(order.storePlace, follow: false) != nil { try Directories.empty(order.storePlace) }
        try Directories.create(order.storePlace, mode: 0o700)
        for name in try Directory(order.store).names() {
            let bytes = try Files.readSmall(order.store.appending(Path(bytes: name)), max: 1 << 30)
            _ = try NewFile.create(order.storePlace.appending(Path(bytes: name)), bytes, mode: 0o600)
        }
        let before = try ShadowRecord.facts(of: order.job, in: order.storePlace)
        let commands = LocalCommands(executable: order.executable) { (_, _, _) throws(Failure) in {} }
        let lines = Shared<[Value]>([])
        let row = try commands.runShadow(
            order.script, as: order.job, settings: order.settings, at: order.at, order.place
        ) { line in
            lines.value.withLock { if $0.count < 1000 { $0.append(line) } }
        }
        let record = ShadowRecord(before, try ShadowRecord.facts(of: order.job, in: order.storePlace))
        return [
            "row": row, "log": .list(lines.value.withLock { $0 }), "state": .list(record.state),
            "alerts": .list(record.alerts), "metrics": .list(record.metrics),
        ]
    }
}

extension ShadowCommand.Order {
    /// Out of a word of the command line.
    init?(_ text: String) {
        guard let bytes = Hex.decode(text), let value = try? ValueCodec.decode(bytes) else { return nil }
        func path(_ key: String) -> Path? {
            guard case .bytes(let bytes)? = value[key] else { return nil }
            return Path(bytes: bytes)
        }
        guard let directory = path("directory"), let executable = path("executable"), let job = value["job"]?.text,
            let script = value["script"]?.text, let world = path("world"), let store = path("store"),
            let size = value["size"]?.integer,
            let storePlace = path("store_place")
        else { return nil }
        place = ConfigurationPlace(file: path("file"), workingDirectory: directory)
        self.executable = executable
        self.script = script
        self.job = job
        settings = value["settings"] ?? [:]
        at = value["at"]?.integer.map { Timestamp(microseconds: $0) }
        self.world = world
        self.store = store
        self.size = size
        ignored = (value["ignored"]?.list ?? []).compactMap { item in
            guard case .bytes(let bytes) = item else { return nil }
            return Path(bytes: bytes)
        }
        self.storePlace = storePlace
    }
}
