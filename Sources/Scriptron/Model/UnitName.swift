/// The name of a unit of systemd that jobs may be allowed to look at and to change (systemd.unit(5)).
package struct UnitName: Sendable, Hashable, CustomStringConvertible {
    /// The kinds of units that are taken. A target or a slice stands for many units, and for the machine's own end.
    static let kinds = ["service", "socket", "timer", "path", "mount"]
    private static let otherKinds = ["target", "slice", "scope", "device", "swap", "automount"]
    /// What is expected of a name, for messages.
    package static let expected = "names of units such as \"nginx.service\" (a \(kinds.joined(separator: ", ")))"
    /// The longest name, in bytes (systemd's own bound).
    private static let most = 255

    /// With its kind: `nginx.service`.
    package let text: String

    package var description: String { text }

    /// Nil for what is no such name: wrong letters, patterns, other kinds. A name without a kind is a service.
    package init?(_ text: String) {
        // A dot alone says nothing: `org.example` is the service `org.example.service`, as systemctl reads it.
        let name = (Self.kinds + Self.otherKinds).contains { text.hasSuffix("." + $0) } ? text : text + ".service"
        let halves = Self.kinds.compactMap { name.hasSuffix("." + $0) ? name.dropLast($0.utf8.count + 1) : nil }
        guard let prefix = halves.first, !prefix.isEmpty, name.utf8.count <= Self.most,
            prefix.utf8.allSatisfy(Self.isAllowed), prefix.utf8.first != UInt8(ascii: "@")
        else { return nil }
        self.text = name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: Array(":-_.\\@".utf8).contains(byte)
        }
    }
}
