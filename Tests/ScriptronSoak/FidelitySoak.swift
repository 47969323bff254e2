import Glibc
import Testing

@testable import Scriptron

/// The long form of `make test`'s comparison of dry runs with runs; its Python needs no part of Scriptron but the binary.
@Suite("Dry runs and runs, at length", .serialized) struct FidelitySoak {
    private func script(_ name: String, _ words: [String], debug: Bool = false) throws -> Int32 {
        let file = Path(#filePath).parent.appending("Fidelity/\(name)")
        let built = try Path("/proc/self/exe").resolvingLinks().parent.appending("scriptron").text
        let given = getenv("SCRIPTRON_BINARY").map { String(cString: $0) }
        let all = ["python3", file.text, debug ? built : given ?? built] + words
        return system(all.map { "'\($0)'" }.joined(separator: " "))
    }

    private var seed: String { getenv("SEED").map { String(cString: $0) } ?? "1" }

    @Test(
        "Of five hundred random trees a job, the plan of each is what its run does, and leaves no trace",
        arguments: ["sweep", "rotate", "backup", "retry", "health"])
    func trees(job: String) throws {
        #expect(
            try script("fidelity.py", ["--rounds", "500", "--seed", seed, "--jobs", job, "--mutants"]) == 0)
    }

    @Test("Overlays that are wrong in one thing each are all caught") func overlays() throws {
        // They are a debug binary's.
        let words = ["--overlays", "40", "--seed", seed, "--jobs", "rotate,sweep,backup,retry"]
        #expect(try script("fidelity.py", words, debug: true) == 0)
    }

    @Test("Of five hundred jobs that run tar, gzip and sqlite3, the plan of a shadow is what the run does")
    func shadow() throws {
        #expect(try script("shadow.py", ["--rounds", "500", "--seed", seed]) == 0)
    }

    @Test("A script and a program that try everything leave no trace") func hostile() throws {
        #expect(try script("harmless.py", []) == 0)
    }
}
