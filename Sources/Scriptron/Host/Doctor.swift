/// What the machine offers and what is wrong with the installation, for `scriptron doctor`. It looks, and changes
/// nothing.
package enum Doctor {
    /// One thing that was looked at.
    package struct Fact: Sendable, Hashable {
        package enum State: String, Sendable {
            case good
            case warning
            case bad
            /// Neither good nor bad.
            case fact
        }

        package var group: String
        package var name: String
        package var state: State
        package var text: String
        package var cure: String?

        package init(_ group: String, _ name: String, _ state: State, _ text: String, cure: String? = nil) {
            self.group = group
            self.name = name
            self.state = state
            self.text = text
            self.cure = cure
        }

        /// As `--json` prints it: `group name state text cure`.
        package var value: Value {
            [
                "group": .text(group), "name": .text(name), "state": .text(state.rawValue), "text": .text(text),
                "cure": cure.map { .text($0) } ?? .null,
            ]
        }
    }

    /// The machine: kernel, user, time zones.
    package static func machine() -> [Fact] {
        let user = Users.isRoot ? "root: jobs run as the users that they name" : "\(Users.ownName): all jobs run as it"
        return [
            Fact("Machine", "kernel", .fact, Kernel.description), Fact("Machine", "user", .fact, user), zone(),
        ]
    }

    private static func zone() -> Fact {
        do throws(Failure) {
            let zone = try Zone.system()
            let version = try? Files.readSmall(Path(ZoneInfo.directory).appending("tzdata.zi"))
            let words = (version.map { String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) } ?? "")
                .split(separator: " ")
            let tzdata = words.count == 3 && words[1] == "version" ? ", tzdata \(words[2])" : ""
            _ = try Zone(named: "Europe/Paris")
            return Fact("Machine", "time zone", .good, zone.name + tzdata)
        } catch {
            return Fact("Machine", "time zone", .bad, error.message, cure: error.cure ?? "install the package tzdata")
        }
    }

    /// The sandbox: which layers would be in force for a job that asks for nothing special.
    package static func sandbox(_ facts: SandboxFacts) -> [Fact] {
        let isRoot = facts.uid == 0
        func fact(_ name: String, _ has: Bool, _ good: String, _ lack: String, _ state: Fact.State) -> Fact {
            Fact("Sandbox", name, has ? .good : state, has ? good : lack)
        }
        return [
            landlock(facts.landlockABI), errata(facts),
            fact(
                "seccomp", facts.seccomp, actions(facts), "this kernel has no filters: jobs are refused", .bad),
            fact(
                "mounts", facts.mountNamespaces, "a namespace a run: what is not granted cannot be written",
                isRoot
                    ? "no namespaces can be made: jobs of a root host are refused"
                    : "not without root: seccomp denies the path forms of chmod, chown and the like instead",
                isRoot ? .bad : .fact),
            fact(
                "processes", facts.pidNamespaces, "a PID namespace a run: its end ends all that it started",
                isRoot
                    ? "no PID namespaces: runs are swept process by process"
                    : "no PID namespaces without root: runs are swept process by process", isRoot ? .warning : .fact),
            fact(
                "users", facts.canSwitchUser, "runs switch to the user of their job",
                isRoot ? "this process may not switch users: jobs of other users fail" : "all runs are this user's",
                isRoot ? .warning : .fact),
            fact(
                "connections", facts.broker != .none, "each is judged by the address it goes to",
                "they cannot be held up and answered: jobs with connect are refused", .warning),
        ]
    }

    /// The ABI's merits, after landlock(7).
    private static func landlock(_ abi: Int) -> Fact {
        let missing = [
            (2, "moving files between directories"), (3, "truncating"), (4, "TCP ports"), (5, "ioctl on devices"),
            (6, "signals and abstract sockets"),
        ].filter { abi < $0.0 }.map(\.1)
        if abi == 0 {
            return Fact(
                "Sandbox", "Landlock", .bad, "the kernel has it not, or it is switched off: jobs are refused",
                cure: "boot with lsm=landlock,… or a kernel of 5.13 or newer")
        }
        if missing.isEmpty { return Fact("Sandbox", "Landlock", .good, "ABI \(abi)") }
        return Fact(
            "Sandbox", "Landlock", .warning,
            "ABI \(abi), without rules for " + missing.joined(separator: ", ")
                + "; what has a substitute is enforced by it, a job that needs the rest is refused")
    }

    /// What was amiss in Landlock and is mended in this kernel (security/landlock/errata in its source).
    private static func errata(_ facts: SandboxFacts) -> Fact {
        let known: [(number: Int, abi: Int, what: String, harm: String)] = [
            (1, 4, "streams that are not TCP", "they are bound by the rules for TCP ports; sandboxes make none"),
            (2, 6, "signals between threads", "a program whose threads signal one another may fail"),
            (
                3, 1, "directories moved out of a mount",
                "who can move them out of a granted mount, which no job can, may widen rights in them"
            ),
        ]
        func isMended(_ number: Int) -> Bool { facts.landlockErrata & 1 << (number - 1) != 0 }
        let concerning = known.filter { facts.landlockABI >= $0.abi }
        let words = concerning.map { erratum in
            isMended(erratum.number)
                ? "\(erratum.number) mended (\(erratum.what))"
                : "\(erratum.number) open (\(erratum.what): \(erratum.harm))"
        }
        return Fact(
            "Sandbox", "Landlock errata", concerning.allSatisfy { isMended($0.number) } ? .good : .fact,
            words.isEmpty ? "none that concerns this ABI" : words.joined(separator: ", "))
    }

    private static func actions(_ facts: SandboxFacts) -> String {
        let names: [(SystemCallFilter.Action, String)] = [
            (.fail, "fail"), (.killProcess, "kill"), (.hold, "wait for the host"), (.log, "be logged"),
        ]
        func list(_ names: [(SystemCallFilter.Action, String)]) -> String {
            names.map(\.1).joined(separator: ", ")
        }
        let missing = names.filter { !facts.actions.contains($0.0) }
        return "filters, by which calls can " + list(names.filter { facts.actions.contains($0.0) })
            + (missing.isEmpty ? "" : "; they cannot " + list(missing))
    }

    /// The state directory: its store, read from a copy, and its disk.
    package static func state(_ directory: Path) -> [Fact] {
        let places = StatePlaces(directory)
        guard let status = try? FileStatus.of(directory, follow: true) else {
            return [Fact("State", "directory", .fact, "\(directory.text) is not there yet: the host makes it")]
        }
        var facts = [Fact("State", "directory", .good, "\(directory.text), of \(Users.name(of: status.uid))")]
        if status.mode & 0o022 != 0 {
            facts[0] = Fact(
                "State", "directory", .bad, "\(directory.text) may be written to by others than its owner",
                cure: "chmod go-w \(directory.text)")
        }
        facts.append(store(places))
        if let space = try? FileSystemSpace.of(directory) {
            let free = Quantity.describe(bytes: space.free)
            // The host's reserve is 32 MiB; below four of them a log or two fills the disk.
            let isShort = space.free < 128 << 20
            facts.append(
                Fact(
                    "State", "disk", isShort ? .warning : .good, "\(free) free", cure: isShort ? "make room" : nil))
        }
        return facts
    }

    private static func store(_ places: StatePlaces) -> Fact {
        let file = places.store.appending(SQLiteStore.fileName)
        do throws(SystemError) {
            guard try FileStatus.of(file, follow: true) != nil else {
                return Fact("State", "store", .fact, "none yet: the host makes it")
            }
        } catch {
            return Fact(
                "State", "store", .warning, "\(Users.ownName) may not look at it: \(error.reason)",
                cure: "run scriptron doctor as the owner of the state directory or as root")
        }
        do throws(Failure) {
            let copy: Path
            do throws(SystemError) {
                copy = try Directories.temporary()
            } catch {
                throw error.failure()
            }
            defer { try? Directories.remove(copy) }
            try SQLiteStore.copy(from: places.store, to: copy)
            let store = try SQLiteStore(directory: copy)
            defer { store.close() }
            let jobs = try reading { try store.read { try $0.cursors().count } }
            let size = (try? SQLiteStore.size(in: places.store)).map { Quantity.describe(bytes: $0) } ?? "?"
            return Fact("State", "store", .good, "\(size), readable, \(jobs) \(jobs == 1 ? "job" : "jobs") on record")
        } catch {
            return Fact("State", "store", .bad, error.message, cure: error.cure)
        }
    }

    private static func reading<Result>(_ body: () throws -> Result) throws(Failure) -> Result {
        do {
            return try body()
        } catch {
            throw (error as? Failure) ?? Failure(code: "ESTORE", "\(error)")
        }
    }
}
