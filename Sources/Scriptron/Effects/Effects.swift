/// The one door between the host API and the world: no API function touches the system by any other.
///
/// `LiveEffects` acts; `PlannedEffects` records what would be done, and keeps what it "did" in an overlay, so that
/// every later call sees it. All calls block, on the worker's one thread, and throw what people should read.
package protocol Effects: AnyObject {
    /// Whether nothing is changed: the dry run.
    var isDry: Bool { get }
    /// Whether what only reads from the network is really asked; else what it answers is made up.
    var asksNetwork: Bool { get }

    // Files: looking.

    /// What a path is; nil where there is nothing.
    func status(_ path: CheckedPath, follow: Bool) throws(Failure) -> FileEntry?
    /// The entries of a directory that the filter wants, sorted by name.
    func list(_ directory: CheckedPath, _ filter: EntryFilter) throws(Failure) -> [FileEntry]
    /// The names in a directory that match one of the patterns (empty: all), sorted, without a look at the files: of
    /// regular files, and of what else there is.
    func names(_ directory: CheckedPath, _ patterns: [Glob]) throws(Failure) -> DirectoryNames
    /// What is below a directory, no link followed.
    func walk(_ root: CheckedPath, _ options: WalkOptions) throws(Failure) -> any EntrySource
    /// A regular file's content; one of more than `max` bytes is a failure (`EFBIG`), never cut.
    func read(_ path: CheckedPath, max: Int64, call: String) throws(Failure) -> [UInt8]
    func open(_ path: CheckedPath, _ mode: OpenMode, call: String) throws(Failure) -> any OpenFile
    /// Whether what is in a file is known; of some files that a dry run makes only the size is.
    func isContentKnown(_ path: CheckedPath) throws(Failure) -> Bool

    // Files: changing. What fails leaves no half-written file behind.

    /// Returns the bytes written.
    func write(_ path: CheckedPath, _ data: [UInt8], _ options: WriteOptions) throws(Failure) -> Int64
    /// Writes behind the end of a file, made where it is missing; with `sync` durable. Returns the bytes written.
    func append(_ path: CheckedPath, _ data: [UInt8], sync: Bool) throws(Failure) -> Int64
    /// Returns the bytes copied.
    func copy(_ from: CheckedPath, _ to: CheckedPath, _ options: CopyOptions) throws(Failure) -> Int64
    func rename(_ from: CheckedPath, _ to: CheckedPath, replace: Bool) throws(Failure)
    /// Removes a file or an empty directory; with `seen` only if it still is that one.
    func remove(_ path: CheckedPath, seen: FileStatus?) throws(Failure) -> Removal
    /// Removes a directory with all that is in it, no link followed; a tree of more than `maxEntries` is left alone
    /// (`ETOOMANY`). Nothing there is no failure.
    func removeTree(_ path: CheckedPath, maxEntries: Int64?) throws(Failure) -> TreeTotals
    /// Returns whether it made one; with `parents` the missing ones above it too.
    func makeDirectory(_ path: CheckedPath, mode: UInt32?, parents: Bool) throws(Failure) -> Bool
    func symlink(target: [UInt8], _ path: CheckedPath) throws(Failure)
    /// Gives a file another name.
    func link(_ from: CheckedPath, _ to: CheckedPath) throws(Failure)
    func changeOwner(_ path: CheckedPath, _ owner: Ownership) throws(Failure)
    func changeMode(_ path: CheckedPath, _ mode: UInt32) throws(Failure)
    /// Sets the times (nanoseconds since the epoch; nil: as they are), and makes an empty file where there is none.
    func touch(_ path: CheckedPath, modified: Int64?, accessed: Int64?) throws(Failure)
    func truncate(_ path: CheckedPath, size: Int64) throws(Failure)
    /// Changes names in one directory, chain by chain: what fails ends its chain and no other. What a chain makes is
    /// ready before its first change. Durable when it returns.
    func change(_ directory: CheckedPath, _ chains: [[DirectoryChange]]) throws(Failure) -> [ChainOutcome]
    /// Copies a file that is being written to a name that is free, and empties it; with `seen` only if it still is that
    /// file. What is written between the last look and the cut is lost.
    func copyTruncate(_ from: CheckedPath, seen: FileStatus?, _ to: CheckedPath) throws(Failure) -> CutFile
    /// A new directory in the run's scratch.
    func temporaryDirectory() throws(Failure) -> Path

    // Compressed files and archives. Nothing that is there is overwritten, and what fails leaves nothing behind.

    /// Makes a compressed copy with the times, mode and owner of the file, and reads it back before it gets its name.
    func compress(_ from: CheckedPath, _ to: CheckedPath, _ options: CompressOptions) throws(Failure) -> ConvertedFile
    /// The same for many files, several at a time: what became of each.
    func compressAll(_ items: [CompressItem], _ options: CompressOptions) throws(Failure) -> [Result<
        ConvertedFile, Failure
    >]
    /// What a compressed file holds, read through.
    func compressedContent(_ path: CheckedPath) throws(Failure) -> ConvertedFile
    /// The same back; content of more than `max` bytes is a failure (`EFBIG`).
    func decompress(_ from: CheckedPath, _ to: CheckedPath, max: Int64?) throws(Failure) -> ConvertedFile

    /// Puts the sources, with all that is below them, into an archive, and the list of it into its manifest.
    func createArchive(
        _ path: CheckedPath, _ sources: [ArchiveSource], _ options: ArchiveOptions
    ) throws(Failure) -> ArchiveTotals
    /// Makes an archive and hands it on piece by piece; in a dry run nothing comes.
    func sendArchive(
        _ sources: [ArchiveSource], _ options: ArchiveOptions, call: String,
        _ output: @escaping ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) -> ArchiveTotals
    /// Counts what would go into it, with a fingerprint.
    func scanArchive(_ sources: [ArchiveSource], _ options: ArchiveOptions) throws(Failure) -> ArchiveTotals
    /// The members; more than `max` of them are a failure (`ETOOMANY`).
    func listArchive(_ path: CheckedPath, only: [Glob], max: Int64) throws(Failure) -> [ArchiveEntry]
    /// Reads an archive through, or a directory that one was unpacked into, and compares it with the manifest; what
    /// does not fit is a failure (`EDAMAGED`).
    func verifyArchive(_ path: CheckedPath, manifest: CheckedPath?) throws(Failure) -> ArchiveTotals
    /// Unpacks below a directory, made where it is missing; refuses names and links that lead out of it (`EESCAPE`).
    func extractArchive(
        _ path: CheckedPath, into: CheckedPath, _ options: ExtractOptions
    ) throws(Failure) -> ArchiveTotals

    // Databases.

    func openDatabase(
        _ path: CheckedPath, _ access: ScriptDatabase.Access, timeout: Double
    ) throws(Failure) -> any OpenDatabase
    /// Connects to a server that is granted.
    func openDatabase(_ call: DatabaseCall) throws(Failure) -> any OpenDatabase
    /// Makes a consistent, checked copy of a SQLite database that others may be writing.
    func backUpDatabase(_ from: CheckedPath, _ to: CheckedPath, timeout: Double) throws(Failure) -> ConvertedFile

    // Programs and the network.

    /// Runs programs and waits for them. Exit codes beside the expected are the caller's to judge.
    func run(_ call: ProgramCall) throws(Failure) -> ProgramOutcome
    /// Starts programs whose output is `lines`.
    func start(_ call: ProgramCall) throws(Failure) -> any RunningPrograms
    /// Makes one request of HTTP, or a TLS handshake, to a server that is granted. It follows no redirect.
    func ask(_ call: WebCall) throws(Failure) -> WebOutcome
    /// Connects to one of the addresses, and closes at once: the seconds it took.
    func connect(addresses: [String], port: UInt16, timeout: Double) throws(Failure) -> Double

    // The host and the clock.

    /// Asks the host; in a dry run what writes goes to the overlay.
    func request(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value
    func post(_ note: WorkerNote)
    /// Whose turn it is, for calls that go on beside the script; nil: none does.
    var turn: Turn? { get }
    /// Runs `body`, which takes long and touches nothing that the run has in common, beside other calls of `parallel`.
    func apart<Result>(_ body: () throws -> Result) rethrows -> Result
    /// The wall clock; in a dry run the instant it pretends to be.
    func now() -> Timestamp
    /// Seconds on a clock that only runs forward, and that nobody sets.
    func steady() -> Double
    /// Waits, at most to the attempt's deadline (`EDEADLINE`); in a dry run time only seems to pass.
    func sleep(seconds: Double) throws(Failure)
}
