/// What is wrong with a schedule's text, and at which character.
package struct ScheduleFault: Error, Sendable, Hashable {
    package let text: String
    /// The character, counted from 0; the text's length where something is missing at its end.
    package let index: Int
    /// What is there, without a full stop.
    package let message: String
    /// What may stand there.
    package let cure: String

    init(_ text: String, at index: Int, _ message: String, _ cure: String) {
        self.text = text
        self.index = index
        self.message = message
        self.cure = cure
    }

    /// The same in one line, the character counted from 1, as people do.
    package var failure: Failure {
        Failure(
            code: "ESCHEDULE", "schedule `\(text.prefix(200))`, character \(index + 1): \(message)", cure: cure)
    }

    /// The text, and below it a mark at the character; nothing where the text has no line of its own.
    package var pointing: [String] {
        guard text.count <= 200, !text.contains(where: \.isNewline) else { return [] }
        return [
            text.replacing("\t", with: " "), String(repeating: " ", count: min(index, text.count)) + "^",
        ]
    }
}
