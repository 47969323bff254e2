/// What people look for in Lua and a job does not have, with what to write instead.
package enum LuaAbsent {
    private static let cures: [String: String] = [
        "io": "fs.open, fs.read, fs.lines and fs.write do what io does, within the job's needs",
        "debug": "error and pcall tell where something failed",
        "package": "require \"NAME\" finds jobs/lib/NAME.lua",
        "dofile": "put the file into jobs/lib and write require \"NAME\"",
        "loadfile": "put the file into jobs/lib and write require \"NAME\"",
        "loadstring": "write load(text)",
        "setfenv": "write load(text, name, \"t\", environment)",
        "getfenv": "write load(text, name, \"t\", environment)",
        "unpack": "write table.unpack",
        "module": "end the file of jobs/lib in return, and write local NAME = require \"NAME\"",
        "arg": "the settings are what a job is called with: run = function(settings, this)",
        "sleep": "write time.sleep(\"5s\")",
        "exec": "write process.run { \"program\", \"argument\" }",
        "system": "write process.run { \"program\", \"argument\" }",
        "os.execute": "write process.run { \"program\", \"argument\" }, and name the program in needs.run",
        "os.exit": "return from run, or write this.fail(message) or this.skip(reason)",
        "os.getenv": "declare a setting or, for what is secret, option.secret",
        "os.remove": "write fs.remove(path)",
        "os.rename": "write fs.rename(from, to)",
        "os.tmpname": "write fs.temp_dir() .. \"/name\"",
        "os.setlocale": "time.format and string.format are the same everywhere",
        "os.sleep": "write time.sleep(\"5s\")",
        "string.dump": "load takes text, no compiled code",
        "table.getn": "write #list",
        "table.maxn": "write #list",
        "table.foreach": "write for key, value in pairs(list) do",
        "math.pow": "write x ^ y",
        "math.mod": "write x % y",
    ]

    /// What to write instead of a global (`io`) or a member of a library (`os.execute`); nil: nothing is known of it.
    package static func cure(_ name: String) -> String? { cures[name] }

    /// What to write instead of a global, or of a member of some library: an error of Lua does not say of which, and no
    /// two libraries lack the same.
    static func cure(missing name: String, isGlobal: Bool) -> String? {
        if isGlobal { return cures[name] }
        return cures.first { $0.key.hasSuffix("." + name) }.map { "there is no \($0.key): \($0.value)" }
    }
}
