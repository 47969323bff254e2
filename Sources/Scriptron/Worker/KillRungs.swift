/// The ways by which all that a run started is killed, each enough by itself: all that the machine allows are used.
///
/// Tests take some away, to see the others alone.
package struct KillRungs: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A PID namespace a run: with its init the kernel kills all in it.
    package static let namespaces = KillRungs(rawValue: 1)
    /// A control group of version 2 a run: `cgroup.kill`. Without it there are no control groups for limits either.
    package static let groups = KillRungs(rawValue: 2)
    /// Worker, zygote and host are subreapers: orphans come to them and are killed.
    package static let sweep = KillRungs(rawValue: 4)

    package static let all: KillRungs = [.namespaces, .groups, .sweep]

    /// The words that tell a zygote which to use; none for all of them.
    var arguments: [String] { self == .all ? [] : ["--kill-rungs", String(rawValue)] }

    /// The rungs out of a zygote's words.
    init(arguments: [String]) {
        guard arguments.count == 2, arguments[0] == "--kill-rungs", let value = UInt8(arguments[1]) else {
            self = .all
            return
        }
        self.init(rawValue: value)
    }
}
