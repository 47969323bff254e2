import Glibc

/// A process with all below it, as /proc tells (proc(5): /proc/PID/task/TID/children).
package enum ProcessDescendants {
    /// The pids of the children of a process, whichever of its threads made them.
    package static func children(of pid: Int32) -> [Int32] {
        let tasks = Path("/proc/\(pid)/task")
        let threads = (try? Directory(tasks).names()) ?? []
        return threads.flatMap { thread in
            let text = (try? Files.readSmall(tasks.appending(Path(bytes: thread)).appending("children"))) ?? []
            return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
        }
    }

    /// All below a process, at most so many.
    package static func all(below pid: Int32, most: Int = .max) -> [Int32] {
        var found: [Int32] = []
        var next = [pid]
        while let parent = next.popLast(), found.count < most {
            let children = children(of: parent)
            found += children
            next += children
        }
        return found
    }

    /// How many threads a process and all below it have: each is a task of the kernel as a process is. No further counted
    /// once there are more than `most`.
    package static func threads(from pid: Int32, most: Int) -> Int {
        var count = 0
        var next = [pid]
        while let process = next.popLast(), count <= most {
            count += (try? Directory(Path("/proc/\(process)/task")).names().count) ?? 0
            next += children(of: process)
        }
        return count
    }

    /// Kills a child of this process and all below it that are there now.
    package static func kill(_ child: Int32) {
        let below = all(below: child)
        Glibc.kill(child, SIGKILL)
        let family = Set(below).union([child, getpid()])
        for pid in below {
            // Held first, then looked at: the number may be another's by now.
            guard let process = try? ProcessHandle(pid: pid), let parent = parent(of: pid), family.contains(parent)
            else {
                continue
            }
            process.kill()
        }
    }

    /// Which of a process and those below it the kernel holds in a system call: in state D, else any that has not ended.
    package static func stuck(_ pid: Int32) -> Int32? {
        let alive = ([pid] + all(below: pid)).map { ($0, state(of: $0)) }.filter { $0.1 != nil && $0.1 != "Z" }
        return (alive.first { $0.1 == "D" } ?? alive.first)?.0
    }

    /// The state of a process: a letter, `Z` where it has ended; nil where there is none.
    package static func state(of pid: Int32) -> Character? { fields(of: pid).first?.first }

    private static func parent(of pid: Int32) -> Int32? { fields(of: pid).dropFirst().first.flatMap { Int32($0) } }

    /// What follows the name in /proc/PID/stat: the state, the parent, …
    private static func fields(of pid: Int32) -> [Substring] {
        guard let text = try? Files.readSmall(Path("/proc/\(pid)/stat")) else { return [] }
        // The name may hold spaces and parentheses: count from the last one.
        guard let close = text.lastIndex(of: UInt8(ascii: ")")) else { return [] }
        return String(decoding: text[text.index(after: close)...], as: UTF8.self).split(separator: " ")
    }
}
