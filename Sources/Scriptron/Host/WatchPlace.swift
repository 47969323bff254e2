/// What matters in a directory that is watched.
struct WatchPlace: Sendable, Hashable {
    /// Names in it that decide where the sources are: links, what is missing, single files.
    var names: Set<[UInt8]> = []
    /// Whether its files are sources.
    var holdsSources = false

    /// What the kernel is asked to tell. Of a directory that is only passed on the way it is enough to hear that it was
    /// moved or removed, however busy it is.
    var mask: Inotify.Mask { names.isEmpty && !holdsSources ? [.selfMoved, .selfRemoved] : .everyChange }

    /// What an event in the directory `path` means for the sources.
    func changes(_ event: Inotify.Event, at path: Path) -> SourceScan.Changes {
        var changes = SourceScan.Changes()
        let ending: Inotify.Mask = [.selfMoved, .selfRemoved, .unmounted, .ended]
        if !event.mask.isDisjoint(with: ending) {
            changes.everything = true
        } else if event.name.isEmpty {
            // The directory's own mode or owner changed.
            changes.everything = !names.isEmpty || holdsSources
        } else {
            let isNamed = names.contains(event.name)
            changes.everything = isNamed
            if holdsSources && SourceName.isMisnamed(event.name) {
                changes.everything = true
            } else if isNamed || holdsSources && SourceName.library(event.name) != nil {
                changes.touched = [path.appending(Path(bytes: event.name))]
            }
        }
        return changes
    }
}
