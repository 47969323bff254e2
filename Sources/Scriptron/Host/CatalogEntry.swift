/// One job as the host knows it: its last good version, and what is wrong with its newest text.
package struct CatalogEntry: Sendable {
    /// Where the job stands, as `jobs` shows it.
    package enum Standing: String, Sendable {
        case scheduled
        /// It has no schedule.
        case manual
        /// The configuration says `enabled = false`.
        case disabled
        /// A required setting has no value.
        case unconfigured
        /// There is no good version.
        case broken
        /// There is none that was approved.
        case held
    }

    package var name: String
    /// The script's file.
    package var script: Path
    /// What it runs; nil where it never had a good version, is disabled or unconfigured.
    package var loaded: LoadedJob?
    /// What is wrong with the newest text or configuration.
    @Rare package var problem: Failure?
    /// The newest version, where it waits for an approval.
    @Rare package var held: LoadedJob?
    /// The required settings without a value.
    package var missing: [String] = []
    package var isEnabled = true
    /// What the newest load was made from.
    package var jobSource: JobSource?
    /// The settings that the newest good text declares.
    package var declarations: SettingDeclarations?

    package init(name: String, script: Path) {
        self.name = name
        self.script = script
    }

    package var standing: Standing {
        if !isEnabled { return .disabled }
        if !missing.isEmpty { return .unconfigured }
        guard let loaded else { return held == nil ? .broken : .held }
        return loaded.schedule.texts.isEmpty ? .manual : .scheduled
    }

    /// The plain members of its row in `jobs`; `zone` is the host's.
    func row(zone: Zone) -> [String: Value] {
        let header = loaded?.header
        return [
            "job": .text(name), "about": header?.about.map { .text($0) } ?? .null, "enabled": .bool(isEnabled),
            "state": .text(standing.rawValue), "schedule": .texts(header?.schedules ?? []),
            "timezone": .text(header?.timezone ?? zone.name), "user": loaded.map { .text($0.userName) } ?? .null,
            "sandbox": loaded.map { .text($0.grant.mode.rawValue) } ?? .null,
            "version": loaded.map { .text($0.version.hash) } ?? .null,
            "error": problem.map { .text($0.description) }
                ?? (missing.isEmpty ? .null : .text("no value for " + missing.joined(separator: ", "))),
        ]
    }
}
