extension Zone {
    /// The zone of tzdata with a name. Absolute names and names with `..` are refused; for an unknown one the error
    /// names the nearest.
    package init(named name: String) throws(Failure) {
        if name == "UTC" || name == "Etc/UTC" {
            self = Zone(name: name, table: Zone.utc.table)
            return
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let plain = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "+-_/".utf8.contains(byte)
        }
        guard plain, name.utf8.count <= 100, parts.allSatisfy({ !$0.isEmpty }) else {
            throw Failure(
                code: "EZONE", "`\(name.prefix(100))` is not the name of a time zone",
                cure: "write one like Europe/Paris; `ls \(ZoneInfo.directory)` shows them")
        }
        let path = ZoneInfo.directory + "/" + name
        do throws(ZoneTables.Trouble) {
            self = Zone(name: name, table: try ZoneTables.shared.table(at: path))
        } catch {
            switch error {
            case .unreadable(let error): throw Self.missing(name, error)
            case .wrong(let error): throw Self.wrong(name, error, path: path)
            }
        }
    }

    /// The zone that is meant where none is named: by the environment's `TZ` (tzset(3)), else by `/etc/localtime`,
    /// else UTC.
    package static func system(environment: String? = ZoneInfo.environmentZone()) throws(Failure) -> Zone {
        guard let setting = environment else { return try localtime() }
        let text = setting.hasPrefix(":") ? String(setting.dropFirst()) : setting
        if text.isEmpty { return .utc }
        if text == ZoneInfo.localtime { return try localtime() }
        if text.hasPrefix(ZoneInfo.directory + "/") {
            return try Zone(named: String(text.dropFirst(ZoneInfo.directory.utf8.count + 1)))
        }
        do {
            return try Zone(named: text)
        } catch {
            // `EST5EDT,M3.2.0,M11.1.0`: no name but a rule.
            guard let rule = PosixZoneRule(text.utf8) else { throw error.at("environment variable TZ") }
            return Zone(name: text, table: ZoneTable(rule: rule))
        }
    }

    /// The named zone, or the system's where none is named.
    package static func named(orSystem name: String?) throws(Failure) -> Zone {
        if let name { try Zone(named: name) } else { try system() }
    }

    /// The machine's zone (localtime(5)). A copy instead of a link has no name, and is called by its path.
    private static func localtime() throws(Failure) -> Zone {
        guard let target = ZoneInfo.localtimeTarget() else { return .utc }
        let prefix = ZoneInfo.directory + "/"
        if target.hasPrefix(prefix), let zone = try? Zone(named: String(target.dropFirst(prefix.utf8.count))) {
            return zone
        }
        do throws(ZoneTables.Trouble) {
            return Zone(name: ZoneInfo.localtime, table: try ZoneTables.shared.table(at: target))
        } catch {
            switch error {
            case .unreadable(let error): throw error.failure(cure: "name a zone by `timezone` in scriptron.lua")
            case .wrong(let error): throw wrong(ZoneInfo.localtime, error, path: target)
            }
        }
    }

    private static func wrong(_ name: String, _ error: ZoneTable.FormatError, path: String) -> Failure {
        Failure(
            code: "EZONE", "time zone `\(name)` cannot be used: \(error.message)", place: path,
            cure: "take another zone, or reinstall the package tzdata")
    }

    private static func missing(_ name: String, _ error: SystemError) -> Failure {
        guard ["ENOENT", "ENOTDIR", "EISDIR"].contains(error.name) else { return error.failure() }
        let names = ZoneInfo.names()
        if names.isEmpty {
            return Failure(
                code: "EZONE", "there is no time zone `\(name)`, and none in \(ZoneInfo.directory)",
                cure: "install the package tzdata")
        }
        // People often know the city only.
        let city = "/" + name.lowercased()
        var near = names.filter { ("/" + $0.lowercased()).hasSuffix(city) }.sorted()
        for other in Nearest.names(to: name, among: names) where !near.contains(other) { near.append(other) }
        let hint = near.prefix(3).joined(separator: ", ")
        return Failure(
            code: "EZONE", "there is no time zone `\(name)`",
            cure: hint.isEmpty ? "`ls \(ZoneInfo.directory)` shows the zones" : "near it are \(hint)")
    }
}
