import Glibc

@testable import Scriptron

/// Runs jobs/rotate.lua: the logs are in the box's directory `l`.
final class RotateFixture {
    let api: APIFixture
    private let job: ShippedJob
    /// The names in `l` that somebody has open; nil: nobody can tell.
    var open: Set<String>? = []
    /// Who has them open, by names in `l`.
    var openers: [String: [Value]] = [:]
    /// Is told each request to the host before it is answered, and may answer it.
    var hook: ((HostService, [String: Value]) -> Value?)?

    init() throws {
        api = try APIFixture()
        job = try ShippedJob("rotate")
        try api.directory.directory("box/l")
        try api.loadLibraries()
    }

    /// The settings as the job gets them; `paths` is `l/*.log` unless told.
    func settings(_ given: [String: Value] = [:]) throws -> [String: Value] {
        let usual: [String: Value] = ["paths": "l/*.log", "size": 0, "time": "never"]
        let values = try job.settings(usual.merging(given) { $1 }, base: api.at(""))
        return values.map ?? [:]
    }

    /// Rotates what is not empty, unless the settings say otherwise.
    @discardableResult
    func run(_ given: [String: Value] = [:]) throws -> Value {
        try answering()
        return try api.run(file: "jobs/rotate.lua", settings: try settings(given))
    }

    /// The same by the job and its libraries with a line before each; `cutter` is one more library.
    func run(_ given: [String: Value] = [:], before: String, cutter: String) throws -> Value {
        try answering()
        let whole = api.libraries
        defer { api.libraries = whole }
        api.libraries = whole.mapValues { Array(before.utf8) + $0 }
        api.libraries["cutter"] = Array(cutter.utf8)
        return try api.run(Array((before + job.text).utf8), name: "jobs/rotate.lua", settings: try settings(given))
    }

    private func answering() throws {
        let openFiles = try open.map { try ids($0) }
        let openerLists = try openers.map { (try ids([$0.key]), $0.value) }
        api.services.answer = { [unowned self] service, arguments in
            if let answer = hook?(service, arguments) { return answer }
            let entries = (arguments["entries"]?.list ?? []).map(Self.id)
            switch service {
            case .openAny: return openFiles.map { open in .list(entries.map { .bool(open.contains($0)) }) } ?? .null
            case .openers:
                if openFiles == nil { return .null }
                return .list(
                    entries.map { id in .list(openerLists.filter { $0.0.contains(id) }.flatMap { $0.1 }) })
            default: return nil
            }
        }
    }

    /// What the run fails with.
    func failure(_ given: [String: Value] = [:]) throws -> String {
        do {
            return "it ended well, with \(try run(given))"
        } catch let error as LuaError {
            return error.message
        }
    }

    private func ids(_ names: Set<String>) throws -> Set<FileID> {
        Set(try names.compactMap { try api.directory.status("box/l/" + $0)?.id })
    }

    private static func id(_ entry: Value) -> FileID {
        FileID(
            device: UInt64(bitPattern: entry["device"]?.integer ?? 0),
            inode: UInt64(bitPattern: entry["inode"]?.integer ?? 0))
    }

    @discardableResult
    func log(_ name: String, _ content: String, mode: mode_t = 0o644) throws -> Path {
        try api.directory.file("box/l/" + name, content, mode: mode)
    }

    /// A generation as the job compresses it.
    func packed(_ name: String, _ content: String) throws {
        let format = name.hasSuffix(".gz") ? "gzip" : "zstd"
        try api.directory.file("box/plain", content)
        try unhooked(#"archive.compress("plain", "l/\#(name)", { format = "\#(format)" }) fs.remove("plain")"#)
    }

    func names() throws -> [String] { try api.directory.names("box/l") }

    /// A file's content, decompressed.
    func content(_ name: String) throws -> String? {
        guard name.hasSuffix(".zst") || name.hasSuffix(".gz") else { return api.directory.text("box/l/" + name) }
        return try unhooked(
            #"archive.decompress("l/\#(name)", "out") local text = fs.read("out") fs.remove("out") return text"#
        ).text
    }

    /// Runs a script of the test's own.
    @discardableResult
    func unhooked(_ body: String) throws -> Value {
        let (answer, wasDry) = (api.services.answer, api.isDry)
        defer {
            api.services.answer = answer
            api.isDry = wasDry
        }
        api.services.answer = nil
        api.isDry = false
        return try api.run(body)
    }

    var warnings: [String] { api.services.warnings }
}
