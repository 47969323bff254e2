import Glibc
import Testing

@testable import Scriptron

/// The long form of the crash tests (`make soak`): what they print is their result.
@Suite("Soak", .serialized) struct Soak {
    @Test("Twenty thousand tasks while host and workers are killed: none is lost, few are done twice")
    func tasks() throws {
        let built = try Path("/proc/self/exe").resolvingLinks().parent.appending("scriptron").text
        let binary = getenv("SCRIPTRON_BINARY").map { String(cString: $0) } ?? built
        let seed = getenv("SEED").map { String(cString: $0) } ?? "1"
        let script = Path(#filePath).parent.appending("Retry/retry.py")
        #expect(system("python3 '\(script)' '\(binary)' --tasks 20000 --every 2 --seed '\(seed)'") == 0)
    }

    @Test("A hundred and fifty kills of the host while channels come and go: no alert and no end is lost")
    func alerts() throws {
        let built = try Path("/proc/self/exe").resolvingLinks().parent.appending("scriptron").text
        let binary = getenv("SCRIPTRON_BINARY").map { String(cString: $0) } ?? built
        let seed = getenv("SEED").map { String(cString: $0) } ?? "1"
        let script = Path(#filePath).parent.appending("Alerts/alerts.py")
        #expect(system("python3 '\(script)' '\(binary)' --kills 150 --seed '\(seed)'") == 0)
    }

    @Test("Three hundred rounds of faults under a hundred jobs a second: every second is accounted for, once")
    func faults() throws {
        // The clock that is set is a debug binary's.
        let binary = try Path("/proc/self/exe").resolvingLinks().parent.appending("scriptron").text
        let seed = getenv("SEED").map { String(cString: $0) } ?? "1"
        let script = Path(#filePath).parent.appending("Faults/faults.py")
        #expect(system("python3 '\(script)' '\(binary)' --rounds 300 --jobs 100 --seed '\(seed)'") == 0)
    }

    @Test("Fifty kills of the host, then zygotes and workers: every second is accounted for, once")
    func kills() throws {
        let folder = Path(#filePath).parent.appending("Crash")
        let built = try Path("/proc/self/exe").resolvingLinks().parent.appending("scriptron").text
        let binary = getenv("SCRIPTRON_BINARY").map { String(cString: $0) } ?? built
        let seed = getenv("SEED").map { String(cString: $0) } ?? "1"
        let status = system(
            "python3 '\(folder)/crash.py' '\(binary)' kills --hosts 50 --zygotes 25 --workers 25 --seed '\(seed)'")
        #expect(status == 0)
    }
}
