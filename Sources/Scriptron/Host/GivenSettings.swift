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

extension GivenSettings {
    /// The settings in a file: JSON where it is called so, else Lua that returns a table; `evaluate` runs that.
    init(
        _ file: (path: Path, name: String), evaluate: ([UInt8]) throws(Failure) -> Value
    ) throws(Failure) {
        let text: [UInt8]
        do throws(SystemError) {
            text = try Files.readSmall(file.path)
        } catch {
            throw error.failure(cure: "--settings takes a file: return { older_than = \"7d\" }, or JSON").at(file.name)
        }
        let value: Value
        if file.name.hasSuffix(".json") {
            do throws(Failure) {
                value = try JSON.decode(text)
            } catch {
                throw Failure(code: "ECONFIG", error.message, place: file.name, cure: error.cure)
            }
        } else {
            value = try evaluate(text)
        }
        guard let values = value.map else {
            throw Failure(
                code: "ECONFIG", "it holds a \(value.typeName), no table of settings", place: file.name,
                cure: "let it end in: return { NAME = VALUE, … }")
        }
        self.init(values: values, name: file.name, text: text)
    }
}
