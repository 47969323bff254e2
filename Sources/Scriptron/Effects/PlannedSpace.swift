/// The space of file systems as it would be: what each really has, less what a dry run took and with what it freed.
class PlannedSpace {
    /// What a plan took of a file system, beyond what it freed.
    struct Use: Hashable {
        var bytes: Int64 = 0
        var inodes: Int64 = 0
    }

    private struct Disk {
        let space: FileSystemSpace
        let readOnly: Bool
        var use = Use()
    }

    private let look: (Path) -> (space: FileSystemSpace, readOnly: Bool)?
    private var disks: [UInt64: Disk?] = [:]
    /// Sizes that are guessed by what they cannot be over, each with what finds the true one.
    private var guesses: [() -> Void] = []

    /// The space of a run; in debug builds one that is wrong, where a test asks for it.
    static func forRun(_ look: @escaping (Path) -> (space: FileSystemSpace, readOnly: Bool)?) -> PlannedSpace {
        #if DEBUG
            if BrokenOverlay.fault != nil { return BrokenSpace(look) }
        #endif
        return PlannedSpace(look)
    }

    /// - Parameter look: What the file system that really holds a path has; nil where nobody can tell.
    init(_ look: @escaping (Path) -> (space: FileSystemSpace, readOnly: Bool)?) { self.look = look }

    private func disk(_ device: UInt64, _ path: @autoclosure () -> Path) -> Disk? {
        if let known = disks[device] { return known }
        let found = look(path()).map { Disk(space: $0.space, readOnly: $0.readOnly) }
        disks[device] = .some(found)
        return found
    }

    /// Whether nothing can be changed on the file system at all.
    func isReadOnly(_ device: UInt64, _ path: @autoclosure () -> Path) -> Bool {
        disk(device, path())?.readOnly ?? false
    }

    /// What content of this size takes.
    func rounded(_ size: Int64, _ device: UInt64, _ path: @autoclosure () -> Path) -> Int64 {
        let block = disk(device, path())?.space.block ?? 4096
        return (size + block - 1) / block * block
    }

    /// Takes so much, where there is so much (ENOSPC).
    func take(_ use: Use, _ device: UInt64, _ path: @autoclosure () -> Path) throws(SystemError) {
        guard let disk = disk(device, path()) else { return }
        if !Self.holds(use, disk) {
            settle()
            guard let disk = disks[device] ?? nil, Self.holds(use, disk) else {
                throw SystemError(ErrorNumber.noSpace, call: "write")
            }
        }
        change(device, by: use)
    }

    private static func holds(_ use: Use, _ disk: Disk) -> Bool {
        if use.bytes > 0, disk.space.freeHere - disk.use.bytes < use.bytes { return false }
        // Some file systems have as many inodes as they have room for, and say 0.
        return disk.space.inodes == 0
            || disk.space.inodes - disk.space.inodesUsed - disk.use.inodes >= use.inodes
    }

    /// Gives back, or takes without a look whether there is so much.
    func change(_ device: UInt64, by use: Use) {
        guard var disk = disks[device] ?? nil else { return }
        disk.use.bytes += use.bytes
        disk.use.inodes += use.inodes
        disks[device] = disk
    }

    /// Keeps that a size is only guessed: `settle` finds the true one when it matters.
    func guessed(_ settle: @escaping () -> Void) { guesses.append(settle) }

    /// Finds out all that was guessed.
    func settle() {
        let all = guesses
        guesses = []
        for guess in all { guess() }
    }

    /// What the plan took of a file system so far; nil: nothing was asked of it yet.
    func use(of device: UInt64) -> Use? {
        settle()
        return (disks[device] ?? nil)?.use
    }
}
