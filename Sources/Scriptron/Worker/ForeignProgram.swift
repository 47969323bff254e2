/// A program of another user that a worker asked for: what is executed, and as whom.
///
/// The worker's words are hostile. What is taken of them is checked against the grant; the user, the path and what every
/// program gets come from the grant and from here.
package struct ForeignProgram: Sendable, Hashable {
    /// The most bytes of arguments and environment: less than the kernel takes.
    private static let most = 1 << 20

    let path: Path
    let identity: Grant.Identity
    let arguments: [[UInt8]]
    /// `NAME=value` each.
    let environment: [[UInt8]]
    let directory: Path

    /// What a worker asks for, where the grant allows it.
    package init(_ asked: [String: Value], grant: Grant) throws(Failure) {
        func malformed(_ what: String) -> Failure { Failure(code: "EARGUMENT", "program.start: \(what)") }
        guard case .bytes(let path)? = asked["path"], let user = asked["user"]?.text,
            let program = grant.programs.first(where: { $0.path.bytes == path && $0.user?.name == user }),
            let identity = program.user
        else { throw Failure(code: "EGRANT", "program.start: no such program is granted as such a user") }
        let arguments = asked["arguments"]?.list?.compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } }
        guard let arguments, !arguments.isEmpty, arguments.count == asked["arguments"]?.list?.count,
            !arguments.contains(where: { $0.contains(0) })
        else { throw malformed("arguments are texts without NUL") }
        guard let given = asked["environment"]?.map, case .bytes(let directory)? = asked["directory"],
            directory.first == UInt8(ascii: "/"), !directory.contains(0)
        else { throw malformed("it names its environment and an absolute directory") }
        var environment: [String: [UInt8]] = [
            "PATH": Array(ProgramFinder.searchPath.map(\.text).joined(separator: ":").utf8),
            "HOME": identity.home.bytes, "LANG": Array("C.UTF-8".utf8), "USER": Array(identity.name.utf8),
            "LOGNAME": Array(identity.name.utf8),
        ]
        for (name, value) in given {
            guard case .bytes(let bytes) = value, !bytes.contains(0), !name.isEmpty, !name.contains("="),
                !name.utf8.contains(0), !EnvironmentRules.refuses(name)
            else { throw malformed("its environment has what no program may be given") }
            environment[name] = bytes
        }
        self.path = program.path
        self.identity = identity
        self.arguments = arguments
        self.directory = Path(bytes: directory)
        self.environment = environment.sorted { $0.key < $1.key }.map {
            Array($0.key.utf8) + [UInt8(ascii: "=")] + $0.value
        }
        let size = (self.arguments + self.environment).reduce(0) { $0 + $1.count + 9 }
        guard size <= Self.most else {
            throw Failure(
                code: "E2BIG",
                "program.start: arguments and environment are larger than "
                    + Quantity.describe(bytes: Int64(Self.most)), cure: "hand over what is large by stdin")
        }
    }

    /// As the zygote gets it.
    var value: Value {
        [
            "path": .bytes(path.bytes), "identity": identity.value, "directory": .bytes(directory.bytes),
            "arguments": .list(arguments.map { .bytes($0) }), "environment": .list(environment.map { .bytes($0) }),
        ]
    }

    init(decoding value: Value) throws(Failure) {
        func strings(_ key: String) -> [[UInt8]]? {
            value[key]?.list?.compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } }
        }
        guard case .bytes(let path)? = value["path"], case .bytes(let directory)? = value["directory"],
            let identity = value["identity"].flatMap(Grant.Identity.init), let arguments = strings("arguments"),
            let environment = strings("environment")
        else { throw Failure(code: "EFRAME", "the host sent a program that is none") }
        self.path = Path(bytes: path)
        self.directory = Path(bytes: directory)
        self.identity = identity
        self.arguments = arguments
        self.environment = environment
    }

    /// Confines this process, freshly forked into the namespace of its worker, and becomes the program.
    ///
    /// - Parameters:
    ///   - group: The control groups of its worker.
    ///   - numbers: Input, output, errors, status, and the channel over which its listener is handed to the host.
    func become(_ confinement: Confinement, _ group: RunGroup?, _ numbers: [Int32]) -> Never {
        var numbers = numbers
        var status = numbers[3]
        var failed = ProgramStatus.failed(.confine, errno: ErrorNumber.notPermitted)
        do {
            numbers = try ProgramImageStart.place(numbers)
            status = numbers[3]
            try group?.enter()
            confinement.join()
            let (_, listener) = try confinement.apply(keep: numbers)
            if let listener {
                try ListenerHandover.hand(listener, over: PacketSocket(owning: numbers[4]))
                Descriptor.close([listener])
            }
            failed = ProgramImageStart.execute(
                path, arguments, environment, directory: directory,
                addressSpace: group?.limitsMemory == true ? nil : confinement.grant.limits.programMemory)
        } catch {
            // The text goes where a program's last words go.
            try? Descriptor(owning: numbers[2]).write(Array("\(Failure.wrapping(error))\n".utf8))
        }
        try? Descriptor(owning: status).write(failed.bytes)
        ProcessExit.now(127)
    }
}

/// What the host asks of its zygote for a program of another user.
struct ProgramOrder: Sendable, Hashable {
    /// The host's number for it.
    var id: Int64
    /// The pid of the worker that it is for.
    var worker: Int32
    var grantKey: String
    var scratch: Path?

    var value: Value {
        [
            "program": .int(id), "worker": .int(Int64(worker)), "grant": .text(grantKey),
            "scratch": scratch.map { .bytes($0.bytes) } ?? .null,
        ]
    }

    init(id: Int64, worker: Int32, grantKey: String, scratch: Path?) {
        self.id = id
        self.worker = worker
        self.grantKey = grantKey
        self.scratch = scratch
    }

    init?(_ value: Value) {
        guard let id = value["program"]?.integer, let key = value["grant"]?.text,
            let worker = value["worker"]?.integer.flatMap({ Int32(exactly: $0) })
        else { return nil }
        self.init(id: id, worker: worker, grantKey: key, scratch: nil)
        if case .bytes(let scratch)? = value["scratch"] { self.scratch = Path(bytes: scratch) }
    }
}
