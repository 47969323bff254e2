/// A job as it is ready to run: everything that its next run will be.
package struct LoadedJob: Sendable {
    package var name: String
    /// The script's file.
    package var path: Path
    /// The script's name among the version's files, as errors show it.
    package var script: String
    @Boxed package var header: JobHeader
    @Boxed package var schedule: JobSchedule
    /// When it does not run.
    @Boxed package var blackouts = Blackouts.none
    package var version: JobVersion
    package var settings: Value
    /// What the script says about its settings; nil for a run that was claimed from an older text.
    @Boxed package var declarations: SettingDeclarations?
    @Boxed package var needs: Needs
    /// On what its needs became the grant; nil for a run that was claimed from an older text, whose grant is recorded.
    @Boxed package var terms: GrantTerms?
    /// Its own needs, where one run was given more; nil: `needs`.
    @Boxed package var plainNeeds: Needs?
    /// What is enforced; of a job with `discover` it is made anew for each run.
    @Boxed package var grant: Grant
    /// Zone of the schedule and of the times that the script formats.
    package var zone: Zone
    /// Whether this run is bounded by the ceiling alone, and watched for what it needs.
    package var learns = false

    /// The parts of jobs that are the same in many.
    struct Parts {
        fileprivate var blackouts = BoxPool<Blackouts>()
        fileprivate var declarations = BoxPool<SettingDeclarations?>()
        fileprivate var needs = BoxPool<Needs>()
        fileprivate var terms = BoxPool<GrantTerms?>()
        fileprivate var plainNeeds = BoxPool<Needs?>()
        fileprivate var grants = BoxPool<Grant>()
    }

    /// Keeps what it has in common with jobs before it once with them.
    mutating func share(_ parts: inout Parts) {
        parts.blackouts.share(&_blackouts)
        parts.declarations.share(&_declarations)
        parts.needs.share(&_needs)
        parts.terms.share(&_terms)
        parts.plainNeeds.share(&_plainNeeds)
        parts.grants.share(&_grant)
    }

    /// The same job, its schedule in another zone, or in a newer form of the same.
    func inZone(_ zone: Zone) throws(Failure) -> LoadedJob {
        var job = self
        job.zone = zone
        job.schedule = try JobSchedule(header.schedules, zone: zone, job: name)
        job.blackouts = try Blackouts(header.except, zone: zone)
        return job
    }

    /// Whether its grant is made when a run starts: by what its `discover` finds, or where links point then.
    var isDiscovered: Bool { header.discovers || !grant.links.isEmpty }

    /// The user in whose name it runs, for records.
    package var userName: String { grant.identity?.name ?? Users.ownName }
}

/// A job's version: its script, the library files that it requires and its settings.
package struct JobVersion: Sendable {
    /// SHA-256 of files and settings, in hexadecimal.
    package let hash: String
    /// Names to bytes: the script, and `lib/NAME.lua` for each library.
    package let files: [String: [UInt8]]
    /// The files in a sealed memory file, as workers get them.
    package let descriptor: Descriptor

    /// A version of files that are at hand. `settings` as resolved.
    package init(files: [String: [UInt8]], settings: Value) throws(Failure) {
        self.files = files
        var hashed = try ValueCodec.encode(.map(files.mapValues { .bytes($0) }))
        let filesLength = hashed.count
        try ValueCodec.encode(settings, into: &hashed)
        hash = try Digest.sha256(hashed)
        do throws(SystemError) {
            descriptor = try SealedMemory.create(name: "version", Array(hashed.prefix(filesLength)))
        } catch {
            throw error.failure()
        }
    }
}
