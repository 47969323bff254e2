@testable import Scriptron

/// A script of the repository's jobs directory, for a real worker.
struct ShippedJob {
    let name: String
    let text: String
    /// The files of `jobs/lib`, by their names.
    let libraries: [String: String]
    private let definition: JobDefinition

    init(_ name: String) throws {
        self.name = name
        // This file is Tests/ScriptronTests/Jobs/ShippedJob.swift.
        let jobs = Path(#filePath).parent.parent.parent.parent.appending("jobs")
        text = try Self.read(jobs.appending("\(name).lua"))
        var libraries: [String: String] = [:]
        for file in try StateFiles.names(in: jobs.appending("lib")) {
            let file = String(decoding: file, as: UTF8.self)
            guard file.hasSuffix(".lua") else { continue }
            libraries[String(file.dropLast(4))] = try Self.read(jobs.appending("lib").appending(Path(file)))
        }
        self.libraries = libraries
        let state = try LuaState()
        state.libraries = libraries.mapValues { Array($0.utf8) }
        let script = try state.evaluateJob(Array(text.utf8), name: "jobs/\(name).lua")
        let header = JobDefinition.header(plain: script.header, functions: script.functions.keys)
        definition = try JobDefinition(
            header: header, file: SourceFile("jobs/\(name).lua", text: Array(text.utf8)))
    }

    private static func read(_ path: Path) throws -> String {
        String(decoding: try Files.readSmall(path), as: UTF8.self)
    }

    /// The settings as `run` gets them, with what the operator gives.
    func settings(_ given: [String: Value] = [:], base: Path = "/") throws -> Value {
        let layer = Settings.Layer(given, file: SourceFile("scriptron.lua"), path: ["settings"])
        return try Settings(definition.settings, layers: [layer], base: base).values
    }

    /// An order for it.
    func order(_ task: WorkerOrder.Task, settings: Value, base: Path = "/") -> WorkerOrder {
        var order = WorkerOrder(
            task: task, job: name, script: "jobs/\(name).lua", base: base, deadline: Monotonic.now + 30, grace: 0.5)
        order.settings = settings
        order.timezone = "UTC"
        order.this = ["job": .text(name), "deadline": .number(SystemClock().now().epoch + 30)]
        return order
    }

    /// The needs that it declares with these settings; fails as it does.
    func needs(_ settings: Value, harness: WorkerHarness) async throws -> Value {
        let ended = try await harness.run(
            text, order: order(.describe, settings: settings), settings: settings, libraries: libraries)
        guard case .finished(let result) = ended.end.verdict else {
            throw Failure(code: "EWORKER", "not finished: \(ended.end.verdict)")
        }
        if let reason = result.reason { throw Failure(code: "ESCRIPT", reason) }
        return result.result["needs"] ?? .null
    }
}
