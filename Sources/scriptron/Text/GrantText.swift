import Scriptron

/// A grant without what says nothing: empty lists, and the details of programs and sockets.
enum GrantText {
    /// What `connect` says too, and `sandbox`.
    private static let details: Set = ["sockets", "ports", "broker"]

    static func short(_ grant: Value) -> Value {
        guard let map = grant.map else { return grant }
        var shown: [String: Value] = [:]
        for (key, value) in map where !details.contains(key) {
            switch value {
            case .list(let entries) where entries.isEmpty: continue
            case .list(let entries) where key == "run": shown[key] = .texts(entries.map(program))
            case .map(let user) where key == "user": shown[key] = user["name"] ?? value
            case .bool(false), .null: continue
            default: shown[key] = value
            }
        }
        if let memory = map["memory"]?.integer { shown["memory"] = .text(Quantity.describe(bytes: memory)) }
        return .map(shown)
    }

    private static func program(_ entry: Value) -> String {
        let path = entry["path"]?.text ?? entry["name"]?.text ?? "?"
        return path + (entry["user"]?.text.map { " as " + $0 } ?? "")
    }
}
