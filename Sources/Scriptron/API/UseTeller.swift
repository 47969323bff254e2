/// Tells the host what a run that learns its needs uses, each thing once.
package final class UseTeller {
    /// More than this many are no longer told apart.
    private static let most = 5000

    private let effects: any Effects
    private var told: Set<Use> = []

    package init(_ effects: any Effects) { self.effects = effects }

    func tell(_ use: Use) {
        if told.count < Self.most, told.insert(use).inserted { effects.post(.used(use)) }
    }
}
