import Glibc
import Testing

@testable import Scriptron

/// The long form of `make test`'s comparison of dry runs with runs; its Python needs no part of Scriptron but the binary.
@Suite("Dry runs and runs, at length", .serialized) struct FidelitySoak {
    @Test(
        "Of five hundred random trees a job, the plan of each is what its run does",
        arguments: ["sweep", "rotate", "backup", "retry"])
    func trees(job: String) throws {
        let script = Path(#filePath).parent.appending("Fidelity/fidelity.py")
        let built = try Path("/proc/self/exe").resolvingLinks().parent.appending("scriptron").text
        let binary = getenv("SCRIPTRON_BINARY").map { String(cString: $0) } ?? built
        let seed = getenv("SEED").map { String(cString: $0) } ?? "1"
        let words = ["python3", script.text, binary, "--rounds", "500", "--seed", seed, "--jobs", job, "--mutants"]
        #expect(system(words.map { "'\($0)'" }.joined(separator: " ")) == 0)
    }
}
