import Glibc
import Testing

@testable import Scriptron

@Suite("TreeWalker") struct TreeWalkerTests {
    private func walk(_ root: Path, maxDepth: Int? = nil, childrenFirst: Bool = false) throws -> [String] {
        let walker = try TreeWalker(try Directory(root), at: root, maxDepth: maxDepth, reportsLeaving: childrenFirst)
        var found: [String] = []
        while let step = walker.next() {
            switch step {
            case .entry(let path, _, _): found.append(String(path.text.dropFirst(root.text.count + 1)))
            case .leaving(let path, _): found.append("/" + path.text.dropFirst(root.text.count + 1))
            case .problem(let path, let error): found.append("! \(path.text) \(error.name)")
            }
        }
        return found
    }

    @Test("Every entry comes once, a directory before what is in it") func all() throws {
        let directory = try TemporaryDirectory()
        for name in ["a/b/c", "a/d", "e"] { try directory.tree(name) }
        try directory.directory("empty")
        let found = try walk(directory.path)
        #expect(found.sorted() == ["a", "a/b", "a/b/c", "a/d", "e", "empty"])
        #expect(found.firstIndex(of: "a/b") ?? 9 < found.firstIndex(of: "a/b/c") ?? 0)
    }

    @Test("A directory is left behind its entries") func leaving() throws {
        let directory = try TemporaryDirectory()
        try directory.tree("a/b/c")
        #expect(try walk(directory.path, childrenFirst: true) == ["a", "a/b", "a/b/c", "/a/b", "/a"])
    }

    @Test("The depth bounds it") func depth() throws {
        let directory = try TemporaryDirectory()
        try directory.tree("a/b/c")
        #expect(try walk(directory.path, maxDepth: 1) == ["a"])
        #expect(try walk(directory.path, maxDepth: 2) == ["a", "a/b"])
    }

    @Test("A link is an entry and is not followed") func links() throws {
        let directory = try TemporaryDirectory()
        try directory.tree("outside/secret")
        let root = try directory.directory("root")
        try Directory(root).makeLink(Array("link".utf8), target: Array("../outside".utf8))
        #expect(try walk(root) == ["link"])
    }

    @Test("Hundreds of levels and paths beyond PATH_MAX need few descriptors") func deep() throws {
        let directory = try TemporaryDirectory()
        var current = try directory.opened
        let name = Array("level-of-some-length".utf8)
        for _ in 0..<300 {
            try current.makeDirectory(name, mode: 0o755)
            try current.makeLink(Array("x".utf8), target: Array("y".utf8))
            current = try current.child(name)
        }
        let walker = try TreeWalker(try directory.opened, at: directory.path, reportsLeaving: true)
        var longest = 0
        var steps = 0
        while let step = walker.next() {
            if case .problem(_, let error) = step { Issue.record(error) }
            longest = max(longest, step.path.bytes.count)
            steps += 1
        }
        #expect(steps == 900)
        #expect(longest > 6000)
        let removal = try TreeRemoval(name, in: try directory.opened, at: directory.path.appending(Path(bytes: name)))
        #expect(removal.problem == nil)
        #expect(removal.directories == 300)
        #expect(removal.files == 299)
        #expect(try directory.names() == ["x"])
    }

    @Test("A directory that is swapped for a link is not followed") func swapped() throws {
        let directory = try TemporaryDirectory()
        try directory.tree("outside/secret")
        let root = try directory.directory("root")
        try directory.directory("root/a")
        let walker = try TreeWalker(try Directory(root), at: root)
        guard case .entry = walker.next() else {
            Issue.record("the walk must begin with a")
            return
        }
        try Directory(root).removeDirectory(Array("a".utf8))
        try Directory(root).makeLink(Array("a".utf8), target: Array("../outside".utf8))
        guard case .problem(_, let error) = walker.next() else {
            Issue.record("the swapped directory must be a problem")
            return
        }
        #expect(["ENOTDIR", "ELOOP"].contains(error.name))
        #expect(walker.next() == nil)
    }

    @Test("Names of any bytes come as they are") func names() throws {
        let directory = try TemporaryDirectory()
        let odd: [[UInt8]] = [[0xFF, 0xFE], Array("new\nline".utf8), [UInt8](repeating: 0x61, count: 255)]
        for name in odd { try directory.opened.makeDirectory(name, mode: 0o755) }
        let walker = try TreeWalker(try directory.opened, at: directory.path)
        var found: Set<[UInt8]> = []
        while case .entry(let path, _, _)? = walker.next() { found.insert(path.name) }
        #expect(found == Set(odd))
    }
}
