/// What is started: an order, the version's files and the grant.
package struct WorkerLaunch: Sendable {
    package var order: WorkerOrder
    /// A sealed memory file with the version's files (`VersionFiles`).
    package var files: Descriptor
    package var grant: Grant
    /// The worker's process name.
    package var name: String
    /// The operator's bound, so that refusals can name it.
    package var ceiling: Ceiling?

    package init(order: WorkerOrder, files: Descriptor, grant: Grant, name: String) {
        self.order = order
        self.files = files
        self.grant = grant
        self.name = name
    }
}
