extension Doctor {
    /// Lua: whether this build's libraries give scripts just the names that they shall have. A zygote opens the same
    /// state before it takes any request, and does not start where that fails.
    package static func lua() -> Fact {
        do throws(Failure) {
            let names = try LuaState().globalNames()
            return Fact(
                "Sandbox", "Lua", .good, "\(LuaState.version), nothing but the \(names.count) names that scripts have")
        } catch {
            return Fact("Sandbox", "Lua", .bad, error.message + ": no job is run", cure: error.cure)
        }
    }
}
