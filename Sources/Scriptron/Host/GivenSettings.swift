/// Settings that one try is given as values: by a file (`--settings`) or a spec.
package struct GivenSettings: Sendable, Hashable {
    package var values: [String: Value]
    /// Where they come from, as errors show it.
    package var name: String
    /// What that says, where it is at hand: errors find their lines in it.
    package var text: [UInt8]

    package init(values: [String: Value], name: String, text: [UInt8] = []) {
        self.values = values
        self.name = name
        self.text = text
    }

    var layer: Settings.Layer { Settings.Layer(values, file: SourceFile(name, text: text), path: []) }
}
