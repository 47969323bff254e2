import Glibc

@testable import Scriptron

extension TemporaryDirectory {
    /// A path inside it.
    func at(_ name: String) -> Path { path.appending(name) }

    /// The directory, open.
    var opened: Directory { get throws { try Directory(path) } }

    /// Makes a file with the directories above it.
    @discardableResult
    func tree(_ name: String, _ content: String = "") throws -> Path {
        let parent = Path(name).parent.text
        if parent != "." { try directory(parent) }
        return try file(name, content)
    }

    /// Writes a file of any bytes, in the place of one that is there.
    func replace(_ name: String, _ bytes: [UInt8]) throws {
        let file = try AtomicFile(at(name).name, in: Directory(at(name).parent), mode: 0o644)
        try file.descriptor.write(bytes)
        try file.commit(replace: true)
    }

    /// A file's content as text; nil where there is none.
    func text(_ name: String) -> String? {
        (try? Files.readSmall(at(name))).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The names in it, or in a directory below, sorted.
    func names(_ name: String = ".") throws -> [String] {
        try Directory(at(name)).names().map { Path(bytes: $0).text }.sorted()
    }

    /// What is at the path, no link followed.
    func status(_ name: String) throws -> FileStatus? { try FileStatus.of(at(name), follow: false) }

    /// Sets the modification and access time of a file, in seconds since the epoch.
    func age(_ name: String, to seconds: Int64) throws {
        let number = at(name).withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        if number < 0 { throw SystemError.current("open", name) }
        try Descriptor(owning: number).setTimes(accessed: seconds * 1_000_000_000, modified: seconds * 1_000_000_000)
    }
}
