import Testing

@testable import Scriptron

@Suite("Paths of scripts") struct PathResolverTests {
    private static func resolver(
        read: [Path] = ["/srv/data"], write: [Path] = ["/srv/app/var/tmp"], ceiling: Ceiling? = nil
    ) -> PathResolver {
        var grant = Grant()
        grant.read = read
        grant.write = write
        return PathResolver(grant: grant, base: "/srv/app", scratch: "/run/s1", job: "sweep") { ceiling }
    }

    @Test(
        "A granted path comes out absolute and normalized",
        arguments: [
            ("var/tmp", Access.write, "/srv/app/var/tmp"),
            ("./var//tmp/./a/../b/", .write, "/srv/app/var/tmp/b"),
            ("/srv/data/x", .read, "/srv/data/x"),
            ("/srv/app/var/tmp/x", .read, "/srv/app/var/tmp/x"),
            ("/run/s1/x", .write, "/run/s1/x"),
            ("../data/x", .read, "/srv/data/x"),
        ])
    func granted(raw: String, access: Access, expected: Path) throws {
        #expect(try Self.resolver().check(raw, access, call: "fs.read").path == expected)
    }

    @Test(
        "What is outside the grant is refused, with the line of needs that allows it",
        arguments: [
            ("/etc/shadow", Access.read, "/etc/shadow", #"read = { "/etc/shadow" }"#),
            ("/etc/motd", .write, "/etc/motd", #"write = { "/etc" }"#),
            ("../../etc/motd", .write, "/etc/motd", #"write = { "/etc" }"#),
            ("/srv/data/x", .write, "/srv/data/x", #"write = { "/srv/data" }"#),
            ("var/tmp/../x", .read, "/srv/app/var/x", #"read = { "/srv/app/var/x" }"#),
            ("var/tmpx", .read, "/srv/app/var/tmpx", #"read = { "/srv/app/var/tmpx" }"#),
            ("/x", .write, "/x", #"write = { "/x" }"#),
            (#"/a"b\c"#, .read, #"/a"b\c"#, #"read = { "/a\"b\\c" }"#),
        ])
    func refused(raw: String, access: Access, shown: String, line: String) {
        let failure = #expect(throws: Failure.self) { try Self.resolver().check(raw, access, call: "fs.x") }
        #expect(failure?.code == "EGRANT")
        let base = raw.hasPrefix("/") ? "" : " (relative paths start at /srv/app)"
        #expect(failure?.message == "job sweep: fs.x may not \(access.rawValue) \(shown)\(base)")
        #expect(failure?.cure == "add it to the job's needs: \(line)")
    }

    @Test("A refusal says where the ceiling forbids it too") func ceiling() {
        var ceiling = Ceiling()
        ceiling.read = ["/srv"]
        let resolver = Self.resolver(ceiling: ceiling)
        let inside = #expect(throws: Failure.self) { try resolver.check("/srv/x", .read, call: "fs.read") }
        #expect(inside?.cure?.contains("ceiling") == false)
        let outside = #expect(throws: Failure.self) { try resolver.check("/etc/motd", .write, call: "fs.write") }
        #expect(outside?.cure?.hasSuffix(#"which forbids it now: ceiling = { write = { "/etc" } }"#) == true)
    }

    @Test(
        "A path that no file can have is refused",
        arguments: [
            ([], "EINVAL"),
            (Array("/srv/data/a\0b".utf8), "EINVAL"),
            (Array("/srv/data/".utf8) + [UInt8](repeating: 0x61, count: 256), "ENAMETOOLONG"),
            ([UInt8](repeating: 0x2F, count: 5000), "ENAMETOOLONG"),
        ] as [([UInt8], String)])
    func impossible(raw: [UInt8], code: String) {
        let failure = #expect(throws: Failure.self) { try Self.resolver().check(raw, .read, call: "fs.read") }
        #expect(failure?.code == code)
    }

    @Test("A name inside a checked directory is checked, one that is no name is not") func entry() throws {
        let directory = try Self.resolver().check("/srv/data", .read, call: "fs.walk")
        #expect(directory.entry(Array("a".utf8))?.path == "/srv/data/a")
        for name in ["", ".", "..", "a/b", "a\0", String(repeating: "x", count: 256)] {
            #expect(directory.entry(Array(name.utf8)) == nil)
        }
    }

    @Test("Without a kernel layer, a link that leads out is refused, one that stays inside is not") func links() throws
    {
        let directory = try TemporaryDirectory()
        let inside = try directory.directory("in")
        let outside = try directory.directory("out")
        try directory.file("out/secret", "x")
        try directory.file("in/file", "x")
        try directory.link("in/to-out", to: outside)
        try directory.link("in/to-secret", to: "../out/secret")
        try directory.link("in/to-file", to: "file")
        try directory.link("in/dangling", to: "../out/new")
        try directory.link("granted", to: inside)
        var grant = Grant()
        grant.mode = .off
        grant.write = [directory.path.appending("granted"), inside]
        let resolver = PathResolver(grant: grant, base: directory.path, scratch: nil, job: "j")
        for (path, access) in [
            ("in/to-out/secret", Access.read), ("in/to-out/new", .write), ("in/to-secret", .read),
            ("in/dangling", .read), ("in/to-out", .read),
        ] {
            let failure = #expect(throws: Failure.self) { try resolver.check(path, access, call: "fs.x") }
            #expect(failure?.code == "EGRANT")
            #expect(failure?.message.contains("(where ") == true)
        }
        for path in ["in/file", "in/to-file", "in/new/deep", "granted/file"] {
            #expect(throws: Never.self) { try resolver.check(path, .read, call: "fs.x") }
        }
        // Removing a link touches the link alone.
        #expect(throws: Never.self) { try resolver.check("in/to-secret", .write, call: "fs.remove") }
        let followed = #expect(throws: Failure.self) {
            try resolver.check(Array("in/to-secret".utf8), .write, call: "fs.truncate", follow: true)
        }
        #expect(followed?.code == "EGRANT")
    }
}
