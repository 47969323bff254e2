/// `fs`: files. Every path is checked against the grant; bulk work is done here, not in Lua.
package func fsModule(_ context: APIContext) -> HostModule {
    let walks = HandleTable<FSWalk>("walk")
    let lines = HandleTable<FSLines>("lines")
    let files = HandleTable<any OpenFile>("file")
    return HostModule(
        "fs",
        functions: fsReading(context, walks, lines, files) + fsChanging(context) + fsRemoving(context)
            + fsChains(context),
        methods: [
            "walk": [
                HostFunction("next") { arguments in try walks.object(arguments).next(context) },
                HostFunction("close") { arguments in
                    _ = try walks.remove(arguments)
                    return []
                },
            ],
            "lines": [
                HostFunction("next") { arguments in try lines.object(arguments).next() },
                HostFunction("close") { arguments in
                    try lines.remove(arguments)?.file.close()
                    return []
                },
            ],
            "file": fsFileMethods(files),
        ],
        prelude: prelude
    )
}

/// Batches become iterators; a function for `on_error` stays in Lua.
private let prelude = #"""
    local fs, base = ...
    local next, rawget, type = base.next, base.rawget, base.type

    local function iterate(handle, on_error)
      local batch, at = {}, 0
      return function()
        at = at + 1
        local item = batch[at]
        while item == nil do
          local problems
          batch, problems = handle:next()
          if problems and on_error then
            for index = 1, #problems do on_error(problems[index].path, problems[index]) end
          end
          if batch == nil then
            batch, at = {}, 0
            return nil
          end
          at, item = 1, batch[1]
        end
        return item
      end, nil, nil, handle
    end

    local walk, lines = fs.walk, fs.lines

    function fs.walk(root, options)
      local on_error
      if type(options) == "table" and type(rawget(options, "on_error")) == "function" then
        local plain = {}
        for key, value in next, options do plain[key] = value end
        on_error, plain.on_error = plain.on_error, "collect"
        options = plain
      end
      return iterate(walk(root, options), on_error)
    end

    function fs.lines(path)
      return iterate(lines(path))
    end
    """#

/// A walk of a script.
final class FSWalk {
    /// What becomes of what cannot be read.
    enum OnError: String, CaseIterable {
        case warn
        case ignore
        case raise
        case collect
    }

    private let source: any EntrySource
    private let onError: OnError

    init(_ source: any EntrySource, onError: OnError) {
        self.source = source
        self.onError = onError
    }

    /// A list of entries, and a list of problems for the script; nothing at the end.
    func next(_ context: APIContext) throws(Failure) -> [Value] {
        let batch = try source.next(256)
        if batch.entries.isEmpty, batch.problems.isEmpty { return [] }
        let effects = try context.current("fs.walk").effects
        switch onError {
        case .warn: for problem in batch.problems { effects.post(.warning(problem.failure.description)) }
        case .raise: if let problem = batch.problems.first { throw problem.failure }
        case .ignore, .collect: break
        }
        let entries = Value.list(batch.entries.map(EntryValue.of))
        guard onError == .collect, !batch.problems.isEmpty else { return [entries] }
        let problems = batch.problems.map { problem -> Value in
            [
                "path": .bytes(problem.path.bytes), "code": .text(problem.failure.code),
                "message": .text(problem.failure.description),
            ]
        }
        return [entries, .list(problems)]
    }
}

/// A file that is read line by line.
final class FSLines {
    let file: any OpenFile
    private let path: Path
    private var rest: [UInt8] = []
    private var atEnd = false
    private static let longest = 1 << 20

    init(_ file: any OpenFile, path: Path) {
        self.file = file
        self.path = path
    }

    /// A list of lines without their line feeds; nothing at the end.
    func next() throws(Failure) -> [Value] {
        var lines: [Value] = []
        while lines.isEmpty, !atEnd {
            let bytes = try file.read(64 << 10)
            atEnd = bytes.isEmpty
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(.bytes(rest + bytes[start..<end]))
                rest = []
                start = end + 1
            }
            rest += bytes[start...]
            if rest.count > Self.longest {
                throw Failure(
                    code: "EFBIG", "fs.lines \(path.text): a line is longer than \(Self.longest) bytes",
                    cure: "read it with fs.open in pieces")
            }
        }
        if lines.isEmpty {
            if rest.isEmpty { return [] }
            lines.append(.bytes(rest))
            rest = []
        }
        return [.list(lines)]
    }
}
