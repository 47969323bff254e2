/// A name of the overlay, and below it those names that are not as they really are.
final class OverlayNode {
    var file: PlannedFile?
    /// The real file that shows here; nil: none.
    var real: Path?
    private(set) var children: [[UInt8]: OverlayNode] = [:]
    /// Names that were taken away: a sweep takes a million, so that each is its bytes and nothing else.
    private(set) var removed: Set<[UInt8]> = []
    /// Whether something was put at or below one of its names; what was only removed or changed is no news.
    private(set) var holdsNew = false

    init(real: Path?) { self.real = real }

    /// The node of a name in it, made where it is missing.
    func child(_ name: [UInt8]) -> OverlayNode {
        if let child = children[name] { return child }
        let isGone = removed.remove(name) != nil
        let child = OverlayNode(real: isGone ? nil : real?.appending(Path(bytes: name)))
        children[name] = child
        return child
    }

    /// Takes a name away, with all that is below it.
    func take(_ name: [UInt8]) {
        children[name] = nil
        // Where nothing real shows there is nothing to hide.
        if real != nil { removed.insert(name) }
    }

    /// Says that something is put below it.
    func tellNew() { holdsNew = true }

    /// Becomes what another one is.
    func become(_ other: OverlayNode) {
        file = other.file
        real = other.real
        children = other.children
        removed = other.removed
        holdsNew = other.holdsNew
    }
}
