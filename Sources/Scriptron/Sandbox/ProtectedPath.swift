/// A path of the host itself that no job is granted, whatever its needs.
package struct ProtectedPath: Sendable, Hashable {
    /// Absolute and normalized.
    package var path: Path
    /// What it is, for the message: `the jobs directory`.
    package var what: String
    /// Whether reading is refused as writing is: for the store, the socket and secrets.
    package var secret: Bool

    package init(_ path: Path, _ what: String, secret: Bool = false) {
        self.path = path.normalized
        self.what = what
        self.secret = secret
    }
}
