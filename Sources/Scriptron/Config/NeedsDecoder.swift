/// Decodes needs: what `needs(settings, facts)` returned, or `jobs.NAME.needs` of the configuration.
extension Needs {
    static let keys = [
        "read", "write", "run", "connect", "dns", "secrets", "signal", "service", "setid", "user",
    ]

    /// The needs out of a value that is not trusted; null: none. Fails (code `ECONFIG`) with the file, the key, and
    /// what was expected. Paths stay as written: the sandbox resolves them.
    package init(_ value: Value, of file: SourceFile, at path: [String] = ["needs"]) throws(Failure) {
        self.init()
        if value.isNull { return }
        var section = try Section(value, of: file, at: path)
        read = try section.paths("read")
        write = try section.paths("write")
        run = try Self.programs(&section)
        connect = try ConnectTarget.texts(&section, isCeiling: false)
        dns = try section.bool("dns") ?? false
        secrets = try Self.secrets(&section)
        signal = try section.texts("signal", "a process's name, or a list of them")
        service = try Self.units(&section)
        setid = try section.bool("setid") ?? false
        user = try section.text("user")
        try section.finish(known: Self.keys)
    }

    /// `run`: programs by name, path or glob; an entry may carry a user: `{ "pg_dump", user = "postgres" }`. A table of
    /// that form arrives with "1" for the key of its first item.
    private static func programs(_ section: inout Section) throws(Failure) -> [Program] {
        let expected = "a program's name, path or pattern, { \"program\", user = \"name\" }, or a list of these"
        guard let value = section.take("run") else { return [] }
        let items = value.list ?? [value]
        var programs: [Program] = []
        for (index, item) in items.enumerated() {
            let keys = value.list == nil ? ["run"] : ["run", "[\(index + 1)]"]
            if case .map = item {
                var entry = try Section(item, of: section.file, at: section.path + keys)
                guard let name = try entry.text("1") else { throw section.mismatch(keys, expected, item) }
                programs.append(Program(name: name, user: try entry.text("user")))
                try entry.finish(known: ["user"])
            } else {
                guard let name = item.text, !name.isEmpty, !name.contains("\0") else {
                    throw section.mismatch(keys, expected, item)
                }
                programs.append(Program(name: name))
            }
        }
        return programs
    }

    /// `service`: units, each with its kind.
    fileprivate static func units(_ section: inout Section, except: String? = nil) throws(Failure) -> [String] {
        var units: [String] = []
        for name in try section.texts("service", "a unit's name, or a list of them") {
            guard let unit = name == except ? name : UnitName(name)?.text else {
                throw section.mismatch("service", UnitName.expected, .text(name))
            }
            units.append(unit)
        }
        return units
    }

    /// `secrets`: names, or markers out of the settings.
    private static func secrets(_ section: inout Section) throws(Failure) -> [String] {
        guard let value = section.take("secrets") else { return [] }
        let expected = "a secret out of the settings, a secret's name, or a list of these"
        let items = value.secretName == nil ? value.list ?? [value] : [value]
        var names: [String] = []
        for item in items {
            guard let name = item.secretName ?? item.text else { throw section.mismatch("secrets", expected, item) }
            guard isSecretName(name) else {
                throw section.mismatch("secrets", "names of letters, digits, _, - and .", item)
            }
            names.append(name)
        }
        return names
    }

    /// Whether a text can be the name of a secret: it is also the name of a file and of an environment variable.
    static func isSecretName(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}

extension Ceiling {
    static let keys = Needs.keys

    /// The ceiling of a configuration. Fails like `Needs`.
    package init(_ section: Section) throws(Failure) {
        self.init()
        var section = section
        read = try section.paths("read")
        write = try section.paths("write")
        run = try section.texts("run", "a program's name, path or pattern, or a list of these")
        connect = try ConnectTarget.texts(&section, isCeiling: true)
        dns = try section.bool("dns") ?? false
        secrets = try section.texts("secrets", "a secret's name, or a list of them")
        signal = try section.texts("signal", "a process's name, or a list of them")
        service = try Needs.units(&section, except: "*")
        setid = try section.bool("setid") ?? false
        user = try section.texts("user", "a user's name, or a list of them")
        try section.finish(known: Self.keys)
    }
}
