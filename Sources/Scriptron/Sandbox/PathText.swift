/// The text of a path, as scripts, needs and ceilings write it, made absolute: the one place that knows what no file
/// can be called, and what becomes of `.`, `..`, doubled and trailing slashes.
package enum PathText {
    /// The longest path, in bytes without the NUL (PATH_MAX).
    package static let longestPath = 4095
    /// The longest name, in bytes (NAME_MAX).
    package static let longestName = 255

    /// Why a text is no path.
    package enum Problem: Error, Sendable, Hashable {
        case empty
        case holdsNUL
        case pathTooLong
        case nameTooLong

        /// The errno's name that opening such a path would give.
        package var code: String {
            switch self {
            case .empty, .holdsNUL: "EINVAL"
            case .pathTooLong, .nameTooLong: "ENAMETOOLONG"
            }
        }

        /// What is wrong, as a sentence about a path that is shown behind it.
        package var message: String {
            switch self {
            case .empty: "the path is empty"
            case .holdsNUL: "the path holds a NUL byte"
            case .pathTooLong: "the path is longer than \(PathText.longestPath) bytes"
            case .nameTooLong: "a name in the path is longer than \(PathText.longestName) bytes"
            }
        }
    }

    /// The path, absolute and normalized by its text alone: `..` takes the name before it away, whatever that is, and
    /// a slash at the end says nothing.
    ///
    /// - Parameters:
    ///   - base: Absolute; relative paths start there.
    package static func absolute(_ raw: [UInt8], base: Path) throws(Problem) -> Path {
        guard !raw.isEmpty else { throw .empty }
        guard !raw.contains(0) else { throw .holdsNUL }
        let path = base.appending(Path(bytes: raw))
        guard raw.count <= longestPath, path.bytes.count <= longestPath else { throw .pathTooLong }
        guard path.longestNameLength <= longestName else { throw .nameTooLong }
        return path.normalized
    }
}
