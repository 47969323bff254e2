// A worker without Lua: confines itself as its options say, then makes system calls or executes a program.
//
// sandbox-probe OPTION… -- call argument… [then call argument…]…
// sandbox-probe OPTION… --exec PATH ARGUMENT…
// sandbox-probe OPTION… --lua SCRIPT PROGRAM…      the host API without its checks; the script may start the programs
import CAttack
import Glibc
import Scriptron

/// What the command line asks for.
struct Probe {
    var grant = Grant()
    var scratch: Path?
    var hostUser: UInt32?
    var abi: Int?
    var mounts = true
    var ownPIDs = false
    var keep: [Int32] = []
    var repeats = 0
    var call: [String] = []
    var program: [String] = []
    var script: String?

    init(_ words: [String]) {
        var rest = words[...]
        while let option = rest.popFirst() {
            switch option {
            case "--": (call, rest) = (Array(rest), [])
            case "--exec": (program, rest) = (Array(rest), [])
            case "--lua":
                script = rest.popFirst()
                (program, rest) = (Array(rest), [])
            case "--setid": grant.setid = true
            case "--no-mounts": mounts = false
            case "--pids": ownPIDs = true
            default: set(option, rest.popFirst() ?? "")
            }
        }
    }

    private mutating func set(_ option: String, _ value: String) {
        switch option {
        case "--read": grant.read.append(Path(value))
        case "--write": grant.write.append(Path(value))
        case "--run": grant.programs += programs(value)
        case "--port": grant.ports.append(UInt16(value) ?? 0)
        case "--scratch": scratch = Path(value)
        case "--user":
            let id = UInt32(value) ?? 0
            grant.identity = Grant.Identity(name: value, uid: id, gid: id, groups: [id], home: "/")
        case "--mode": grant.mode = SandboxMode(rawValue: value) ?? .enforced
        case "--host-user": hostUser = UInt32(value)
        case "--abi": abi = Int(value)
        case "--keep": keep.append(Int32(value) ?? 0)
        case "--repeat": repeats = Int(value) ?? 0
        default: fail("unknown option \(option)")
        }
    }
}

/// The programs of an entry of `run`, as a job gets them.
func programs(_ entry: String) -> [Grant.Program] {
    var needs = Needs()
    needs.run = [Needs.Program(name: entry)]
    let facts = SandboxFacts(
        landlockABI: 7, seccomp: true, mountNamespaces: true, pidNamespaces: true, canSwitchUser: true, uid: 0)
    do throws(GrantRefusals) {
        let terms = GrantTerms(base: "/", stateDirectory: "/nowhere", facts: facts)
        return try GrantResolver(job: "probe", terms: terms).resolve(needs).programs
    } catch {
        fail(error.failure.description)
    }
}

func fail(_ message: String) -> Never {
    say("sandbox-probe: \(message)", to: 2)
    exit(99)
}

/// Writes a line at once: a forked process must not hold a buffer.
func say(_ line: String, to descriptor: Int32 = 1) {
    let bytes = Array((line + "\n").utf8)
    write(descriptor, bytes, bytes.count)
}

/// Forks; the child confines itself by `prepare`, acts, and never returns.
func inChild(_ probe: Probe, _ body: () throws(Failure) -> Int32) -> Int32 {
    do throws(SystemError) {
        let own = try Namespaces.currentPIDNamespace()
        if probe.ownPIDs { try Namespaces.unsharePID() }
        let child = attack_fork()
        if child == 0 {
            do throws(Failure) { _exit(try body()) } catch { fail(error.description) }
        }
        if probe.ownPIDs { try Namespaces.enterPIDNamespace(own) }
        return child
    } catch {
        fail(error.description)
    }
}

/// Waits for a child: its exit code, or 128 and the signal that killed it.
func result(of child: Int32) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
}

/// Makes the calls or executes the program, confined.
func act(_ probe: Probe) -> Int32 {
    if probe.program.isEmpty {
        var words = probe.call.map { strdup($0) }
        return attack(Int32(words.count), &words)
    }
    var words = probe.program.map { strdup($0) } + [nil]
    execv(probe.program[0], &words)
    say(SystemError(errno, call: "execv").name)
    return 98
}

let probe = Probe(Array(CommandLine.arguments.dropFirst()))
if let user = probe.hostUser {
    guard setgroups(0, nil) == 0, setgid(user) == 0, setuid(user) == 0 else { fail("cannot become \(user)") }
}
var facts = SandboxFacts.probe()
if let abi = probe.abi { facts.landlockABI = min(abi, facts.landlockABI) }
if !probe.mounts { facts.mountNamespaces = false }
if probe.repeats > 0 {
    Measurement(probe: probe, facts: facts).run()
    exit(0)
}
let cache = ConfinementCache(facts: facts)
do throws(Failure) {
    let script = try probe.script.map { (text) throws(Failure) in try UncheckedScript(text) }
    let confinement = try cache.confinement(for: probe.grant, scratch: probe.scratch)
    let child = inChild(probe) { () throws(Failure) in
        let (report, _) = try confinement.apply(keep: [0, 1, 2] + probe.keep)
        if probe.call.isEmpty, probe.program.isEmpty { say(report.description) }
        return script?.run(programs: probe.program.map { Path($0) }) ?? act(probe)
    }
    exit(result(of: child))
} catch {
    fail(error.description)
}
