import CLinux

/// Changing the mounts of a mount namespace of one's own (mount_namespaces(7), mount_setattr(2)).
enum Mounts {
    /// Attributes of a mount.
    struct Attributes: OptionSet, Sendable {
        let rawValue: UInt64

        static let readOnly = Attributes(rawValue: UInt64(SCRIPTRON_MOUNT_READ_ONLY))
        static let noSetID = Attributes(rawValue: UInt64(SCRIPTRON_MOUNT_NOSUID))
        static let noDevices = Attributes(rawValue: UInt64(SCRIPTRON_MOUNT_NODEV))
        static let noExecute = Attributes(rawValue: UInt64(SCRIPTRON_MOUNT_NOEXEC))
    }

    /// From now on mounts of the machine still come in and none goes out: the first thing in a new namespace.
    static func becomeSlaves() throws(SystemError) {
        try checked("mount", "/", result: scriptron_mounts_become_slaves())
    }

    /// A detached copy of what is mounted at and below a path.
    static func clone(_ path: Path) throws(SystemError) -> Descriptor {
        Descriptor(owning: try checked("open_tree", path.text, result: path.withCString { scriptron_mount_clone($0) }))
    }

    /// The same at and below an open file of this mount namespace.
    static func clone(_ file: Descriptor) throws(SystemError) -> Descriptor {
        Descriptor(owning: try checked("open_tree", result: scriptron_mount_clone_open(file.number)))
    }

    /// Sets attributes of a detached copy and all below it.
    static func set(_ attributes: Attributes, onTree tree: Descriptor) throws(SystemError) {
        try checked("mount_setattr", result: scriptron_mount_set_tree(tree.number, attributes.rawValue, 0))
    }

    /// Sets and clears attributes of the mount at a path, with all below it where `recursive`.
    static func change(
        _ path: Path, recursive: Bool, set: Attributes = [], clear: Attributes = []
    ) throws(SystemError) {
        let result = path.withCString { scriptron_mount_set($0, recursive ? 1 : 0, set.rawValue, clear.rawValue) }
        try checked("mount_setattr", path.text, result: result)
    }

    /// Attaches a detached mount at a path.
    static func attach(_ mount: Descriptor, at path: Path) throws(SystemError) {
        try checked("move_mount", path.text, result: path.withCString { scriptron_mount_attach(mount.number, $0) })
    }

    /// Attaches a detached mount at an open file of this mount namespace.
    static func attach(_ mount: Descriptor, at file: Descriptor) throws(SystemError) {
        try checked("move_mount", result: scriptron_mount_attach_open(mount.number, file.number))
    }

    /// A new, detached file system that is empty and cannot be written.
    static func empty() throws(SystemError) -> Descriptor {
        let attributes: Attributes = [.readOnly, .noSetID, .noDevices, .noExecute]
        return Descriptor(
            owning: try checked(
                "fsmount", "tmpfs", result: scriptron_mount_new("tmpfs", "size", "4096", attributes.rawValue)))
    }

    /// Takes the mount at a path out of the namespace, with all below it; false where there was none.
    @discardableResult
    static func detach(_ path: Path) -> Bool { path.withCString { scriptron_mount_detach($0) } == 0 }
}
