/// What a job is loaded from: its script, the libraries, the operator's words about it.
package struct JobSource: Sendable {
    package var name: String
    /// The script's file.
    package var path: Path
    /// The script's name as errors show it (`jobs/sweep.lua`).
    package var script: String
    /// The version's files.
    package var files: [String: [UInt8]]
    package var isEnabled: Bool
    /// Why it cannot be loaded at all (an owner that may not be trusted).
    @Rare package var refusal: Failure?
    /// SHA-256 of everything that the load depends on.
    package var key: String
}

/// What loading a job gives.
package enum LoadResult: Sendable {
    case loaded(LoadedJob)
    /// Required settings have no value.
    case unconfigured([String], SettingDeclarations)
    case failed(Failure)
    /// It needs more than was approved; `fallback` is what was, and goes on meanwhile.
    case held(LoadedJob, widens: [GrantLines.Line], fallback: LoadedJob?)
}
