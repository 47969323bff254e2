import CLinux

/// What a forked process gives up for good, prepared by its parent so that the child allocates nothing.
final class ProcessConfinement {
    private var steps: scriptron_confinement
    private let groups: UnsafeMutableBufferPointer<UInt32>

    /// What it may use.
    struct Limits {
        /// Bytes.
        var addressSpace: UInt64
        /// Whether programs are free of that.
        var programsAreFree: Bool
        var openFiles: Int
        /// Bytes; nil: none.
        var fileSize: Int64?
        /// Processes and threads in its PID namespace; nil: none.
        var processes: Int?
        /// Whether what its programs leave behind becomes its child.
        var takesOrphans: Bool
    }

    /// - Parameters:
    ///   - mounts: The mount namespace to enter.
    ///   - ownProcesses: Whether the init of a PID namespace gets a /proc of that namespace.
    ///   - staysDumpable: Whether processes of the same user may look into it.
    ///   - user: The user, group and supplementary groups to become.
    init(
        mounts: Descriptor?, ownProcesses: Bool, ruleset: Landlock.Ruleset?, givesUpPrivileges: Bool,
        staysDumpable: Bool, dropsBoundingSet: Bool, keeps: Capabilities,
        user: (uid: UInt32, gid: UInt32, groups: [UInt32])?,
        limits: Limits
    ) {
        groups = .allocate(capacity: user?.groups.count ?? 0)
        _ = groups.initialize(from: user?.groups ?? [])
        steps = scriptron_confinement(
            mount_namespace: mounts?.number ?? -1, own_processes: ownProcesses ? 1 : 0, joins: 0,
            ruleset: ruleset?.number ?? -1, gives_up_privileges: givesUpPrivileges ? 1 : 0,
            stays_dumpable: staysDumpable ? 1 : 0, drops_bounding_set: dropsBoundingSet ? 1 : 0, keeps: keeps.rawValue,
            becomes_user: user == nil ? 0 : 1,
            uid: user?.uid ?? 0, gid: user?.gid ?? 0, groups: groups.baseAddress, group_count: groups.count,
            address_space: limits.addressSpace, programs_are_free: limits.programsAreFree ? 1 : 0,
            file_size: UInt64(clamping: limits.fileSize ?? 0), processes: UInt32(clamping: limits.processes ?? 0),
            takes_orphans: limits.takesOrphans ? 1 : 0, open_files_soft: UInt64(clamping: limits.openFiles),
            open_files_hard: UInt64(clamping: limits.openFiles))
    }

    deinit { groups.deallocate() }

    /// From now on it is that of a process which joined a PID namespace that it is not the init of.
    func join() { steps.joins = 1 }

    /// Session, descriptors, limits, mounts, user, capabilities; no new privileges, not dumpable.
    func begin(keep: [Int32]) throws(SystemError) {
        var step: Int32 = 0
        let result = scriptron_confine_process(&steps, keep, keep.count, &step)
        try checked(Self.name(step), result: result)
    }

    /// Landlock and the filter; then only `keep` is open, and where the filter holds calls its listener, whose number
    /// is returned.
    func finish(
        ruleset: Landlock.Ruleset?, filter: SystemCallFilter?, keep: [Int32]
    ) throws(SystemError) -> Int32? {
        var step: Int32 = 0
        let instructions = filter?.instructions ?? []
        let result = scriptron_confine_calls(
            ruleset?.number ?? -1, keep, keep.count, instructions, UInt16(clamping: instructions.count),
            filter?.holdsCalls == true ? 1 : 0, &step)
        let listener = try checked(Self.name(step), result: result)
        return filter?.holdsCalls == true ? listener : nil
    }

    /// What a person calls a step.
    private static func name(_ step: Int32) -> String {
        switch scriptron_confine_step(UInt32(bitPattern: step)) {
        case SCRIPTRON_CONFINE_DESCRIPTORS: "close_range"
        case SCRIPTRON_CONFINE_LIMITS: "setrlimit"
        case SCRIPTRON_CONFINE_COUNT: "pid_max"
        case SCRIPTRON_CONFINE_ORPHANS: "prctl (subreaper)"
        case SCRIPTRON_CONFINE_MOUNTS: "setns (mounts)"
        case SCRIPTRON_CONFINE_PROCESSES: "mount /proc"
        case SCRIPTRON_CONFINE_BOUNDING_SET: "prctl (bounding set)"
        case SCRIPTRON_CONFINE_USER: "setresuid"
        case SCRIPTRON_CONFINE_CAPABILITIES: "capset"
        case SCRIPTRON_CONFINE_PARENT_DEATH: "prctl (death with the parent)"
        case SCRIPTRON_CONFINE_NEW_PRIVILEGES: "prctl (no new privileges)"
        case SCRIPTRON_CONFINE_DUMPABLE: "prctl (dumpable)"
        case SCRIPTRON_CONFINE_LANDLOCK: "landlock_restrict_self"
        default: "seccomp"
        }
    }
}
