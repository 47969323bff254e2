import Scriptron

enum DoctorCommand: Command {
    static let syntax = CommandSyntax(
        name: "doctor", summary: "Say what this machine offers, and what is wrong with the installation",
        options: [.json, .config],
        notes: ["The exit code is 1 where something is bad. It looks, and changes nothing."])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let rows = facts(arguments, context).map(\.value)
        try context.show(rows, json: arguments.has("json")) { lines($0, $1) }
        return rows.contains { $0["state"]?.text == "bad" } ? .failed : .done
    }

    private static func facts(_ arguments: CommandArguments, _ context: CommandContext) -> [Doctor.Fact] {
        let facts = SandboxFacts.probe()
        let machine =
            Doctor.machine() + Doctor.sandbox(facts) + [Doctor.lua()] + Doctor.needs(facts) + Doctor.limits(facts)
        let place: ConfigurationPlace
        do throws(Failure) {
            place = try context.configuration(arguments)
        } catch {
            // Without a configuration there is still the machine to speak of.
            return machine + [Doctor.Fact("Configuration", "file", .warning, error.message, cure: error.cure)]
        }
        let name = (place.file ?? place.workingDirectory).text
        do throws(Failure) {
            let places = try context.local.locate(place)
            let jobs = Doctor.jobs(places.jobsDirectory, isRoot: facts.uid == 0) { () throws(Failure) in
                try context.local.check(place, only: [])
            }
            return machine + [Doctor.Fact("Configuration", "file", .good, name)] + jobs
                + Doctor.state(places.stateDirectory) + [host(places.stateDirectory, facts)]
        } catch {
            let text = Failure(code: error.code, error.message, place: error.place).description
            return machine + [Doctor.Fact("Configuration", "file", .bad, text, cure: error.cure)]
        }
    }

    private static func host(_ stateDirectory: Path, _ facts: SandboxFacts) -> Doctor.Fact {
        do throws(Failure) {
            let status = try HostClient(socket: StatePlaces(stateDirectory).socket).get("/v1/status")
            let has = status["sandbox"]?.text ?? ""
            // A service has control groups and rights of its own: what it says of itself is what holds for its runs.
            let difference = has == facts.text ? "" : "; its sandboxes, unlike those of this shell: \(has)"
            return Doctor.Fact("State", "host", .good, "running, pid \(status["pid"]?.integer ?? 0)\(difference)")
        } catch {
            if error.code != ControlCode.noHost {
                return Doctor.Fact("State", "host", .warning, error.message, cure: error.cure)
            }
            return Doctor.Fact("State", "host", .fact, "not running")
        }
    }

    static func lines(_ rows: [Value], _ style: TextStyle) -> [String] {
        var lines: [String] = []
        var group = ""
        let width = max(16, (rows.map { ($0["name"]?.text ?? "?").printable().count }.max() ?? 0) + 1)
        for row in rows {
            if let name = row["group"]?.text, name != group {
                if !lines.isEmpty { lines.append("") }
                lines.append(style.paint(name.printable(), .bold))
                group = name
            }
            let (mark, ink) = mark(row["state"]?.text ?? "")
            let head = "  " + mark.padded(to: 5) + (row["name"]?.text ?? "?").printable().padded(to: width)
            var text = head + (row["text"]?.text ?? "").printable()
            if let cure = row["cure"]?.text, !cure.isEmpty { text += "; " + cure.printable() }
            lines += style.wrap(text, indent: head.count).map { style.paint($0, ink) }
        }
        return lines
    }

    private static func mark(_ state: String) -> (String, TextStyle.Ink?) {
        switch state {
        case "good": ("ok", .green)
        case "warning": ("warn", .yellow)
        case "bad": ("BAD", .red)
        default: ("", nil)
        }
    }
}
