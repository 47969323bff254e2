import Glibc
import Testing

@testable import Scriptron

/// Whom a host runs as and its worker becomes, as options of `sandbox-probe`.
enum Standing: CaseIterable, CustomTestStringConvertible {
    /// A root host, a job of root.
    case root
    /// A root host, a job of another user.
    case user
    /// A host without privileges.
    case plain

    var options: [String] {
        switch self {
        case .root: []
        case .user: ["--user", "65534"]
        case .plain: ["--host-user", "65534"]
        }
    }

    var testDescription: String {
        switch self {
        case .root: "root host, root job"
        case .user: "root host, other user"
        case .plain: "unprivileged host"
        }
    }
}

/// A place to attack: a granted directory `in`, one that is not, `out`, and the probe's options for it.
struct Arena {
    let directory: TemporaryDirectory
    let granted: Path
    let foreign: Path

    init() throws {
        directory = try TemporaryDirectory()
        chmod(directory.path.text, 0o755)
        granted = try directory.directory("in", mode: 0o777)
        foreign = try directory.directory("out", mode: 0o777)
        // The umask of the tests must not decide what another user may do here.
        chmod(granted.text, 0o777)
        chmod(foreign.text, 0o777)
        try directory.file("in/file", "inside", mode: 0o666)
        try directory.file("out/file", "outside", mode: 0o666)
        chown(granted.appending("file").text, 65534, 65534)
        chown(foreign.appending("file").text, 65534, 65534)
    }

    /// Makes calls in a confined process, a line a step: `ok`, `ok` with a number, or the errno. `IN` and `OUT` in
    /// the words stand for the two directories.
    func attack(_ standing: Standing, _ options: [String] = [], _ calls: String) throws -> [String] {
        try probe(standing, options + ["--"], calls.split(separator: " ").map(String.init)).lines
    }

    /// Executes a program in a confined process.
    func execute(_ standing: Standing, _ options: [String] = [], _ words: [String]) throws -> RanProgram {
        try probe(standing, options + ["--exec"], words)
    }

    func probe(_ standing: Standing, _ options: [String] = [], _ words: [String] = []) throws -> RanProgram {
        let all = standing.options + ["--write", granted.text] + options + words.map(expand)
        return try RanProgram.run(try RanProgram.own("sandbox-probe"), all)
    }

    private func expand(_ word: String) -> String {
        for (mark, path) in [("OUT", foreign), ("IN", granted)] where word.hasPrefix("s:" + mark) {
            return "s:" + path.text + word.dropFirst(2 + mark.count)
        }
        return word
    }
}

@Suite("Confinement", .enabled(if: getuid() == 0, "needs root"))
struct ConfinementTests {
    private let arena: Arena

    init() throws { arena = try Arena() }

    @Test("Every layer of the machine is in force", arguments: Standing.allCases) func inForce(standing: Standing)
        throws
    {
        let layers = try arena.probe(standing).lines
        let facts = SandboxFacts.probe()
        let kernel = ["landlock-\(facts.landlockABI)", facts.errataWord, "seccomp"].compactMap { $0 }
            .joined(separator: " ")
        let words = try #require(layers.first)
        switch standing {
        case .root: #expect(words.hasPrefix("mounts pids caps \(kernel) processes="), "\(words)")
        case .user: #expect(words.hasPrefix("mounts pids caps user=65534 \(kernel) processes="), "\(words)")
        case .plain: #expect(words.hasPrefix("caps \(kernel) processes="), "\(words)")
        }
        #expect(words.contains(" memory=") && !words.contains("without"))
    }

    @Test("What is granted works", arguments: Standing.allCases) func granted(standing: Standing) throws {
        let calls = """
            open s:IN/file 2 then write $0 s:abc 3 then open s:IN/new 0102 0640 then fchmod $2 0600 \
            then mkdir s:IN/sub 0755 then rename s:IN/new s:IN/sub/moved then link s:IN/sub/moved s:IN/linked \
            then symlink s:file s:IN/symbolic then unlink s:IN/linked then open s:/dev/null 2 \
            then open s:/dev/urandom 0 then ftruncate $0 1 then getpid then openat -100 s:IN/atomic 0102 0644
            """
        let lines = try arena.attack(standing, [], calls)
        #expect(lines.count == 14)
        #expect(lines.allSatisfy { $0.hasPrefix("ok") }, "\(lines)")
    }

    @Test("A read grant reads, and nothing more", arguments: Standing.allCases) func readGrant(standing: Standing)
        throws
    {
        let calls = """
            open s:OUT/file 0 then open s:OUT 0200000 then open s:OUT/file 1 then open s:OUT/file 01000 \
            then truncate s:OUT/file 0 then unlink s:OUT/file then open s:OUT/new 0102 0644 then fchmod $0 0600
            """
        let lines = try arena.attack(standing, ["--read", arena.foreign.text], calls)
        #expect(lines[0].hasPrefix("ok") && lines[1].hasPrefix("ok"))
        #expect(lines[2...6].allSatisfy { ["EACCES", "EROFS"].contains($0) }, "\(lines)")
        // The one limit that is stated: without a mount namespace the descriptor of an own file allows it.
        #expect(lines[7] == (standing == .plain ? "ok" : "EROFS"))
    }

    @Test("The run's scratch directory is writable without a need", arguments: Standing.allCases)
    func scratch(standing: Standing) throws {
        let options = ["--scratch", arena.foreign.text]
        #expect(try arena.attack(standing, options, "open s:OUT/new 0102 0644")[0].hasPrefix("ok"))
    }

    @Test("The grant's own directory cannot be removed or renamed", arguments: Standing.allCases)
    func grantRoots(standing: Standing) throws {
        let lines = try arena.attack(standing, [], "rmdir s:IN then rename s:IN s:OUT/in then unlink s:IN")
        #expect(
            lines.allSatisfy { ["EBUSY", "EACCES", "EROFS", "EXDEV", "EISDIR", "ENOTEMPTY"].contains($0) }, "\(lines)")
    }

    @Test("No descriptor of the zygote reaches the worker", arguments: Standing.allCases)
    func descriptors(standing: Standing) throws {
        let lines = try arena.attack(standing, [], (3..<40).map { "fcntl \($0) 1" }.joined(separator: " then "))
        #expect(lines.count == 37 && lines.allSatisfy { $0 == "EBADF" })
    }

    @Test("A call of a foreign ABI, or a 64-bit one by the x32 numbers, kills", arguments: ["foreign", "1073741863"])
    func foreignABI(call: String) throws {
        #expect(try arena.attack(.root, [], "\(call) then getpid").isEmpty)
    }

    @Test(
        "A job of root keeps three capabilities, and three more with setid",
        arguments: [
            (false, [0, 1, 3]), (true, [0, 1, 3, 4, 27, 31]),
        ])
    func capabilities(setid: Bool, kept: [Int]) throws {
        // prctl(2): PR_CAPBSET_READ answers 1 for a capability of the bounding set.
        let calls = (0...40).map { "prctl 23 \($0)" }.joined(separator: " then ")
        let lines = try arena.attack(.root, setid ? ["--setid"] : [], calls)
        #expect(lines.indices.filter { lines[$0] == "ok 1" } == kept)
        let others = try arena.attack(.user, [], calls)
        #expect(others.count == 41 && others.allSatisfy { $0 == "ok" })
    }

    @Test("Set-id bits, owners and devices come with setid alone") func setid() throws {
        let calls = """
            chmod s:IN/file 04755 then open s:IN/a 0102 04755 then openat -100 s:IN/b 0102 02755 \
            then mknod s:IN/c 020666 0x103 then fchmodat -100 s:IN/file 02755 then mkdir s:IN/d 02755 \
            then open s:IN/e 0102 0100755 then creat s:IN/f 06755 then chmod s:IN/file 0100004755
            """
        let without = try arena.attack(.root, [], calls)
        #expect(without == ["EPERM", "EPERM", "EPERM", "EACCES", "EPERM", "EPERM", "ok 3", "EPERM", "EPERM"])
        let with = try arena.attack(.root, ["--setid"], calls)
        #expect(with.allSatisfy { $0.hasPrefix("ok") }, "\(with)")
        // Even then nothing gains by them inside, for the mounts are nosuid and no_new_privs is on, nor is a device read.
        #expect(try arena.attack(.root, ["--setid"], "open s:IN/c 0") == ["EACCES"])
    }

    @Test("Best effort goes on and says what is missing; enforced does not") func bestEffort() throws {
        let refused = try arena.probe(.root, ["--abi", "0"]).output
        #expect(refused.contains("this kernel has no Landlock"))
        let lines = try arena.probe(.root, ["--abi", "0", "--mode", "best-effort"]).lines
        let words = try #require(lines.first)
        #expect(words.hasPrefix("mounts pids caps seccomp processes="))
        #expect(words.hasSuffix(" (without Landlock: this kernel has no Landlock)"))
        #expect(try arena.probe(.user, ["--mode", "off"]).lines.first?.hasPrefix("off pids user=65534 ") == true)
    }

    @Test("The record says who judges connections where the host does not", arguments: [(7, true), (3, false)])
    func ports(abi: Int, judged: Bool) throws {
        let abi = min(abi, Landlock.abi())
        try #require(abi >= 4 || !judged)
        let options = ["--abi", "\(abi)", "--mode", "best-effort", "--port", "80"]
        let words = try #require(try arena.probe(.root, options).lines.first)
        #expect(words.contains(" seccomp ports processes=") == judged, "\(words)")
    }

    @Test("The record says what limits memory") func memory() throws {
        #expect(try arena.probe(.root).lines.first?.hasSuffix(" memory=lua+address-space") == true)
        #expect(try arena.probe(.root, ["--run", "true"]).lines.first?.hasSuffix(" memory=lua") == true)
    }

    @Test("A link in the place of a granted path is an error, not a way", arguments: Standing.allCases)
    func linkInTheWay(standing: Standing) throws {
        try arena.directory.link("link", to: arena.foreign)
        try arena.directory.directory("real/sub", mode: 0o777)
        try arena.directory.link("way", to: arena.directory.path.appending("real"))
        for name in ["link", "way/sub"] {
            let path = arena.directory.path.appending(name).text
            for option in ["--write", "--read", "--scratch"] {
                let output = try arena.probe(standing, [option, path]).output
                #expect(output.contains("ELOOP") && output.contains("a link stands where"), "\(output)")
            }
        }
    }

    @Test(
        "Whoever swaps a link in while a sandbox is made gets an error or the directory", arguments: Standing.allCases)
    func swapped(standing: Standing) throws {
        try arena.directory.directory("turn/real", mode: 0o777)
        let turn = arena.directory.path.appending("turn")
        chmod(turn.appending("real").text, 0o777)
        // `turn/way` is in turns a directory and a link to the one that is not granted.
        let swap = """
            cd \(turn.text); ln -s \(arena.foreign.text) link
            while [ -e go ]; do mv -T real way; mv -T way real; mv -T link way; mv -T way link; done
            """
        try arena.directory.file("turn/go")
        let swapper = try #require(popen("sh -c '\(swap)' 2>/dev/null", "re"))
        defer {
            unlink(turn.appending("go").text)
            pclose(swapper)
        }
        for _ in 0..<40 {
            let way = turn.appending("way")
            let words = ["open", "s:OUT/file", "1", "then", "open", "s:\(way.text)/new", "0102", "0644"]
            _ = try arena.probe(standing, ["--write", way.text, "--"], words)
        }
        #expect(try Directory(arena.foreign).names().count == 1)
        #expect(try Files.readSmall(arena.foreign.appending("file")) == Array("outside".utf8))
    }

    @Test("A grant whose path is gone is refused by name") func gone() throws {
        let output = try arena.probe(.root, ["--read", "/nowhere/at/all"]).output
        #expect(output.contains("/nowhere/at/all") && output.contains("ENOENT"))
    }
}
