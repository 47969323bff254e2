/// What goes into an archive: a file or directory, and its name there.
package struct ArchiveSource: Sendable, Hashable {
    package var path: CheckedPath
    /// Relative, without `..`.
    package var name: [UInt8]

    package init(path: CheckedPath, name: [UInt8]) {
        self.path = path
        self.name = name
    }
}

/// How an archive is made.
package struct ArchiveOptions: Sendable {
    package var compression = CompressOptions()
    /// What is left out; below a directory that matches nothing is looked at.
    package var excludes: [Glob] = []
    /// Whether directories on other file systems are stored empty.
    package var oneFileSystem = true
    /// Where the list of all that is in it goes.
    package var manifest: CheckedPath?
    package var mode: UInt32 = 0o600

    package init() {}
}

/// Something about one file that the caller should know.
package struct ArchiveRemark: Sendable, Hashable {
    package var path: [UInt8]
    /// `EACCES`, or what happened to it: `vanished`, `grew`, `shrank`, `changed`.
    package var code: String
    package var message: String
}

/// What was found below the sources of an archive, or put into it.
package struct ArchiveTotals: Sendable, Hashable {
    /// Everything but directories.
    package var files: Int64 = 0
    package var directories: Int64 = 0
    /// Bytes of the files' contents.
    package var bytes: Int64 = 0
    /// What could not be read, and is not in it.
    package var unreadable: [ArchiveRemark] = []
    /// What changed while it was read: what is in the archive may be neither its old nor its new content.
    package var changed: [ArchiveRemark] = []
    /// More of either than are listed.
    package var unlisted: Int64 = 0
    /// The same as long as nothing was added, removed or changed: a digest of all names and what the file system says
    /// of them. Only of a scan.
    package var fingerprint: String?
    /// Bytes of the archive itself, and its SHA-256; nil where it was only planned.
    package var stored: Int64 = 0
    package var sha256: String?

    static let mostRemarks = 1000

    mutating func remark(_ list: WritableKeyPath<ArchiveTotals, [ArchiveRemark]>, _ remark: ArchiveRemark) {
        if self[keyPath: list].count < Self.mostRemarks {
            self[keyPath: list].append(remark)
        } else {
            unlisted += 1
        }
    }
}

/// How an archive is unpacked.
package struct ExtractOptions: Sendable {
    /// Only members that one of these matches; empty: all.
    package var only: [Glob] = []
    /// Whether owners are restored, for root.
    package var owners = true
    /// The most bytes; nil: no bound.
    package var max: Int64?

    package init() {}
}
