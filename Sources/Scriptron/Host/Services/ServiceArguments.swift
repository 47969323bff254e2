/// The arguments of a service as a worker sent them, each checked before it is used.
package struct ServiceArguments: Sendable {
    /// The most files that one call may ask about.
    private static let fileCap = 100_000
    /// The longest that a call waits for a lock, in seconds.
    private static let waitCap = 24 * 3600.0

    let service: HostService
    let values: [String: Value]

    package init(service: HostService, values: [String: Value]) {
        self.service = service
        self.values = values
    }

    /// How long a look may take, in seconds.
    func timeout() throws(Failure) -> Double {
        guard let value = values["timeout"], !value.isNull else { return 2 }
        guard let seconds = value.double, seconds.isFinite else { throw wrong("timeout", "a number of seconds") }
        return min(max(seconds, 0.05), 60)
    }

    func integer(_ name: String) throws(Failure) -> Int64 {
        guard let value = values[name]?.integer else { throw wrong(name, "a whole number") }
        return value
    }

    func text(_ name: String, max: Int = 4096) throws(Failure) -> String {
        guard let text = values[name]?.text, !text.isEmpty, text.utf8.count <= max, !text.utf8.contains(0) else {
            throw wrong(name, "text of 1 to \(max) bytes")
        }
        return text
    }

    /// An absolute path, normalized.
    func path(_ name: String) throws(Failure) -> Path {
        guard let value = values[name] else { throw wrong(name, "an absolute path") }
        return try path(value, name)
    }

    private func path(_ value: Value, _ name: String) throws(Failure) -> Path {
        guard case .bytes(let bytes) = value, !bytes.contains(0), bytes.count <= 4096, Path(bytes: bytes).isAbsolute
        else { throw wrong(name, "an absolute path") }
        return Path(bytes: bytes).normalized
    }

    /// A lock's name, and how long to wait for it in seconds.
    package func lock() throws(Failure) -> (name: String, wait: Double) {
        let name = try text("name", max: 256)
        guard let value = values["wait"], !value.isNull else { return (name, 0) }
        guard let wait = value.double, wait.isFinite else { throw wrong("wait", "a number of seconds") }
        return (name, min(max(wait, 0), Self.waitCap))
    }

    /// The files that are asked about: `{device, inode}`, or `{paths}` within the grant.
    func files(_ grant: Grant) throws(Failure) -> Set<FileID> {
        guard let paths = values["paths"], !paths.isNull else { return [try file(.map(values))] }
        guard let list = paths.list, list.count <= Self.fileCap else { throw wrong("paths", "a list of paths") }
        var files: Set<FileID> = []
        for value in list {
            guard let file = try granted(try path(value, "paths"), grant, follow: false) else { continue }
            do throws(SystemError) { files.insert(try FileStatus(of: file).id) } catch { throw error.failure() }
        }
        return files
    }

    /// The files of `{entries}`, in their order.
    func entries() throws(Failure) -> [FileID] {
        guard let list = values["entries"]?.list, list.count <= Self.fileCap else {
            throw wrong("entries", "a list of at most \(Self.fileCap) entries")
        }
        var files: [FileID] = []
        for value in list { files.append(try file(value)) }
        return files
    }

    private func file(_ value: Value) throws(Failure) -> FileID {
        guard let device = value["device"]?.integer, let inode = value["inode"]?.integer else {
            throw wrong("entries", "whole numbers device and inode")
        }
        return FileID(device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode))
    }

    /// Which processes are meant; a pidfile must be one that the job may read.
    func process(_ grant: Grant) throws(Failure) -> RunningProcesses.Target {
        guard let pidfile = values["pidfile"], !pidfile.isNull else { return .name(try text("name", max: 255)) }
        return .pidfile(try granted(try path(pidfile, "pidfile"), grant, follow: true))
    }

    /// The signal's number, of a name (`HUP`) or a number.
    func signal() throws(Failure) -> Int32 {
        let name = values["signal"]?.integer.map { String($0) } ?? values["signal"]?.text
        guard let number = name.flatMap({ SignalName.number($0) }) else {
            throw wrong("signal", "a signal such as \"HUP\"")
        }
        return number
    }

    /// The server's name, which the grant must let the job connect to.
    func server(_ grant: Grant) throws(Failure) -> String {
        let name = try text("host", max: 253)
        if grant.allowsConnect(host: name) { return name }
        throw Failure(
            code: "EGRANT", "\(service.rawValue) may not resolve \(name)",
            cure: "add it to the job's needs: connect = { \"\(name):PORT\" }")
    }

    /// What lies at a granted path, opened for its place alone (O_PATH); nil: nothing. The job may put links there, and
    /// the host may look where the job may not: none is followed that leads out of what is granted.
    private func granted(_ path: Path, _ grant: Grant, follow: Bool) throws(Failure) -> Descriptor? {
        guard let root = (grant.read + grant.write).first(where: { path.isInside($0) }) else {
            throw Failure(
                code: "EGRANT", "\(service.rawValue) may not read \(path)",
                cure: "add it to the job's needs: read = { \"\(path)\" }")
        }
        let rest = Path(bytes: Array(path.bytes.dropFirst(root.bytes.count).drop { $0 == UInt8(ascii: "/") }))
        do throws(SystemError) {
            return try PathWalk.open(rest, below: grant.real(root), follow: follow)
        } catch {
            switch error.number {
            case ErrorNumber.notFound, ErrorNumber.notDirectory: return nil
            case ErrorNumber.otherFileSystem:
                throw Failure(
                    code: "EGRANT", "\(service.rawValue) may not read \(path): a link leads out of \(root)",
                    cure: "name the path that the link leads to, and grant it")
            default: throw error.failure()
            }
        }
    }

    /// The call that the script made, which may not be the service that a dry run asks in its place.
    var call: String {
        switch service {
        case .signalable: HostService.signalProcesses.rawValue
        case .unitCheck: "service." + (values["change"]?.text ?? "reload")
        default: service.rawValue
        }
    }

    func wrong(_ name: String, _ expected: String) -> Failure {
        let given: String =
            switch values[name] {
            case nil, .null, .list, .map: ""
            case let value?: ", not \(value.shown)"
            }
        return Failure(code: "EARGUMENT", "\(call): \(name) must be \(expected)\(given)")
    }
}
