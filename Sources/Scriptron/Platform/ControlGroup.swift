import CLinux
import Glibc

/// A control group: a directory of a cgroup file system, of version 2 or of one version 1 controller (cgroups(7)).
package struct ControlGroup: Sendable, Hashable {
    package let path: Path

    package init(_ path: Path) { self.path = path }

    /// A new group in it.
    package func child(_ name: String) throws(SystemError) -> ControlGroup {
        let child = path.appending(name)
        try retrying("mkdir", child.text) { child.withCString { mkdir($0, 0o755) } }
        return ControlGroup(child)
    }

    /// The names of the groups in it.
    package var children: [String] {
        let names = (try? Directory(path).names()) ?? []
        return names.map { String(decoding: $0, as: UTF8.self) }.filter { name in
            ((try? FileStatus.of(path.appending(name), follow: false)) ?? nil)?.kind == .directory
        }
    }

    /// Removes it; fails (EBUSY) while a process is in it.
    package func remove() throws(SystemError) { try retrying("rmdir", path.text) { path.withCString { rmdir($0) } } }

    /// Whether it is still there.
    package var exists: Bool { (try? FileStatus.of(path, follow: false)) ?? nil != nil }

    /// Whether it has a file of this name.
    package func has(_ file: String) -> Bool { (try? FileStatus.of(path.appending(file), follow: false)) ?? nil != nil }

    /// Writes to one of its files.
    package func write(_ text: String, to file: String) throws(SystemError) {
        try members(file).write(Array(text.utf8))
    }

    /// A file of it, open to be written: `cgroup.procs` takes a process by its pid, and the writer by 0.
    package func members(_ file: String = "cgroup.procs") throws(SystemError) -> Descriptor {
        let name = path.appending(file)
        return Descriptor(
            owning: try name.withCString { cString throws(SystemError) in
                try retrying("open", name.text) { open(cString, O_WRONLY | O_CLOEXEC) }
            })
    }

    /// The number behind a word of a file with lines of words and numbers (`populated` of `cgroup.events`).
    package func number(_ word: String, in file: String) -> Int? {
        guard let text = try? Files.readSmall(path.appending(file)) else { return nil }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2, parts[0] == word { return Int(parts[1]) }
        }
        return nil
    }

    /// The pids of the processes in it.
    package var processes: [Int32] {
        let text = (try? Files.readSmall(path.appending("cgroup.procs"), max: 64 << 20)) ?? []
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }
    }

    /// Whether systemd gave it to this service (`Delegate=`), by the attribute that it sets.
    var isDelegated: Bool {
        ["trusted.delegate", "user.delegate"].contains { name in
            var value: UInt8 = 0
            return path.withCString { scriptron_attribute($0, name, &value, 1) } == 1 && value == UInt8(ascii: "1")
        }
    }
}

/// The control groups that this process is in, and in which it may make others.
package struct OwnControlGroups: Sendable, Hashable {
    /// Which kinds are mounted, whether they may be used or not.
    package enum Hierarchy: String, Sendable, Hashable {
        case none = "none"
        case version1 = "version 1"
        case version2 = "version 2"
        case hybrid = "versions 1 and 2 (hybrid)"
    }

    package var hierarchy = Hierarchy.none
    /// Of version 2; nil: there is none that may be used.
    package var unified: ControlGroup?
    /// The controllers of version 2 that groups in it can have.
    package var controllers: Set<String> = []
    /// Version 1's, by controller (`memory`, `pids`).
    package var legacy: [String: ControlGroup] = [:]

    /// Whether groups made here can have this controller (`memory`, `pids`).
    package func can(_ controller: String) -> Bool { legacy[controller] != nil || controllers.contains(controller) }

    /// No control groups at all.
    package init() {}

    /// Where a host that was given a control group lives in it: version 2 lets processes be only in groups without
    /// others that have controllers.
    package static let hostName = "host"

    /// The groups of this process. They may be used where they belong to its user, or were delegated to its service;
    /// under root also where no systemd rules the machine.
    package static func discover() -> OwnControlGroups {
        var found = OwnControlGroups()
        guard let text = try? Files.readSmall("/proc/self/cgroup"),
            let mounts = try? Files.readSmall("/proc/self/mountinfo", max: 16 << 20)
        else { return found }
        let mountLines = String(decoding: mounts, as: UTF8.self).split(separator: "\n").map(Mount.init)
        let hasOld = mountLines.contains { $0.type == "cgroup" }
        let hasNew = mountLines.contains { $0.type == "cgroup2" }
        found.hierarchy = hasOld ? hasNew ? .hybrid : .version1 : hasNew ? .version2 : .none
        var named: ControlGroup?
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            let kinds = Set(fields[1].split(separator: ",").map(String.init))
            let mount = mountLines.first { mount in
                fields[1].isEmpty
                    ? mount.type == "cgroup2" : mount.type == "cgroup" && kinds.isSubset(of: mount.options)
            }
            guard let group = mount?.group(fields[2]) else { continue }
            if fields[1].isEmpty {
                found.unified = group
            } else if kinds.contains("name=systemd") {
                named = group
            }
            for kind in ["memory", "pids"] where kinds.contains(kind) { found.legacy[kind] = group }
        }
        return found.usable(named)
    }

    private func usable(_ named: ControlGroup?) -> OwnControlGroups {
        var usable = self
        if let unified, unified.path.name == Array(Self.hostName.utf8), ControlGroup(unified.path.parent).isDelegated {
            usable.unified = ControlGroup(unified.path.parent)
        }
        let isDelegated = [usable.unified, named].contains { $0?.isDelegated == true }
        let isFree = geteuid() == 0 && access("/run/systemd/system", F_OK) != 0
        func mayUse(_ group: ControlGroup) -> Bool {
            guard access(group.path.text, W_OK) == 0 else { return false }
            if isDelegated || isFree { return true }
            let owner = ((try? FileStatus.of(group.path, follow: true)) ?? nil)?.uid
            return geteuid() != 0 && owner == geteuid()
        }
        if let group = usable.unified, !mayUse(group) { usable.unified = nil }
        usable.legacy = legacy.filter { mayUse($0.value) }
        if let group = usable.unified, let text = try? Files.readSmall(group.path.appending("cgroup.controllers")) {
            let words = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }
            usable.controllers = Set(words.map(String.init))
        }
        return usable
    }

    /// Moves this process out of the way into a group of its own, where its service was given its group: only then can
    /// other groups in it have controllers. Whether it did.
    package static func moveHost() throws(SystemError) -> Bool {
        guard let group = discover().unified, group.isDelegated else { return false }
        let host = group.path.appending(hostName)
        if (try FileStatus.of(host, follow: false)) == nil { _ = try group.child(hostName) }
        try ControlGroup(host).write("0", to: "cgroup.procs")
        return true
    }

    /// A line of /proc/self/mountinfo (proc(5)).
    private struct Mount {
        var root = ""
        var point = ""
        var type = ""
        var options: Set<String> = []

        init(_ line: Substring) {
            let fields = line.split(separator: " ").map(String.init)
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash > 4 else { return }
            root = fields[3]
            point = fields[4]
            type = fields[dash + 1]
            options = Set(fields[dash + 3].split(separator: ",").map(String.init))
        }

        /// The group of this path (of /proc/PID/cgroup) below the mount; nil where it lies outside.
        func group(_ path: String) -> ControlGroup? {
            if root == "/" { return ControlGroup(Path(point + (path == "/" ? "" : path))) }
            guard path == root || path.hasPrefix(root + "/") else { return nil }
            return ControlGroup(Path(point + path.dropFirst(root.count)))
        }
    }
}
