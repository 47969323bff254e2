// The round trip of a trivial, fully sandboxed run against starting a shell, Lua and bubblewrap, one after the other
// in each round, so that a machine whose speed drifts treats all alike.
//
// bench-run [--rounds N] [--warm-up N] [--quiet SECONDS] [--pause MS] [--scriptron PATH] [--json]
// bench-run --layers [--rounds N]: what each layer of the sandbox costs
import Glibc
import Scriptron

/// What the command line asks for.
struct Options {
    var rounds = 500
    var warmUp = 50
    /// Seconds of quiet before one more run of each; 0: none.
    var quiet = 0.0
    /// Milliseconds between two rounds: a host does at leisure what can be done ahead, and jobs are not due one right
    /// after the other.
    var pause = 20.0
    /// The binary whose zygote is measured; beside this one where not said.
    var binary: Path
    var json = false
    /// Measure the layers of the sandbox instead.
    var layers = false

    init(_ words: [String]) throws {
        binary = try Path("/proc/self/exe").resolvingExistingLinks().parent.appending("scriptron")
        var rest = words[...]
        func number() throws -> Double {
            guard let text = rest.popFirst(), let value = Double(text), value >= 0, value < 1e6 else {
                throw Failure(code: "EUSAGE", "a number is missing after the option")
            }
            return value
        }
        while let option = rest.popFirst() {
            switch option {
            case "--rounds": rounds = max(1, Int(try number()))
            case "--warm-up": warmUp = Int(try number())
            case "--quiet": quiet = try number()
            case "--pause": pause = try number()
            case "--scriptron": binary = Path(rest.popFirst() ?? "")
            case "--json": json = true
            case "--layers": layers = true
            default:
                throw Failure(
                    code: "EUSAGE", "unknown option \(option)",
                    cure:
                        "bench-run [--rounds N] [--warm-up N] [--quiet SECONDS] [--pause MS] [--scriptron PATH] [--json] [--layers]"
                )
            }
        }
    }
}

func measure(_ options: Options) throws {
    let worker = try WorkerContender(binary: options.binary)
    let alternating = try WorkerContender(binary: options.binary, alternates: true)
    var contenders: [(name: String, run: (Int) throws -> Double)] = [
        ("scriptron: sandboxed run", { try worker.run($0) })
    ]
    for program in ProgramContender.known {
        contenders.append(
            (
                program.name,
                { _ in
                    let start = Monotonic.now
                    try program.run()
                    return Monotonic.now - start
                }
            ))
    }
    contenders.append(("scriptron: eight grants in turn", { try alternating.run($0) }))
    var figures = contenders.map { Figures(name: $0.name) }
    for round in 0..<options.warmUp { for contender in contenders { _ = try contender.run(round) } }
    for round in 0..<options.rounds {
        usleep(UInt32(options.pause * 1000))
        // Another one goes first each time: who comes after a pause finds a processor that slept.
        for turn in contenders.indices {
            let index = (turn + round) % contenders.count
            figures[index].seconds.append(try contenders[index].run(round))
        }
    }
    if options.quiet > 0 {
        // The run and the shell; a minute each is enough.
        for index in contenders.indices.prefix(2) {
            usleep(UInt32(options.quiet * 1e6))
            figures[index].afterQuiet = try contenders[index].run(0)
        }
    }
    let report = Report(figures: figures, sandbox: worker.sandbox, quiet: options.quiet)
    print(options.json ? try report.json() : report.table)
}

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    if options.layers {
        var costs = try LayerCosts()
        try costs.measure(rounds: options.rounds)
    } else {
        try measure(options)
    }
} catch {
    let line = Array("bench-run: \(Failure.wrapping(error))\n".utf8)
    write(2, line, line.count)
    exit(1)
}
