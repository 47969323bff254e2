/// `archive`: compressed files and archives, read and written by the host.
package func archiveModule(_ context: APIContext) -> HostModule {
    HostModule(
        "archive",
        functions: [
            HostFunction("compress") { arguments in
                var given = try arguments.options(2)
                var options = CompressOptions()
                options.format = try given.compressionFormat("format")
                options.level = try given.level(of: options.format)
                try given.finish(known: ["format", "level"])
                let from = try context.path(arguments, 0, .read, name: "from", follow: false)
                let to = try context.path(arguments, 1, .write, name: "to")
                return [converted(try context.current("archive.compress").effects.compress(from, to, options))]
            },
            HostFunction("decompress") { arguments in
                var given = try arguments.options(2)
                let max = try given.size("max")
                try given.finish(known: ["max"])
                let from = try context.path(arguments, 0, .read, name: "from", follow: false)
                let to = try context.path(arguments, 1, .write, name: "to")
                return [converted(try context.current("archive.decompress").effects.decompress(from, to, max: max))]
            },
        ])
}

private func converted(_ file: ConvertedFile) -> Value {
    var members: [String: Value] = ["bytes": .int(file.bytes), "stored": .int(file.stored)]
    if let hash = file.sha256 { members["sha256"] = .text(hash) }
    return .map(members)
}

extension Options {
    /// The format to compress in.
    mutating func compressionFormat(_ name: String) throws(Failure) -> CompressionFormat {
        let words = CompressionFormat.allCases.map(\.rawValue)
        return CompressionFormat(rawValue: try word(name, of: words, default: CompressionFormat.zstd.rawValue)) ?? .zstd
    }

    /// The option `level`, which is one of the format's.
    mutating func level(of format: CompressionFormat) throws(Failure) -> Int? {
        guard let value = take("level") else { return nil }
        guard let level = value.integer.flatMap({ Int(exactly: $0) }), format.levels.contains(level) else {
            throw Failure(
                code: "EARGUMENT",
                "\(function): option level of \(format.rawValue) must be a whole number from \(format.levels.lowerBound) "
                    + "to \(format.levels.upperBound)")
        }
        return level
    }
}
