import CLinux

/// Capabilities (capabilities(7)), a bit each.
package struct Capabilities: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let changeOwner = Capabilities(rawValue: 1 << 0)
    package static let overridePermissions = Capabilities(rawValue: 1 << 1)
    package static let actAsOwner = Capabilities(rawValue: 1 << 3)
    package static let keepSetID = Capabilities(rawValue: 1 << 4)
    package static let setGroups = Capabilities(rawValue: 1 << 6)
    package static let setUsers = Capabilities(rawValue: 1 << 7)
    package static let dropBoundingSet = Capabilities(rawValue: 1 << 8)
    package static let administrate = Capabilities(rawValue: 1 << 21)
    package static let makeDevices = Capabilities(rawValue: 1 << 27)
    package static let setFileCapabilities = Capabilities(rawValue: 1 << 31)

    /// Takes every capability but these out of what programs of this process can ever gain, and its children's (the
    /// bounding set); it keeps its own. Needs CAP_SETPCAP.
    package static func dropBoundingSet(keeping kept: Capabilities) throws(SystemError) {
        try checked("prctl", "bounding set", result: scriptron_drop_bounding_set(kept.rawValue))
    }

    /// The effective capabilities of this process.
    package static func current() -> Capabilities { Capabilities(rawValue: scriptron_capabilities()) }
}
