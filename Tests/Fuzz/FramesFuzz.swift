// Any packets from a worker or a zygote: they are refused, or are messages that come back the same, within the bounds
// that the host's records rely on. The first byte chooses: raw packets, or a message with any value inside.
// Longest: 512
// Sources: Worker/MessageFraming Worker/WorkerMessage Worker/WorkerOrder Worker/ZygoteProtocol Effects/HostService
// Sources: Platform/ProcessExit Store/LogRecord Sandbox/ConfinedFiles

/// The socket is not here, only the size of its packets: small, so that messages of several are common.
enum PacketSocket { static let maxPacket = 64 }

private let words = [
    "is", "request", "log", "progress", "warning", "refusal", "limit", "confined", "header", "end", "id", "service",
    "arguments", "level", "message", "fields", "done", "total", "label", "text", "outcome", "result", "reason", "error",
    "code", "retry", "plan", "succeeded", "failed", "skipped", "timed_out", "answer", "refused", "settings", "enough",
    "value", "place", "cure", "task", "job", "script", "base", "deadline", "grace", "timezone", "this", "scratch",
    "grant",
    "configuration", "describe", "discover", "run", "dryRun", "facts", "name", "ready", "spawned", "exited", "pid",
    "signal",
    "cpu", "rss", "state.get", "info", "x", "",
]
/// The messages by their names, those without one last, and a table of anything.
private let forms: [(name: String, keys: [String])] = [
    ("request", ["id", "service", "arguments"]), ("log", ["level", "message", "fields"]),
    ("progress", ["done", "total", "label"]), ("used", ["used"]), ("warning", ["text"]), ("refusal", ["text"]),
    ("limit", ["text"]),
    ("confined", ["text", "anew", "listener"]), ("header", ["header"]),
    ("end", ["outcome", "result", "reason", "error", "code", "retry", "plan"]), ("answer", ["id", "value"]),
    ("refused", ["id", "code", "message", "place", "cure"]), ("settings", ["settings"]), ("enough", []), ("ready", []),
    ("spawned", ["id", "pid", "confinement"]), ("spare", ["pid", "confinement"]),
    ("exited", ["pid", "code", "signal", "cpu", "rss"]), ("", ["taken"]),
    (
        "",
        [
            "task", "job", "script", "base", "deadline", "grace", "settings", "facts", "timezone", "this", "grant",
            "scratch",
        ]
    ), ("", ["id", "grant", "name", "scratch"]),
]
/// Small, so that an input can be larger.
private let cap = 512

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzFrames(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var bytes = input(data, count)
    guard let first = bytes.popFirst() else { return 0 }
    if first & 1 == 0 {
        packets(bytes)
    } else {
        var draft = ValueDraft(bytes, words: words)
        let form = forms[Int(first >> 1) % forms.count]
        var members = draft.members(form.keys)
        if !form.name.isEmpty { members["is"] = .text(form.name) }
        messages(.map(members))
    }
    return 0
}

/// Packets as they come from the socket, each led by its length.
private func packets(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    var assembler = MessageFraming.Assembler(cap: cap)
    while let length = rest.popFirst() {
        let packet = Array(rest.prefix(Int(length)))
        rest = rest.dropFirst(packet.count)
        guard let whole = try? assembler.take(packet) else {
            // The host takes nothing more after an error; where a message only goes on, there is none yet.
            if packet.first != 1 { return }
            continue
        }
        precondition(whole.count <= cap, "a message beyond the cap")
        if let value = try? ValueCodec.decode(whole) { messages(value) }
    }
}

private func messages(_ value: Value) {
    if let message = WorkerMessage(value) {
        again(message, message.value, WorkerMessage.init)
        judge(message)
    }
    if let message = HostMessage(value) { again(message, message.value, HostMessage.init) }
    if let order = WorkerOrder(value) { again(order, order.value, WorkerOrder.init) }
    if let request = SpawnRequest(value) { again(request, request.value, SpawnRequest.init) }
    if let report = ZygoteReport(value) { again(report, report.value, ZygoteReport.init) }
}

/// Sends it once more, cut into packets.
private func again<Message: Equatable>(_ message: Message, _ value: Value, _ read: (Value) -> Message?) {
    guard let bytes = try? ValueCodec.encode(value) else { fatalError("a message that cannot be sent") }
    var assembler = MessageFraming.Assembler(cap: bytes.count)
    var whole: [UInt8]?
    for packet in MessageFraming.packets(bytes) {
        precondition(whole == nil && packet.count <= PacketSocket.maxPacket, "packets that are too many or too large")
        whole = try? assembler.take(packet)
    }
    precondition(whole == bytes, "a message comes out of its packets as another")
    guard let decoded = try? ValueCodec.decode(bytes), let second = read(decoded) else {
        fatalError("a message that was sent is none")
    }
    precondition(second == message || value.holdsNaN, "a message that was sent comes as another")
}

/// What the host makes of it must not depend on good will.
private func judge(_ message: WorkerMessage) {
    switch message {
    case .note(.log(let level, let text, let fields)):
        let line = LogRecord(time: Timestamp(seconds: 1), level: level, message: text, fields: fields).line
        precondition(line.last == 10 && !line.dropLast().contains(10), "a line of the log is several")
        precondition(LogRecord(line: Array(line.dropLast())).message == text, "a line of the log says another thing")
    case .note(.progress(let done, let total, let label)):
        let shown: Value = ["done": .number(done), "total": .number(total ?? 0), "label": .text(label)]
        precondition((try? JSON.encode(shown)) != nil, "a progress that cannot be shown")
    case .note(.warning(let text)), .note(.refusal(let text)), .note(.limit(let text)), .confined(let text, _, _):
        precondition(text.utf8.count <= 16 << 10, "a text too long for a record")
    case .end(let end):
        precondition(end.outcome == .succeeded || end.outcome == .failed || end.outcome == .skipped, "a forged outcome")
    default: break
    }
}
