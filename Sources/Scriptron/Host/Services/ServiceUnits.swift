/// Units of the machine's systemd, looked at and changed by its own `systemctl`, which this host starts outside of any
/// sandbox: workers never see systemd's socket. A call blocks for as long as systemd takes, at most its timeout.
package struct ServiceUnits: Sendable {
    /// What is done to a unit.
    enum Change: String, Sendable {
        case reload
        case restart
    }

    /// How long a change may take at most, in seconds.
    private static let longest = 600.0
    /// How long a look may take, in seconds.
    private static let look = 10.0
    /// The most of systemctl's complaint that is told, in bytes.
    private static let complaint = 500

    /// The directory that is there where systemd runs the machine (sd_booted(3)).
    private let running: Path
    private let program: Path

    package init(running: Path = "/run/systemd/system", program: Path = "/usr/bin/systemctl") {
        self.running = running
        self.program = program
    }

    /// Answers a service about units, within the run's grant; every argument is hostile.
    package func answer(
        _ service: HostService, _ arguments: [String: Value], grant: Grant
    ) throws(Failure) -> Value {
        let arguments = ServiceArguments(service: service, values: arguments)
        let unit = try arguments.unit(grant)
        switch service {
        case .unitActive:
            guard let state = try state(unit, service.rawValue) else { return .null }
            return .bool(["active", "reloading", "refreshing"].contains(state.active))
        case .unitCheck:
            try check(unit, arguments.change(), "service." + (try arguments.change().rawValue))
            return .null
        case .unitReload: try change(unit, .reload, arguments)
        case .unitRestart: try change(unit, .restart, arguments)
        default: throw Failure(code: "ENOSYS", "\(service.rawValue) is no service of units")
        }
        return .null
    }

    // Looking.

    private struct State {
        var load = ""
        var active = ""
        var canReload = true
    }

    /// Nil where no systemd runs.
    private func state(_ unit: UnitName, _ call: String) throws(Failure) -> State? {
        guard isRunning else { return nil }
        let end = try run(
            ["show", "--property=LoadState,ActiveState,CanReload", "--", unit.text], timeout: Self.look,
            "\(call)(\(unit))")
        var state = State()
        for line in String(decoding: end.standardOutput, as: UTF8.self).split(separator: "\n") {
            let halves = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { continue }
            switch halves[0] {
            case "LoadState": state.load = String(halves[1])
            case "ActiveState": state.active = String(halves[1])
            case "CanReload": state.canReload = halves[1] == "yes"
            default: continue
            }
        }
        guard !state.load.isEmpty, !state.active.isEmpty else {
            throw Failure(code: "EUNIT", "\(call)(\(unit)): systemctl does not say what the unit's state is")
        }
        return state
    }

    private var isRunning: Bool {
        func isThere(_ path: Path) -> Bool { ((try? FileStatus.of(path, follow: true)) ?? nil) != nil }
        return isThere(running) && isThere(program)
    }

    /// Throws what a change would be refused for, as far as it can be told before.
    private func check(_ unit: UnitName, _ change: Change, _ call: String) throws(Failure) {
        guard let state = try state(unit, call) else {
            throw Failure(
                code: "ENOSYSTEMD", "\(call)(\(unit)): no systemd runs this machine",
                cure: "signal the process (process.signal), or run a program that does it")
        }
        if state.load == "not-found" {
            throw Failure(code: "ENOENT", "\(call)(\(unit)): systemd has no such unit")
        }
        if state.load != "loaded" {
            throw Failure(
                code: "EUNIT", "\(call)(\(unit)): the unit is \(state.load)", cure: "systemctl status \(unit)")
        }
        guard change == .reload else { return }
        if ["inactive", "failed"].contains(state.active) {
            throw Failure(code: "EINACTIVE", "\(call)(\(unit)): the unit is \(state.active): nothing to reload")
        }
        if !state.canReload {
            throw Failure(
                code: "EUNIT", "\(call)(\(unit)): the unit cannot be reloaded",
                cure: "restart it, or give it an ExecReload (systemd.service(5))")
        }
    }

    // Changing.

    private func change(_ unit: UnitName, _ change: Change, _ arguments: ServiceArguments) throws(Failure) {
        let call = arguments.service.rawValue
        let timeout = min(try arguments.seconds("timeout") ?? 60, Self.longest)
        try check(unit, change, call)
        _ = try run([change.rawValue, "--", unit.text], timeout: timeout, "\(call)(\(unit))")
    }

    /// Throws where it does not end well.
    private func run(_ arguments: [String], timeout: Double, _ call: String) throws(Failure) -> ProgramEnd {
        let words = [String(decoding: program.name, as: UTF8.self), "--no-ask-password", "--no-pager"] + arguments
        var request = ProgramRequest(stages: [
            ProgramRequest.Stage(program: program, arguments: words.map { Array($0.utf8) })
        ])
        request.environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "SYSTEMD_COLORS=0"].map {
            Array($0.utf8)
        }
        request.deadline = Monotonic.now + timeout
        request.grace = 1
        request.limit = 64 << 10
        let end: ProgramEnd
        do {
            end = try ProgramRun.run(request)
        } catch {
            throw Failure(code: "EUNIT", "\(call): \(program) could not be run: \(Self.text(error))")
        }
        if end.timedOut {
            throw Failure(
                code: "ETIMEDOUT",
                "\(call): systemd has not done it within \(Quantity.describe(seconds: timeout)), and may still do it",
                cure: "give it more time: { timeout = \"5m\" }")
        }
        guard let stage = end.stages.first, stage.exit?.code == 0 else {
            let said = String(decoding: end.stages.first?.standardError ?? [], as: UTF8.self)
            let lines = said.split(whereSeparator: \.isNewline).joined(separator: " ")
            let line = String(
                lines.unicodeScalars.filter { $0.properties.generalCategory != .control }.map(Character.init))
            let refused = line.contains("authentication") || line.contains("Access denied")
            throw Failure(
                code: refused ? "EPERM" : "EUNIT",
                "\(call): " + (line.isEmpty ? "systemctl failed" : String(line.prefix(Self.complaint))),
                cure: refused ? "run the host as root, or allow its user to manage units (polkit(8))" : nil)
        }
        return end
    }

    private static func text(_ error: any Error) -> String {
        switch error {
        case let error as ProgramStartError: error.error.description
        case let error as SystemError: error.description
        default: "\(error)"
        }
    }
}

extension ServiceArguments {
    /// The unit, which the grant must name.
    func unit(_ grant: Grant) throws(Failure) -> UnitName {
        guard let unit = UnitName(try text("unit", max: 300)) else {
            throw wrong("unit", "one of the " + UnitName.expected)
        }
        if grant.service.contains(unit.text) { return unit }
        throw Failure(
            code: "EGRANT", "\(call) may not touch \(unit)",
            cure: "add it to the job's needs: service = { \"\(unit)\" }")
    }

    /// What is to be done to a unit, where that is only looked at.
    func change() throws(Failure) -> ServiceUnits.Change {
        guard let change = ServiceUnits.Change(rawValue: try text("change", max: 20)) else {
            throw wrong("change", "reload or restart")
        }
        return change
    }
}
