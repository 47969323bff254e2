/// Whose connections a host can answer for: it must hold them up (seccomp_unotify(2)), see where they go and take their
/// sockets (ptrace(2) access, pidfd_getfd(2)).
package enum BrokerReach: String, Sendable, Hashable {
    /// Nobody's.
    case none
    /// Those of processes of its own user that may be looked into.
    case ownUser = "own-user"
    /// Anybody's.
    case any

    /// Asks the kernel, with children that end at once. Half a millisecond.
    static func probe() -> BrokerReach {
        switch HeldCall.reach() {
        case 2...: .any
        case 1: .ownUser
        default: .none
        }
    }
}
