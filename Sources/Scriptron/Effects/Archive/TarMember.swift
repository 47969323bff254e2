/// One member of an archive: what a tar header says of a file (POSIX pax, with GNU's sparse files).
struct TarMember: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        case file
        case directory
        case link
        /// Another name of a file that came before.
        case hardLink = "hard link"
        case fifo
    }

    /// Relative, without a slash at its end.
    var name: [UInt8]
    var kind: Kind
    /// Permission bits with set-id and sticky.
    var mode: UInt32 = 0o644
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    /// Bytes of the content, holes counted.
    var size: Int64 = 0
    /// Nanoseconds since the epoch.
    var modified: Int64 = 0
    /// What a symbolic link holds, or the member whose other name this is.
    var target: [UInt8] = []
    /// Extended attributes.
    var attributes: [String: [UInt8]] = [:]
    /// Where a sparse file holds data; nil: everywhere.
    var segments: [FileSegment]?

    /// The name as people read it.
    var text: String { Path(bytes: name).text }

    /// The names on its way, for who walks there; a failure where it is absolute, empty, or has `..` in it.
    func safeComponents(_ path: [UInt8]? = nil) throws(Failure) -> [[UInt8]] {
        let path = path ?? name
        let parts = path.split(separator: UInt8(ascii: "/")).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
        guard path.first != UInt8(ascii: "/"), !parts.isEmpty, !parts.contains(Array("..".utf8)), !path.contains(0)
        else {
            throw Failure(
                code: "EESCAPE", "the archive's member \(Path(bytes: path).text) would lie outside of the directory",
                cure: "the archive was made to do harm, or is damaged: trust nothing that is in it")
        }
        return parts
    }
}
