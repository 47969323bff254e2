/// The grants that the zygote knows, each under a short key and in a sealed memory file.
struct GrantKeys {
    struct Entry {
        let key: String
        let descriptor: Descriptor
    }

    /// How many are kept; the zygote's own cache forgets by itself.
    private static let capacity = 256
    private var entries: [Grant: Entry] = [:]
    private var next = 1

    /// The key of a grant, made at its first use.
    mutating func entry(_ grant: Grant) throws -> Entry {
        if let entry = entries[grant] { return entry }
        if entries.count >= Self.capacity { entries = [:] }
        let bytes = try ValueCodec.encode(grant.value)
        let entry = Entry(key: String(next), descriptor: try SealedMemory.create(name: "grant", bytes))
        next += 1
        entries[grant] = entry
        return entry
    }
}
