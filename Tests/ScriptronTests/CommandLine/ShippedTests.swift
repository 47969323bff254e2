import Glibc
import Testing

@testable import Scriptron
@testable import scriptron

@Suite("Shipped files") struct ShippedTests {
    /// The repository's root, four levels above this file.
    private let root = Path(#filePath).parent.parent.parent.parent

    /// The Lua files of a directory of the repository.
    private func scripts(in directory: Path) -> [Path] {
        guard let stream = opendir(root.appending(directory).text) else { return [] }
        defer { closedir(stream) }
        var scripts: [Path] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name.ends(with: ".lua") { scripts.append(directory.appending(Path(bytes: name))) }
        }
        return scripts
    }

    @Test("The binary carries the configuration and every job of the repository, as they are there") func all() throws {
        let expected = ["scriptron.lua"] + scripts(in: "jobs") + scripts(in: "jobs/lib")
        #expect(Shipped.files.map(\.path).sorted() == expected.sorted())
        for (path, bytes) in Shipped.files {
            #expect(try Files.readSmall(root.appending(path)) == bytes, "\(path.text)")
        }
    }
}

extension Collection where Element == UInt8 {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
