/// A member of an archive as scripts see it.
package struct ArchiveEntry: Sendable, Hashable {
    package var name: [UInt8]
    /// `file`, `directory`, `link`, `hard link` or `fifo`.
    package var kind: String
    package var size: Int64
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    /// Nanoseconds since the epoch.
    package var modified: Int64
    package var target: [UInt8]

    init(_ member: TarMember) {
        name = member.name
        kind = member.kind.rawValue
        size = member.size
        mode = member.mode
        uid = member.uid
        gid = member.gid
        modified = member.modified
        target = member.target
    }
}
