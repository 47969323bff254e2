/// Which files stood at the paths that a confinement is prepared from: where one of them is another file by now, it is
/// stale.
struct ConfinedFiles: Sendable, Hashable {
    /// A file, whatever its names (stat(2)).
    struct Identity: Sendable, Hashable {
        let device: UInt64
        let inode: UInt64
    }

    let identities: [Identity?]

    /// None at all.
    init() { identities = [] }

    init(identities: [Identity?]) { self.identities = identities }

    /// As it is sent to another process.
    var value: Value {
        .list(
            identities.map { identity in
                identity.map {
                    .list([.int(Int64(bitPattern: $0.device)), .int(Int64(bitPattern: $0.inode))])
                } ?? .null
            })
    }

    init?(_ value: Value) {
        guard let list = value.list else { return nil }
        identities = list.map { item in
            guard let pair = item.list, pair.count == 2, let device = pair[0].integer, let inode = pair[1].integer
            else {
                return nil
            }
            return Identity(device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode))
        }
    }
}
