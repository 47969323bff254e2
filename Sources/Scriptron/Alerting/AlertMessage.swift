/// What one message says: the alerts that waited for a channel, as a text and as JSON.
package struct AlertMessage: Sendable, Hashable {
    /// The machine's name.
    package var machine: String
    package var entries: [OutboxEntry]
    /// Whether it is only to see that the channel works.
    package var isTest = false

    package init(machine: String, entries: [OutboxEntry], isTest: Bool = false) {
        self.machine = machine
        self.entries = entries
        self.isTest = isTest
    }

    /// One line.
    package var subject: String {
        if isTest { return "Scriptron on \(machine): a test of this channel" }
        if let only = entries.first, entries.count == 1 {
            return "\(Self.word(only)): \(only.alert["name"]?.text ?? "?") on \(machine)"
        }
        let counts = OutboxEntry.Event.allCases.compactMap { event -> String? in
            let count = entries.count { $0.event == event }
            return count > 0 ? "\(count) \(Self.words[event] ?? "")" : nil
        }
        return counts.joined(separator: ", ") + " on \(machine)"
    }

    private static let words: [OutboxEntry.Event: String] = [
        .fired: "firing", .reminder: "still firing", .resolved: "resolved",
    ]

    private static func word(_ entry: OutboxEntry) -> String {
        let word = words[entry.event] ?? ""
        guard entry.event != .resolved, let severity = entry.alert["severity"]?.text else { return word }
        return severity + ", " + word
    }

    /// All of it, some lines an alert.
    package var text: String {
        if isTest { return "This is a test: alerts of Scriptron on \(machine) reach you here.\n" }
        let told = entries.prefix(Self.mostTold).map { entry in
            let alert = entry.alert
            var lines = ["\(Self.word(entry)): \(alert["name"]?.text ?? "?")", "  \(alert["summary"]?.text ?? "")"]
            if let since = alert["since"]?.double {
                var line = "  since \(Zone.utc.plain(Timestamp(since))) UTC"
                if let until = alert["resolved"]?.double {
                    line += " until \(Zone.utc.plain(Timestamp(until))) UTC"
                }
                lines.append(line)
            }
            if entry.event == .resolved, let reason = alert["reason"]?.text { lines.append("  \(reason)") }
            if let run = alert["last_run"]?.integer { lines.append("  scriptron show \(run)") }
            return lines.joined(separator: "\n") + "\n"
        }
        let rest = entries.count - told.count
        return (told + (rest > 0 ? ["and \(rest) more: scriptron alerts\n"] : [])).joined(separator: "\n")
    }

    /// How many alerts the text tells one by one; JSON has all of them.
    private static let mostTold = 200

    /// `{version, machine, test, text, alerts}`: an alert as `alerts --json` shows it, with `event` and `message`, the
    /// number by which a message that came twice is known.
    package var value: Value {
        [
            "version": 1, "machine": .text(machine), "test": .bool(isTest), "text": .text(subject + "\n\n" + text),
            "alerts": .list(
                entries.map { entry in
                    var alert = entry.alert.map ?? [:]
                    alert["event"] = .text(entry.event.rawValue)
                    alert["message"] = .int(entry.id)
                    return .map(alert)
                }),
        ]
    }

    /// What it is known by where it comes twice: the numbers of its entries; of a test, the instant.
    package func identity(now: Timestamp) -> String {
        guard let first = entries.first, let last = entries.last else { return "test-\(now.microseconds)" }
        return "alerts-\(first.id)-\(last.id)-\(entries.count)"
    }

    /// As a mail (RFC 5322), its text in base64, so that no line of it is too long or means something to a server.
    package func mail(from: String, to: [String], now: Timestamp) -> [UInt8] {
        let date = (try? Zone.utc.format(now, "%a, %d %b %Y %H:%M:%S +0000")) ?? ""
        let numbers = entries.first.map { "\($0.id)-\(entries.count)" } ?? "test"
        let lines = [
            "Date: \(date)", "From: Scriptron <\(from)>", "To: \(to.joined(separator: ",\r\n "))",
            "Subject: \(Self.encoded(subject))", "Message-ID: <\(numbers).\(now.microseconds)@\(Self.plain(machine))>",
            "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64", "",
        ]
        let body = Digest.base64(Array(text.replacing("\n", with: "\r\n").utf8))
        var start = body.startIndex
        var wrapped: [Substring] = []
        while start < body.endIndex {
            let end = body.index(start, offsetBy: 76, limitedBy: body.endIndex) ?? body.endIndex
            wrapped.append(body[start..<end])
            start = end
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n" + wrapped.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// A header's text: what is not plain ASCII as encoded words (RFC 2047), 45 bytes of text each.
    private static func encoded(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), text.utf8.count < 900, !text.contains("=?") {
            return text
        }
        var words: [[UInt8]] = [[]]
        for character in text {
            let bytes = Array(String(character).utf8)
            if let last = words.last, last.count + bytes.count > 45 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Digest.base64($0))?=" }.joined(separator: "\r\n ")
    }

    private static func plain(_ name: String) -> String {
        let plain = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) }
        return plain.isEmpty ? "localhost" : plain
    }
}
