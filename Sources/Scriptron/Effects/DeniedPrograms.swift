/// Finds out which program another one was kept from executing. The kernel tells nobody but the one that tried, so that
/// its words are all there is: `sh: 1: id: Permission denied`, `tar (child): zstd: Cannot exec: Permission denied`.
struct DeniedPrograms {
    /// Where relative paths start.
    let base: Path
    let granted: [Grant.Program]

    /// How much of a program's last words is looked at, in bytes and in words.
    private static let textCap = 4 << 10
    private static let wordCap = 200

    /// A program that is installed, is not granted, and stands in a line about a denial; nil: none.
    func named(in standardError: [UInt8]) -> String? {
        let text = String(decoding: standardError.suffix(Self.textCap), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { $0.contains("ermission denied") }
        let ends: Set<Character> = [" ", ":", "\"", "'", "`", "‘", "’", "(", ")", ",", ";"]
        let words = lines.reversed().lazy.flatMap { $0.split(whereSeparator: ends.contains) }.prefix(Self.wordCap)
        for word in words.map(String.init) where !Glob.isPattern(word) {
            let places = (try? ProgramFinder(base: base).places(word)) ?? []
            guard let place = places.first, isProgram(place), let real = try? place.resolvingLinks() else { continue }
            if !granted.contains(where: { $0.files.contains(real) }) { return word }
        }
        return nil
    }

    private func isProgram(_ path: Path) -> Bool {
        guard let status = try? FileStatus.of(path, follow: true) else { return false }
        return status.kind == .file && status.mode & 0o111 != 0
    }
}

extension LiveEffects {
    /// Names the missing entry of `run` where a program was kept from starting another one, and tells the host.
    func noticeDenied(_ result: ProgramResult, _ call: ProgramCall) -> ProgramResult {
        guard result.failedStage(expect: call.expect) != nil else { return result }
        var result = result
        let programs = DeniedPrograms(base: settings.base, granted: settings.grant.programs)
        for (index, stage) in result.stages.enumerated() where stage.code.map({ !call.expect.contains($0) }) ?? false {
            guard let denied = programs.named(in: stage.standardError) else { continue }
            result.stages[index].denied = denied
            post(
                .refusal(
                    "\(call.call): \(stage.name) may not run \(denied); add it to the job's needs: run = { \"\(denied)\" }"
                ))
        }
        return result
    }
}
