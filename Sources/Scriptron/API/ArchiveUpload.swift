/// An archive that is sent while it is made, as scripts write it in place of a file's path:
/// `{ archive = sources, format =, level =, exclude =, one_fs = }`.
struct ArchiveUpload {
    private let sources: [ArchiveSource]
    private let options: ArchiveOptions
    private let call: String

    /// Nil where the argument is something else.
    init?(_ arguments: Arguments, _ index: Int, _ context: APIContext) throws(Failure) {
        guard let members = arguments[index].map, let archive = members["archive"] else { return nil }
        call = arguments.function
        var given = Options(function: call, values: members)
        _ = given.take("archive")
        var options = ArchiveOptions()
        options.compression.format = try given.compressionFormat("format")
        options.compression.level = try given.level(of: options.compression.format)
        try given.sourceOptions(&options)
        try given.finish(known: ["archive", "format", "level", "exclude", "one_fs"])
        self.options = options
        sources = try archiveSources(Arguments(function: call, values: [archive]), 0, context)
    }

    /// Makes it, and hands it on piece by piece. What `output` throws ends it, and is thrown.
    func make(_ effects: any Effects, _ output: @escaping ([UInt8]) throws -> Void) throws -> ArchiveTotals {
        var problem: (any Error)?
        do throws(Failure) {
            return try effects.sendArchive(sources, options, call: call) { (piece) throws(Failure) in
                do {
                    try output(piece)
                } catch {
                    problem = error
                    throw Failure(code: "ECANCELED", "\(call): the archive is wanted no more")
                }
            }
        } catch {
            throw problem ?? error
        }
    }
}
