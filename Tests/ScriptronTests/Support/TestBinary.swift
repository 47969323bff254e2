@testable import Scriptron

/// The command's binary, as the test build made it beside the tests.
enum TestBinary {
    static var path: Path {
        let bundle = (try? Path("/proc/self/exe").resolvingExistingLinks()) ?? Path(CommandLine.arguments[0])
        return bundle.parent.appending("scriptron")
    }
}
