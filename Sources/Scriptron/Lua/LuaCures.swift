/// What to write instead, behind the messages of Lua itself, which only say what is wrong.
enum LuaCures {
    /// What cures the error of this message, for a script that sees these globals; nil: nobody knows.
    static func cure(for message: String, globals: [String]) -> String? {
        switch message {
        case "attempt to yield from outside a coroutine":
            return "only a function that coroutine.create or coroutine.wrap started yields; time.sleep waits"
        case "cannot resume dead coroutine": return "its function has returned: make a new one"
        case "attempt to call a table value (for iterator 'for iterator')":
            return "write for _, item in ipairs(list) do"
        case "attempt to index a function value":
            return "an iterator stands in the loop by itself: for entry in fs.walk(path) do"
        default: break
        }
        if message.hasPrefix("an error value without a message") { return "raise a text: error(\"what went wrong\")" }
        guard let match = message.wholeMatch(of: #/attempt to (.+) a (\w+) value \((\w+) '(\w+)'\)/#) else {
            return nil
        }
        let (done, kind, what, name) = (match.1, match.2, match.3, String(match.4))
        if done == "call", kind == "thread" {
            return "\(name) is a coroutine: write coroutine.resume(\(name)), or make it with coroutine.wrap"
        }
        guard kind == "nil" else { return nil }
        if done == "call" || done == "index" {
            if let absent = LuaAbsent.cure(missing: name, isGlobal: what == "global") { return absent }
            if what == "global" {
                let near = Nearest.names(to: name, among: globals, limit: 1).first
                return near.map { "did you mean \($0)?" }
                    ?? "nothing of this name is there: declare it, local \(name) = …"
            }
        }
        switch (done, what) {
        case ("index", "local"), ("index", "upvalue"):
            return "look whether \(name) is there first: fs.stat and others return nil for what is not"
        case ("concatenate", _), ("perform arithmetic on", _):
            return "look how \(name) is spelt, or say what it is where it is not there: (\(name) or …)"
        default: return nil
        }
    }
}
