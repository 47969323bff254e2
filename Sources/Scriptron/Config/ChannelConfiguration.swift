/// A place that alerts are sent to (`channels.NAME`).
package struct ChannelConfiguration: Sendable, Hashable {
    /// A text of the configuration, or the secret that it is.
    package enum Text: Sendable, Hashable {
        case plain(String)
        case secret(String)
    }

    /// A POST of JSON.
    package struct Webhook: Sendable, Hashable {
        package var url: Text
        package var headers: [String: Text] = [:]
        /// Signs each message (Standard Webhooks).
        package var secret: Text?
        /// A file of certificates to trust, absolute; nil: the machine's.
        package var trust: Path?
    }

    /// A mail by a server of SMTP.
    package struct Email: Sendable, Hashable {
        package enum Security: String, Sendable, CaseIterable {
            case starttls
            /// TLS from the start.
            case tls
            case none
        }

        /// `host` or `host:port`.
        package var server: String
        package var security = Security.starttls
        package var from: String
        package var to: [String]
        package var user: Text?
        package var password: Text?
        package var trust: Path?
    }

    /// A program, in a run of its own; the text goes to its standard input.
    package struct Command: Sendable, Hashable {
        package var arguments: [String]
        package var needs: Needs
        package var user: String?
    }

    package enum Kind: Sendable, Hashable {
        case webhook(Webhook)
        case email(Email)
        case command(Command)
    }

    package var name: String
    package var kind: Kind
    /// Seconds that one try may take.
    package var timeout = 30.0
    /// Seconds for which what comes is gathered into one message.
    package var wait = 5.0
    /// Seconds after which an alert that could not be delivered is given up.
    package var expire = 7 * 86400.0

    /// What kind of channel it is, in the configuration's word.
    package var type: String {
        switch kind {
        case .webhook: "webhook"
        case .email: "email"
        case .command: "command"
        }
    }

    private static let common = ["type", "timeout", "wait", "expire"]

    /// Decodes it. Fails (code `ECONFIG`) with the file, the key, and what was expected.
    init(_ name: String, _ section: Section, base: Path) throws(Failure) {
        var section = section
        self.name = name
        guard let type = try section.word("type", of: ["webhook", "email", "command"]) else {
            throw section.failure(["type"], "is missing", cure: "say type = \"webhook\", \"email\" or \"command\"")
        }
        let known: [String]
        switch type {
        case "webhook":
            kind = .webhook(try Self.webhook(&section, base))
            known = ["url", "headers", "secret", "trust"]
        case "email":
            kind = .email(try Self.email(&section, base))
            known = ["server", "security", "from", "to", "user", "password", "trust"]
        default:
            kind = .command(try Self.command(&section))
            known = ["run", "needs", "user"]
        }
        timeout = try section.duration("timeout") ?? timeout
        wait = try section.duration("wait", zero: true) ?? wait
        expire = try section.duration("expire") ?? expire
        try section.finish(known: Self.common + known)
    }

    private static func webhook(_ section: inout Section, _ base: Path) throws(Failure) -> Webhook {
        guard let url = try text("url", &section) else {
            throw section.failure(["url"], "is missing", cure: "say url = \"https://…\", or a secret")
        }
        if case .plain(let text) = url, !text.hasPrefix("https://"), !text.hasPrefix("http://") {
            throw section.mismatch("url", "an address of https or http", .text(text))
        }
        var webhook = Webhook(url: url)
        if var headers = try section.section("headers") {
            for name in headers.keys { webhook.headers[name] = try text(name, &headers) }
        }
        webhook.secret = try text("secret", &section)
        webhook.trust = try section.paths("trust").first.map { base.appending($0).normalized }
        return webhook
    }

    private static func email(_ section: inout Section, _ base: Path) throws(Failure) -> Email {
        guard let server = try section.text("server"), let from = try section.text("from") else {
            throw section.failure(
                [], "has no server or no from", cure: "say server = \"mail.example.org:587\", from = \"me@example.org\""
            )
        }
        let to = try section.texts("to", "an address, or a list of addresses")
        guard !to.isEmpty else { throw section.failure(["to"], "is missing", cure: "say to = \"me@example.org\"") }
        for (key, address) in [("from", from)] + to.map({ ("to", $0) })
        where !address.contains("@") || address.contains(where: { " <>\r\n\t".contains($0) }) {
            throw section.mismatch(key, "an address such as \"me@example.org\"", .text(address))
        }
        var email = Email(server: server, from: from, to: to)
        if let word = try section.word("security", of: Email.Security.allCases.map(\.rawValue)) {
            email.security = Email.Security(rawValue: word) ?? .starttls
        }
        email.user = try text("user", &section)
        email.password = try text("password", &section)
        if (email.user == nil) != (email.password == nil) {
            throw section.failure(["user"], "and password go together", cure: "say both, or neither")
        }
        if email.user != nil, email.security == .none {
            throw section.failure(
                ["security"], "is \"none\": the password would go over the network as it is",
                cure: "say \"starttls\" or \"tls\"")
        }
        email.trust = try section.paths("trust").first.map { base.appending($0).normalized }
        return email
    }

    private static func command(_ section: inout Section) throws(Failure) -> Command {
        let arguments = try section.texts("run", "a program and its arguments, as a list of texts")
        guard !arguments.isEmpty else {
            throw section.failure(["run"], "is missing", cure: "say run = { \"/usr/local/bin/page\" }")
        }
        let needs = try Needs(section.take("needs") ?? .null, of: section.file, at: section.path + ["needs"])
        return Command(arguments: arguments, needs: needs, user: try section.text("user"))
    }

    private static func text(_ key: String, _ section: inout Section) throws(Failure) -> Text? {
        guard let value = section.take(key) else { return nil }
        if let name = value.secretName { return .secret(name) }
        guard let text = value.text, !text.isEmpty else {
            throw section.mismatch(key, "a text, or secret \"NAME\"", value)
        }
        return .plain(text)
    }
}

extension AlertRouting {
    /// Decodes `channels` and `routes`. Without routes every channel hears of everything.
    static func decode(
        _ section: inout Section, base: Path
    ) throws(Failure) -> (channels: [String: ChannelConfiguration], routing: AlertRouting) {
        var channels: [String: ChannelConfiguration] = [:]
        if var inner = try section.section("channels") {
            for name in inner.keys {
                guard JobName.isValid(name) else {
                    throw inner.failure(
                        [name], "no name for a channel",
                        cure: "take a-z, 0-9, _ and -, and begin with a letter or digit")
                }
                guard let channel = try inner.section(name) else { continue }
                channels[name] = try ChannelConfiguration(name, channel, base: base)
            }
        }
        guard let value = section.take("routes") else {
            let all = Route(to: channels.keys.sorted())
            return (channels, AlertRouting(routes: channels.isEmpty ? [] : [all]))
        }
        guard let list = value.list else { throw section.mismatch("routes", "a list of tables", value) }
        var routing = AlertRouting()
        for (index, value) in list.enumerated() {
            let path = section.path + ["routes", "[\(index + 1)]"]
            routing.routes.append(try route(try Section(value, of: section.file, at: path), channels))
        }
        return (channels, routing)
    }

    private static func route(
        _ section: Section, _ channels: [String: ChannelConfiguration]
    ) throws(Failure) -> Route {
        var section = section
        let words = Severity.allCases.map(\.rawValue)
        var route = Route(to: [])
        for word in try section.texts(
            "severity", words.map { "\"\($0)\"" }.joined(separator: ", ") + ", or a list of them")
        {
            guard let severity = Severity(rawValue: word) else {
                throw section.mismatch("severity", words.map { "\"\($0)\"" }.joined(separator: ", "), .text(word))
            }
            route.severities.insert(severity)
        }
        route.jobs = try section.texts("job", "a job's name, or a list of names; a star at the end stands for any")
        if let value = section.take("remind") {
            if value == false {
                route.reminder = nil
            } else if let seconds = Quantity.seconds(value), seconds >= 60 {
                route.reminder = seconds
            } else {
                throw section.mismatch("remind", "a duration of a minute at least such as \"4h\", or false", value)
            }
        }
        guard section.keys.contains("to") else {
            throw section.failure(["to"], "is missing", cure: "say which channels: to = \"ops\"; to = {} for none")
        }
        route.to = try section.texts("to", "a channel's name, or a list of them")
        for name in route.to where channels[name] == nil {
            let near = Nearest.names(to: name, among: channels.keys.sorted(), limit: 1).first
            throw section.failure(
                ["to"], "there is no channel \(name)",
                cure: near.map { "did you mean \($0)?" } ?? "describe it under channels")
        }
        try section.finish(known: ["severity", "job", "remind", "to"])
        return route
    }
}
