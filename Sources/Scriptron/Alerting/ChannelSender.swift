/// Sends a message by a channel; each call blocks, and belongs on a thread of its own.
package struct ChannelSender: Sendable {
    /// What a secret is now.
    let secret: @Sendable (String) throws(Failure) -> [UInt8]
    /// Runs a command channel's program in a run of its own.
    let command: @Sendable (ChannelConfiguration, AlertMessage) throws(Failure) -> Void
    let now: @Sendable () -> Timestamp

    package init(
        secret: @escaping @Sendable (String) throws(Failure) -> [UInt8],
        command: @escaping @Sendable (ChannelConfiguration, AlertMessage) throws(Failure) -> Void,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.secret = secret
        self.command = command
        self.now = now
    }

    /// Returns when the channel has taken it. Neither the message nor an error has a secret of the channel in it.
    package func send(_ message: AlertMessage, by channel: ChannelConfiguration) throws(Failure) {
        var redactor = Redactor()
        for name in channel.secrets { redactor.hide(try secret(name), name: name) }
        let message = message.redacted(redactor)
        do throws(Failure) {
            switch channel.kind {
            case .webhook(let webhook): try send(message, webhook, channel)
            case .email(let email): try send(message, email, channel)
            case .command: try command(channel, message)
            }
        } catch {
            throw error.redacted(redactor)
        }
    }

    private func send(
        _ message: AlertMessage, _ webhook: ChannelConfiguration.Webhook, _ channel: ChannelConfiguration
    ) throws(Failure) {
        var request = TransferRequest(try TransferURL(try text(webhook.url)))
        request.method = "POST"
        request.headers = [TransferRequest.Header("Content-Type", "application/json")]
        for (name, value) in webhook.headers.sorted(by: { $0.key < $1.key }) {
            request.headers.append(TransferRequest.Header(name, try bytes(value)))
        }
        let body = try JSON.encode(message.value)
        request.body = .bytes(body)
        if let text = webhook.secret {
            let (id, instant) = (message.identity(now: now()), now().seconds)
            let signature = try WebhookKey.signature(try bytes(text), id: id, timestamp: instant, body: body)
            request.headers += [
                TransferRequest.Header("webhook-id", id), TransferRequest.Header("webhook-timestamp", String(instant)),
                TransferRequest.Header("webhook-signature", signature),
            ]
        }
        request.timeout = channel.timeout
        request.most = 1 << 20
        request.trust = webhook.trust
        let response = try TransferClient().perform(request)
        guard (200...299).contains(response.status) else {
            throw Failure(code: "EHTTP", "\(request.url.server) answered with status \(response.status)")
        }
    }

    private func send(
        _ message: AlertMessage, _ email: ChannelConfiguration.Email, _ channel: ChannelConfiguration
    ) throws(Failure) {
        let usual = email.security == .tls ? 465 : email.security == .starttls ? 587 : 25
        let hasPort = email.server.hasSuffix("]") ? false : email.server.contains(":")
        let scheme = email.security == .tls ? "smtps" : "smtp"
        let url = try TransferURL("\(scheme)://\(email.server)\(hasPort ? "" : ":\(usual)")")
        var mail = TransferRequest.Mail(from: email.from, recipients: email.to)
        mail.startsTLS = email.security == .starttls
        var request = TransferRequest(url, kind: .mail(mail))
        if let user = email.user, let password = email.password {
            request.login = TransferRequest.Login(user: try bytes(user), password: try bytes(password))
        }
        request.body = .bytes(message.mail(from: email.from, to: email.to, now: now()))
        request.timeout = channel.timeout
        request.trust = email.trust
        _ = try TransferClient().perform(request)
    }

    private func text(_ text: ChannelConfiguration.Text) throws(Failure) -> String {
        String(decoding: try bytes(text), as: UTF8.self)
    }

    private func bytes(_ text: ChannelConfiguration.Text) throws(Failure) -> [UInt8] {
        switch text {
        case .plain(let text): Array(text.utf8)
        case .secret(let name): try secret(name)
        }
    }
}

extension ChannelConfiguration {
    /// The names of the secrets that it has.
    fileprivate var secrets: [String] {
        let texts: [Text?] =
            switch kind {
            case .webhook(let webhook): [webhook.url, webhook.secret] + webhook.headers.values.map(Optional.some)
            case .email(let email): [email.user, email.password]
            case .command: []
            }
        return texts.compactMap { if case .secret(let name)? = $0 { name } else { nil } }.sorted()
    }
}

extension AlertMessage {
    /// Without the secrets that a redactor knows.
    fileprivate func redacted(_ redactor: Redactor) -> AlertMessage {
        if redactor.isEmpty { return self }
        var message = self
        for index in message.entries.indices {
            message.entries[index].alert = redactor.redacted(message.entries[index].alert)
        }
        return message
    }
}

extension Failure {
    fileprivate func redacted(_ redactor: Redactor) -> Failure {
        func plain(_ text: String) -> String {
            String(decoding: redactor.redacted(Array(text.utf8)), as: UTF8.self)
        }
        return Failure(code: code, plain(message), place: place.map(plain), cure: cure.map(plain))
    }
}
