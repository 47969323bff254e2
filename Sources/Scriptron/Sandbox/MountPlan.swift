/// A grant as a mount namespace: everything read-only, without set-id bits and devices, but the write grants.
///
/// It closes what Landlock leaves open: mode, owner, times and attributes of files outside the grant. It is made once
/// a grant, by the zygote, and entered by each worker: entering costs a tenth of making.
struct MountPlan: Sendable {
    private let grant: Grant
    private let scratch: Path?
    private let keepsProcesses: Bool
    private let keepsSystem: Bool

    init(_ grant: Grant, scratch: Path?) {
        self.grant = grant
        self.scratch = scratch
        keepsProcesses = grant.readsProcesses
        keepsSystem = grant.read.contains { $0.isInside("/sys") }
    }

    /// Makes the namespace, and opens the grant's files in it; this process is back in its own when it returns or
    /// throws.
    ///
    /// Only for a process of one thread.
    func make() throws(SystemError) -> (namespace: Descriptor, files: GrantFiles) {
        let own = try Namespaces.currentMountNamespace()
        try Namespaces.unshareMounts()
        let made: (Descriptor, GrantFiles)
        do throws(SystemError) {
            // Opened now: afterwards there may be no /proc to open it by.
            let namespace = try Namespaces.currentMountNamespace()
            try Mounts.becomeSlaves()
            let files = try GrantFiles(grant, scratch: scratch)
            try change(files)
            made = (namespace, files)
        } catch {
            try Namespaces.enterMounts(own)
            throw error
        }
        try Namespaces.enterMounts(own)
        return made
    }

    private func change(_ files: GrantFiles) throws(SystemError) {
        // Copied before the tree becomes read-only, so that what the machine mounted read-only stays so.
        var copies: [(mount: Descriptor, file: GrantFiles.File)] = []
        for file in files.write where !isCovered(file, files) {
            let copy = try Mounts.clone(file.descriptor)
            try Mounts.set([.noSetID, .noDevices], onTree: copy)
            copies.append((copy, file))
        }
        // A machine without one of them has programs that do not need it.
        let devices = BaseReadSet.devices.compactMap { path in (try? Mounts.clone(path)).map { ($0, path) } }
        if !keepsProcesses { try empty("/proc") }
        if !keepsSystem { try empty("/sys") }
        try Mounts.change("/", recursive: true, set: [.readOnly, .noSetID, .noDevices])
        // By the descriptor that was copied from: whatever its path leads to by now, it goes there.
        for (mount, file) in copies { try Mounts.attach(mount, at: file.descriptor) }
        for (mount, path) in devices { try Mounts.attach(mount, at: path) }
    }

    /// Whether it lies inside another one that is writable: two mounts would hide one another.
    private func isCovered(_ file: GrantFiles.File, _ files: GrantFiles) -> Bool {
        files.write.contains { file.path != $0.path && file.path.isInside($0.path) }
    }

    private func empty(_ path: Path) throws(SystemError) {
        Mounts.detach(path)
        try Mounts.attach(try Mounts.empty(), at: path)
    }
}

extension Grant {
    /// Whether something of /proc is granted.
    var readsProcesses: Bool { read.contains { $0.isInside("/proc") } }
}
