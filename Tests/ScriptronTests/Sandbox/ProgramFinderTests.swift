import Glibc
import Testing

@testable import Scriptron

@Suite("Programs of run") struct ProgramFinderTests {
    private let directory: TemporaryDirectory
    private let finder: ProgramFinder

    init() throws {
        directory = try TemporaryDirectory()
        finder = ProgramFinder(base: directory.path)
    }

    @Test("A name is found on the fixed path, with its loader") func name() throws {
        let program = try #require(try finder.find("sh").first)
        #expect(program.name == "sh")
        #expect(ProgramFinder.searchPath.contains(program.path.parent))
        #expect(program.files.first == (try Path("/bin/sh").resolvingLinks()))
        #expect(program.files.count >= 2)
    }

    @Test("Links and interpreters are followed to every file that is executed") func chain() throws {
        try directory.file("real", "#!\(directory.path)/interpreter -x\n", mode: 0o755)
        try directory.file("interpreter", "#!/bin/sh\n", mode: 0o755)
        try directory.link("alias", to: "link")
        try directory.link("link", to: "real")
        let program = try #require(try finder.find("./alias").first)
        #expect(program.path == directory.path.appending("alias"))
        let shell = try Path("/bin/sh").resolvingLinks()
        #expect(
            program.files.prefix(3) == [
                directory.path.appending("real"), directory.path.appending("interpreter"), shell,
            ])
    }

    @Test("env brings the program that it is told") func environment() throws {
        try directory.file("tool", "#!/usr/bin/env sh\n", mode: 0o755)
        let files = try #require(try finder.find("./tool").first).files
        #expect(files.contains(try Path("/bin/sh").resolvingLinks()))
        #expect(files.contains(try Path("/usr/bin/env").resolvingLinks()))
    }

    @Test(
        "env's options and assignments are passed over",
        arguments: [
            ("python3", "python3"), ("-S perl -w", "perl"), ("-S -i A=b -u C perl -w x", "perl"), ("-Sperl -w", "perl"),
            ("--split-string=perl -w", "perl"), ("-vS perl", "perl"), ("-w", nil), ("", nil), ("a b", "a b"),
            ("-S A=b", nil),
        ] as [(String, String?)])
    func env(argument: String, program: String?) { #expect(ProgramImage.program(ofEnv: argument) == program) }

    @Test("A chain of scripts, arguments and env is followed to its end; a missing interpreter is named") func nested()
        throws
    {
        try directory.file("outer", "#!\(directory.path)/middle -x y\n", mode: 0o755)
        try directory.file("middle", "#!/usr/bin/env -S A=b sh -e\n", mode: 0o755)
        let files = try #require(try finder.find("./outer").first).files
        for path: Path in ["/bin/sh", "/usr/bin/env"] { #expect(files.contains(try path.resolvingLinks())) }
        #expect(files.contains(directory.path.appending("middle")))
        try directory.file("lost", "#!/usr/bin/env no-such-program-here\n", mode: 0o755)
        #expect(throws: ProgramFinder.Problem.notFound) { try finder.find("./lost") }
    }

    @Test(
        "PostgreSQL's clients bring their wrapper, Perl and the versions that are installed",
        .enabled(if: access("/usr/bin/pg_dump", X_OK) == 0, "needs postgresql-client"))
    func postgres() throws {
        let program = try #require(try finder.find("pg_dump").first)
        let names = Set(program.files.map { Path(bytes: $0.name).text })
        #expect(program.path == "/usr/bin/pg_dump")
        #expect(names.isSuperset(of: ["pg_wrapper", "perl", "pg_dump"]))
        let versions = try finder.find("/usr/lib/postgresql/*/bin/pg_*")
        #expect(versions.contains { $0.path.name == Array("pg_dump".utf8) })
    }

    @Test(
        "A ceiling's entry covers names, paths and patterns; \"*\" is the search path and nothing else",
        arguments: [
            ("sh", "/bin/sh", true), ("sh", "/usr/bin/sh", true), ("s?", "/bin/sh", true), ("*", "/bin/sh", true),
            ("/bin/*", "/usr/bin/sh", true), ("/usr/bin/*", "/bin/sh", true), ("cat", "/bin/sh", false),
            ("*", "TMP/bin/tool", false), ("bin/*", "TMP/bin/tool", true), ("bin/tool", "TMP/bin/tool", true),
            ("*", "TMP/bin/sh", false), ("sh", "TMP/bin/sh", false), ("/*/bin/*", "TMP/bin/tool", false),
        ])
    func ceiling(entry: String, program: String, covered: Bool) throws {
        try directory.directory("bin")
        try directory.file("bin/tool", "", mode: 0o755)
        try directory.link("bin/sh", to: "/bin/sh")
        let path = program.hasPrefix("TMP/") ? directory.path.appending(String(program.dropFirst(4))) : Path(program)
        #expect(RunCeiling([entry], base: directory.path).covers(path) == covered)
    }

    @Test("A set-id file is no obstacle to the user that it would become") func ownSetID() throws {
        try directory.file("setuid", "", mode: 0o4755)
        try directory.file("setgid", "", mode: 0o2755)
        let finder = ProgramFinder(base: directory.path, user: (getuid(), [getgid()]))
        #expect(try finder.find("./setuid").count == 1)
        #expect(try finder.find("./setgid").count == 1)
    }

    @Test("A glob takes the programs among what it matches") func glob() throws {
        try directory.directory("bin")
        try directory.file("bin/a-one", "", mode: 0o755)
        try directory.file("bin/a-two", "", mode: 0o755)
        try directory.file("bin/a-text", "", mode: 0o644)
        try directory.file("bin/b", "", mode: 0o755)
        let found = try finder.find("bin/a-*").map(\.path)
        #expect(found == ["bin/a-one", "bin/a-two"].map { directory.path.appending($0) })
        #expect(try finder.find("*/b").count == 1)
    }

    @Test("tar brings the filters that are installed") func helpers() throws {
        let files = try #require(try finder.find("tar").first).files
        #expect(files.contains(try #require(try finder.find("gzip").first?.files.first)))
    }

    @Test(
        "What is no program is refused with its reason",
        arguments: [
            ("no-such-program-here", ProgramFinder.Problem.notFound), ("./nothing", .notFound),
            ("nothing-*", .notFound),
            ("[", .badPattern("")),
        ])
    func refused(entry: String, problem: ProgramFinder.Problem) {
        let thrown = #expect(throws: ProgramFinder.Problem.self) { try finder.find(entry) }
        if case .badPattern = problem {
            guard case .badPattern = thrown else {
                Issue.record("\(String(describing: thrown))")
                return
            }
        } else {
            #expect(thrown == problem)
        }
    }

    @Test("Files that cannot run, run as another, or lead in a circle are refused") func files() throws {
        let text = try directory.file("text", "x", mode: 0o644)
        let setUser = try directory.file("setuid", "", mode: 0o4755)
        let setGroup = try directory.file("setgid", "", mode: 0o2755)
        try directory.file("circle", "#!\(directory.path)/other\n", mode: 0o755)
        try directory.file("other", "#!\(directory.path)/circle\n", mode: 0o755)
        #expect(throws: ProgramFinder.Problem.notExecutable(text)) { try finder.find("./text") }
        #expect(throws: ProgramFinder.Problem.setID(try setUser.resolvingLinks())) { try finder.find("./setuid") }
        #expect(throws: ProgramFinder.Problem.setID(try setGroup.resolvingLinks())) { try finder.find("./setgid") }
        // A circle is no error of ours: the kernel refuses to run it. It only must end.
        #expect(try finder.find("./circle").first?.files.count == 2)
    }
}
