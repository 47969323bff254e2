import CSeccomp

/// Compiles a seccomp filter that allows all but what it is told to deny (libseccomp).
///
/// Most arguments of system calls are 32 bits wide, and the kernel drops the upper half of their registers: every
/// comparison of one is masked, or else `1 << 32 | value` would pass.
final class FilterBuilder {
    /// A condition on one argument, counted from 0.
    enum Condition {
        /// `argument & mask == value`.
        case masked(UInt32, mask: UInt64, equals: UInt64)
        /// The whole register is greater than this: for a small unsigned number whose upper half must be zero.
        case greater(UInt32, than: UInt64)
        /// The whole register is anything but this.
        case not(UInt32, UInt64)

        /// The lower 32 bits equal this.
        static func equals(_ argument: UInt32, _ value: UInt64) -> Condition {
            .masked(argument, mask: 0xFFFF_FFFF, equals: value)
        }

        /// One of the lower 32 bits' flags is set.
        static func flag(_ argument: UInt32, _ flag: UInt64) -> Condition {
            .masked(argument, mask: flag, equals: flag)
        }

        fileprivate var comparison: scmp_arg_cmp {
            switch self {
            case .masked(let argument, let mask, let value):
                scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
            case .greater(let argument, let value):
                scmp_arg_cmp(arg: argument, op: SCMP_CMP_GT, datum_a: value, datum_b: 0)
            case .not(let argument, let value):
                scmp_arg_cmp(arg: argument, op: SCMP_CMP_NE, datum_a: value, datum_b: 0)
            }
        }
    }

    /// libseccomp's actions: seccomp_init(3) makes them by macros that Swift cannot read.
    private enum Action {
        static let allow: UInt32 = 0x7FFF_0000
        static let hold: UInt32 = 0x7FC0_0000
        static let killProcess: UInt32 = 0x8000_0000
        static func fail(_ number: Int32) -> UInt32 { 0x0005_0000 | UInt32(number) }
    }

    private let context: scmp_filter_ctx
    /// Whether some call waits for an answer.
    private var holdsCalls = false

    /// A filter that allows everything of the native ABI and kills a process that uses another.
    init() throws(Failure) {
        guard let context = seccomp_init(Action.allow) else { throw Self.failure("seccomp_init", -12) }
        self.context = context
        try check("seccomp_attr_set", seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, Action.killProcess))
        // Calls sorted into a binary tree: loading walks the filter once for each call of the kernel.
        try check("seccomp_attr_set", seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
    }

    deinit { seccomp_release(context) }

    /// Makes a call fail, always or where all conditions hold. A call that this architecture does not have is left out.
    func deny(_ call: String, _ conditions: [Condition] = [], with number: Int32 = ErrorNumber.notPermitted)
        throws(Failure)
    {
        try add(Action.fail(number), call, conditions)
    }

    /// Makes a call wait for an answer of another process, always or where all conditions hold. What is denied is
    /// denied all the same.
    func hold(_ call: String, _ conditions: [Condition] = []) throws(Failure) {
        try add(Action.hold, call, conditions)
        holdsCalls = true
    }

    private func add(_ action: UInt32, _ call: String, _ conditions: [Condition]) throws(Failure) {
        let resolved = SystemCallNumbers.newer[call] ?? seccomp_syscall_resolve_name(call)
        guard resolved >= 0 else { return }
        let comparisons = conditions.map(\.comparison)
        let result = seccomp_rule_add_array(context, action, resolved, UInt32(comparisons.count), comparisons)
        try check("seccomp_rule_add \(call)", result)
    }

    /// The filter, compiled. Calls that did not exist when this was written do not exist inside.
    func compiled() throws(Failure) -> SystemCallFilter {
        do throws(SystemError) {
            let filter = try SystemCallFilter { seccomp_export_bpf(context, $0) }
            return SystemCallFilter(
                instructions: Self.newCallsDoNotExist + filter.instructions, holdsCalls: holdsCalls)
        } catch {
            throw error.failure()
        }
    }

    /// Instructions before libseccomp's: a call number above the newest known one fails with ENOSYS, but for those of
    /// the x32 ABI, which are left to what follows. Jumps in a filter are relative, so that it can be put in front.
    private static let newCallsDoNotExist: [UInt64] = {
        func instruction(_ code: UInt64, yes: UInt64 = 0, no: UInt64 = 0, _ value: UInt64) -> UInt64 {
            code | yes << 16 | no << 24 | value << 32
        }
        let load: UInt64 = 0x20
        let jumpIfAtLeast: UInt64 = 0x35
        let answer: UInt64 = 0x06
        return [
            instruction(load, 0),
            instruction(jumpIfAtLeast, yes: 2, 0x4000_0000),
            instruction(jumpIfAtLeast, no: 1, UInt64(SystemCallNumbers.newest + 1)),
            instruction(answer, UInt64(Action.fail(ErrorNumber.noSuchCall))),
        ]
    }()

    private func check(_ call: String, _ result: Int32) throws(Failure) {
        if result < 0 { throw Self.failure(call, result) }
    }

    private static func failure(_ call: String, _ result: Int32) -> Failure {
        SystemError(-result, call: call).failure(cure: "check that libseccomp is installed whole")
    }
}

/// Numbers of system calls that are newer than the oldest libseccomp this builds with (2.5.4). All architectures share
/// them.
enum SystemCallNumbers {
    /// The newest call that the rules have thought of: file_setattr, Linux 6.17.
    static let newest = 469

    static let newer: [String: Int32] = [
        "fchmodat2": 452, "statmount": 457, "listmount": 458, "setxattrat": 463, "removexattrat": 466,
        "open_tree_attr": 467, "file_setattr": 469,
    ]
}
