/// The methods of an open file.
func fsFileMethods(_ files: HandleTable<any OpenFile>) -> [HostFunction] {
    /// The most that one read returns.
    let most: Int64 = 16 << 20
    return [
        HostFunction("read") { arguments in
            let count = arguments[1].isNull ? 64 << 10 : try arguments.integer(1, "count")
            guard count > 0, count <= most else { throw arguments.mismatch(1, "count", "from 1 to \(most)") }
            let bytes = try files.object(arguments).read(Int(count))
            return [bytes.isEmpty ? .null : .bytes(bytes)]
        },
        HostFunction("write") { arguments in
            let file = try files.object(arguments)
            // All of them, as Lua's own files take them.
            let pieces = try (1..<max(2, arguments.values.count)).map { index throws(Failure) in
                try arguments.bytes(index, "data")
            }
            let bytes = Array(pieces.joined())
            try file.write(bytes)
            return [.int(Int64(bytes.count))]
        },
        HostFunction("seek") { arguments in
            let origins = SeekOrigin.allCases.map(\.rawValue)
            let text = arguments[1].isNull ? "cur" : try arguments.text(1, "whence")
            guard let origin = SeekOrigin(rawValue: text) else {
                throw arguments.mismatch(1, "whence", "one of " + origins.joined(separator: ", "))
            }
            let offset = arguments[2].isNull ? 0 : try arguments.integer(2, "offset")
            return [.int(try files.object(arguments).seek(offset, from: origin))]
        },
        HostFunction("close") { arguments in
            try files.remove(arguments)?.close()
            return []
        },
    ]
}
