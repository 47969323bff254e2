/// Which files a version consists of: the script, and every library that it requires, found by reading their texts.
///
/// `require` takes a name in quotes, so that a version is known without running it; a name that is computed is not
/// found when the script runs, and the error says so.
package enum VersionFiles {
    /// The name of a library's file among a version's files.
    static func name(library: String) -> String { "lib/\(library).lua" }

    /// The version's files by their names. A library that is not there is left to the error of `require`, which knows
    /// the line.
    package static func collect(
        script: String, text: [UInt8], libraries: [String: [UInt8]]
    ) -> [String: [UInt8]] {
        var files = [script: text]
        var todo = required(text)
        while let library = todo.popLast() {
            guard let text = libraries[library], files.updateValue(text, forKey: name(library: library)) == nil else {
                continue
            }
            todo += required(text)
        }
        return files
    }

    /// The names in `require "x"`, `require("x")` and `require 'x'`. A comment counts too: one file too many does no
    /// harm.
    package static func required(_ text: [UInt8]) -> [String] {
        let word = Array("require".utf8)
        var names: [String] = []
        var index = 0
        while index + word.count < text.count {
            guard text[index] == word[0], text[index..<index + word.count].elementsEqual(word) else {
                index += 1
                continue
            }
            index += word.count
            var rest = text[index...].drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == UInt8(ascii: "(") }
            guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { continue }
            rest = rest.dropFirst()
            let name = rest.prefix(128).prefix { $0 != quote && $0 != 0x0A }
            names.append(String(decoding: name, as: UTF8.self))
        }
        return names
    }
}
