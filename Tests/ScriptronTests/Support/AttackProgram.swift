import Glibc

@testable import Scriptron

/// The attacking program, where every user can read it and a job may be granted it.
struct AttackProgram {
    let path: Path
    /// The directory of Swift's libraries, which it may be linked with.
    let libraries: [Path]

    /// A copy of it in a directory.
    init(in directory: TemporaryDirectory) throws {
        path = directory.path.appending("attack")
        chmod(directory.path.text, 0o755)
        let bytes = try Files.readSmall(try RanProgram.own("sandbox-attack"), max: 64 << 20)
        try StateFiles.open(path, .write).write(bytes)
        chmod(path.text, 0o755)
        let maps = String(decoding: try Files.readSmall("/proc/self/maps", max: 16 << 20), as: UTF8.self)
        let line = maps.split(separator: "\n").first { $0.hasSuffix("/libswiftCore.so") }
        libraries = line?.split(separator: " ").last.map { [Path(String($0)).parent] } ?? []
    }

    /// A grant of it alone.
    func grant() throws -> Grant { try TestGrant.programs([path.text], read: libraries) }
}
