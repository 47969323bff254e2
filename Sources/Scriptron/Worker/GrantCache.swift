/// The grants that came to the zygote so far, decoded, by their keys. For a process of one thread.
final class GrantCache {
    /// How many are kept.
    private static let capacity = 1024

    private var grants: [String: Grant] = [:]

    /// The grant of this key, where it came before and is still kept.
    func known(_ key: String) -> Grant? { grants[key] }

    /// The grant of this key; decoded from the sealed memory file where it is new.
    func grant(_ key: String, in file: Descriptor) throws -> Grant {
        if let known = grants[key] { return known }
        let grant = try Grant(decoding: try ValueCodec.decode(try SealedMemory.read(file.number)))
        if grants.count >= Self.capacity { grants = [:] }
        grants[key] = grant
        return grant
    }
}
