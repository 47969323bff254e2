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
    }

    package var name: String
    /// The script's file.
    package var script: Path
    /// What it runs; nil where it never had a good version, is disabled or unconfigured.
    package var loaded: LoadedJob?
    /// What is wrong with the newest text or configuration.
    package var problem: Failure?
    /// The required settings without a value.
    package var missing: [String] = []
    package var isEnabled = true
    /// What the newest load was made from, so that nothing is loaded twice.
    var source: String = ""

    package init(name: String, script: Path) {
        self.name = name
        self.script = script
    }

    package var standing: Standing {
        if !isEnabled { return .disabled }
        if !missing.isEmpty { return .unconfigured }
        guard let loaded else { return .broken }
        return loaded.schedule.texts.isEmpty ? .manual : .scheduled
    }
}
