import Glibc
import Testing

@testable import Scriptron

@Suite("OpenFiles") struct OpenFilesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static func mounts() throws -> [Mount] { Mount.parse(try Files.readSmall("/proc/self/mountinfo")) }

    private func id(_ path: Path) throws -> FileID { try #require(try FileStatus.of(path, follow: false)).id }

    /// Who has the files open among the processes of a made-up /proc.
    private func openers(_ files: Set<FileID>, mounts: [Mount] = []) throws -> [FileID: [OpenFiles.Opener]]? {
        try OpenFiles(proc: directory.path.appending("proc")).openers(of: files, mounts: mounts)
    }

    /// A process in the made-up /proc; its descriptors with their fdinfo.
    private func process(
        _ pid: Int, flags: UInt32 = 0, state: String = "S", files: [(target: Path, info: String)] = [],
        maps: String = "", cwd: Path = "/"
    ) throws {
        let stat = "\(pid) (p\(pid)) \(state) 1 1 1 0 -1 \(flags) 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0\n"
        try directory.directory("proc/\(pid)/fd")
        try directory.directory("proc/\(pid)/fdinfo")
        try directory.file("proc/\(pid)/stat", stat)
        try directory.file("proc/\(pid)/maps", maps)
        try directory.link("proc/\(pid)/cwd", to: cwd)
        try directory.link("proc/\(pid)/root", to: "/")
        for (number, file) in files.enumerated() {
            try directory.link("proc/\(pid)/fd/\(number)", to: file.target)
            try directory.file("proc/\(pid)/fdinfo/\(number)", file.info)
        }
    }

    /// Maps a file that is not open otherwise.
    private func map(_ file: Path) throws -> UnsafeMutableRawPointer? {
        let descriptor = try StateFiles.open(file, .read)
        return withExtendedLifetime(descriptor) { mmap(nil, 4096, PROT_READ, MAP_PRIVATE, descriptor.number, 0) }
    }

    @Test("Open, mapped and working directories are found, with the mode", .enabled(if: getuid() == 0, "needs root"))
    func real() throws {
        let read = try directory.file("read", "x")
        let written = try directory.file("written", "x")
        let mapped = try directory.file("mapped", String(repeating: "m", count: 4096))
        let free = try directory.file("free", "x")
        let holders = [try StateFiles.open(read, .read), try StateFiles.open(written, .write)]
        let address = try map(mapped)
        defer { munmap(address, 4096) }
        let ids = try [read, written, mapped, free].map(id)
        let found = try #require(try OpenFiles().openers(of: Set(ids), mounts: Self.mounts()))
        withExtendedLifetime(holders) {}
        #expect(found[ids[0]]?.map(\.mode) == ["r"])
        #expect(found[ids[1]]?.map(\.mode) == ["rw"])
        #expect(found[ids[2]]?.map(\.mode) == ["mapped"])
        #expect(found[ids[3]] == nil)
        #expect(found[ids[0]]?.first?.pid == getpid())
        let root = try id("/")
        let atRoot = try #require(try OpenFiles().openers(of: [root], mounts: Self.mounts()))
        #expect(atRoot[root]?.contains { $0.mode == "directory" } == true)
    }

    @Test("Who may not look everywhere does not know", .enabled(if: getuid() == 0, "needs root"))
    func unprivileged() async throws {
        await #expect(processExitsWith: .success) {
            guard setgid(65534) == 0, setuid(65534) == 0 else { exit(2) }
            let found = try OpenFiles().openers(of: [FileID(device: 1, inode: 1)], mounts: [])
            exit(found == nil ? 0 : 3)
        }
    }

    @Test("Inodes are compared first; kernel threads and zombies are passed over") func made() throws {
        let mine = try directory.file("mine")
        let other = try directory.file("other")
        let ids = [try id(mine), try id(other)]
        try process(10, files: [(mine, "flags:\t01\nino:\t\(ids[0].inode)\n"), (other, "flags:\t02\nino:\t1\n")])
        try process(11, files: [(mine, "flags:\t0\n")], cwd: directory.path)
        try process(12, flags: 0x20_0000, files: [(mine, "flags:\t0\nino:\t\(ids[0].inode)\n")])
        try process(13, state: "Z", files: [(mine, "flags:\t0\nino:\t\(ids[0].inode)\n")])
        let found = try #require(try openers(Set(ids)))
        #expect(found[ids[0]]?.map(\.mode) == ["w", "r"], "without an inode in fdinfo the file is looked at")
        #expect(found[ids[1]] == nil, "another inode in fdinfo means another file")
        let here = try id(directory.path)
        #expect(try openers([here])?[here]?.map(\.pid) == [11])
    }

    @Test("What lies on a file system that may hang is not looked at, and counts by its inode") func hanging() throws {
        let file = FileID(device: 0x2A, inode: 77)
        let local = FileID(device: 0xFE00, inode: 77)
        let mounts = Mount.parse(Array("1 0 0:42 / /net rw - nfs4 files:/x rw\n".utf8))
        try process(10, files: [("/net/dead", "flags:\t02\nino:\t77\n"), ("/net/more", "flags:\t02\nino:\t78\n")])
        #expect(try openers([file, local], mounts: mounts) == [file: [.init(pid: 10, name: "p10", mode: "rw")]])
    }

    @Test("A mapped file counts also where /proc names the device otherwise") func mappedDevice() throws {
        let stat = FileID(device: 0x31, inode: 5)
        let block = FileID(device: 0xFE00, inode: 5)
        try process(10, maps: "1000-2000 r--p 00000000 00:2f 5   /sub/volume/file\n")
        #expect(try openers([stat, block])?.keys.sorted { $0.device < $1.device } == [stat])
    }

    @Test("hidepid means that not all processes are seen", .enabled(if: getuid() == 0, "needs root"))
    func hidden() async throws {
        await #expect(processExitsWith: .success) {
            let mounts = Mount.parse(Array("1 0 0:1 / /proc rw - proc proc rw,hidepid=invisible\n".utf8))
            guard setuid(65534) == 0 else { exit(2) }
            exit(try OpenFiles(proc: "/proc/self").openers(of: [], mounts: mounts) == nil ? 0 : 3)
        }
    }
}
