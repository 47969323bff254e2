import Glibc
import Testing

@testable import Scriptron

/// The jobs `backup` and `restore`, against the files of a box: a source `data`, a target `to`.
extension APIFixture {
    static func backups() throws -> APIFixture {
        let api = try APIFixture()
        try api.directory.tree("box/data/a.txt", "content of a")
        try api.directory.tree("box/data/deep/b.txt", "content of b")
        try api.directory.directory("box/to")
        try api.loadLibraries()
        return api
    }

    private static let usual: [String: Value] = [
        "exclude": .list([]), "mounted": .list([]), "databases": .list([]), "commands": .list([]),
        "recipients": .list([]), "buckets": .list([]), "one_fs": true, "busy": 60, "store": false, "off_machine": true,
        "level": 3, "min_size": 0, "max_shrink": 50, "allow_empty": false, "allow_unreadable": false, "prove": "always",
    ]

    /// Runs the job with these settings over the usual ones; `keep` is the policy.
    @discardableResult
    func backup(_ settings: [String: Value] = [:], keep: [String: Value] = ["last": 3]) throws -> Value {
        var all = Self.usual
        all["paths"] = [.bytes(at("data").bytes)]
        all["targets"] = [.bytes(at("to").bytes)]
        all["keep"] = .map(keep)
        all.merge(settings) { $1 }
        return try run(file: "jobs/backup.lua", settings: all)
    }

    /// The text of the error with which the job ends.
    func backupFailure(_ settings: [String: Value] = [:], keep: [String: Value] = ["last": 3]) -> String {
        do {
            return "no failure: \(try backup(settings, keep: keep))"
        } catch {
            return "\(error)"
        }
    }

    /// Restores into `out`.
    @discardableResult
    func restore(_ settings: [String: Value] = [:]) throws -> Value {
        var all: [String: Value] = [
            "from": "test", "into": .bytes(at("out").bytes), "only": .list([]), "owners": true,
            "targets": [.bytes(at("to").bytes)], "buckets": .list([]),
        ]
        all.merge(settings) { $1 }
        return try run(file: "jobs/restore.lua", settings: all)
    }

    /// The names in a target, without the times in them.
    func published(_ target: String = "to") throws -> [String] {
        try directory.names("box/" + target).map { name in
            name.split(separator: "-").first.map(String.init).map {
                $0 + "." + name.split(separator: ".", maxSplits: 1)[1]
            } ?? name
        }
    }

    /// The name of the newest file with this end in a target.
    func newest(_ suffix: String, in target: String = "to") throws -> String {
        try #require(try directory.names("box/" + target).last { $0.hasSuffix(suffix) })
    }

    /// Waits until the next second: names of backups are seconds.
    static func nextSecond() {
        let now = SystemClock().now().seconds
        while SystemClock().now().seconds == now { Monotonic.sleep(until: Monotonic.now + 0.02) }
    }

    /// Makes the libraries of the repository's jobs available.
    func loadLibraries() throws {
        let directory = Path(#filePath).parent.parent.parent.parent.appending("jobs/lib")
        for name in try StateFiles.names(in: directory) {
            let text = String(decoding: name, as: UTF8.self)
            if text.hasSuffix(".lua") {
                libraries[String(text.dropLast(4))] = try Files.readSmall(directory.appending(Path(bytes: name)))
            }
        }
    }
}
