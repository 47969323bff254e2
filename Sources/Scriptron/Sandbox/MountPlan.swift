/// A grant as a mount namespace: everything read-only, without set-id bits and devices, but the write grants.
///
/// It closes what Landlock leaves open: mode, owner, times and attributes of files outside the grant. It is made once
/// a grant, by the zygote, and entered by each worker: entering costs a tenth of making.
struct MountPlan: Sendable {
    private let writable: [Path]
    private let keepsProcesses: Bool
    private let keepsSystem: Bool

    init(_ grant: Grant, scratch: Path?) {
        let scratch = scratch.map { [$0] } ?? []
        writable = grant.write + scratch.filter { path in !grant.write.contains { path.isInside($0) } }
        keepsProcesses = grant.readsProcesses
        keepsSystem = grant.read.contains { $0.isInside("/sys") }
    }

    /// Makes the namespace; this process is back in its own when it returns or throws.
    ///
    /// Only for a process of one thread.
    func make() throws(SystemError) -> Descriptor {
        let own = try Namespaces.currentMountNamespace()
        try Namespaces.unshareMounts()
        let made: Descriptor
        do throws(SystemError) {
            // Opened now: afterwards there may be no /proc to open it by.
            made = try Namespaces.currentMountNamespace()
            try change()
        } catch {
            try Namespaces.enterMounts(own)
            throw error
        }
        try Namespaces.enterMounts(own)
        return made
    }

    private func change() throws(SystemError) {
        try Mounts.becomeSlaves()
        // Copied before the tree becomes read-only, so that what the machine mounted read-only stays so.
        var copies: [(mount: Descriptor, path: Path)] = []
        for path in writable {
            let copy = try Mounts.clone(path)
            try Mounts.set([.noSetID, .noDevices], onTree: copy)
            copies.append((copy, path))
        }
        for device in BaseReadSet.devices {
            // A machine without one of them has programs that do not need it.
            if let copy = try? Mounts.clone(device) { copies.append((copy, device)) }
        }
        if !keepsProcesses { try empty("/proc") }
        if !keepsSystem { try empty("/sys") }
        try Mounts.change("/", recursive: true, set: [.readOnly, .noSetID, .noDevices])
        for (mount, path) in copies { try Mounts.attach(mount, at: path) }
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
