/// Compressing and archiving as it would be.
extension PlannedEffects {
    package func compress(
        _ from: CheckedPath, _ to: CheckedPath, _ options: CompressOptions
    ) throws(Failure) -> ConvertedFile {
        try convert(from.path, to.path, "archive.compress", effect: "compress")
    }

    package func decompress(_ from: CheckedPath, _ to: CheckedPath, max: Int64?) throws(Failure) -> ConvertedFile {
        try convert(from.path, to.path, "archive.decompress", effect: "decompress")
    }

    /// A file made out of another one; of its size only the other's is known.
    private func convert(
        _ from: Path, _ to: Path, _ call: String, effect: String
    ) throws(Failure) -> ConvertedFile {
        used.reads(from)
        let source = try existing(from, follow: false, call)
        if source.status.kind != .file { throw FileFailure.notRegular(source.status.kind, call, from) }
        guard try find(to, follow: false, call) == nil else {
            throw Failure(
                code: "EEXIST", "\(call) \(to.text): it is there already",
                cure: "nothing is overwritten: take another name")
        }
        try place(to, call) { parent, _ in
            let keepsOwner = Permission.owner.uid == 0
            let file = overlay.make(
                .file, in: parent, mode: live.allowedMode(source.status.mode),
                owner: keepsOwner ? (source.status.uid, source.status.gid) : Permission.owner, now: nanoseconds,
                content: .unknown, size: source.status.size)
            file.status.modified = source.status.modified
            file.status.accessed = source.status.accessed
            return file
        }
        plan.add(effect, ["from": .bytes(from.bytes), "to": .bytes(to.bytes)], bytes: source.status.size)
        return ConvertedFile(bytes: source.status.size, stored: source.status.size)
    }
}
