// Any text as a Lua script: its parser takes it or names a place in it, and neither nesting nor length overflow the
// stack. What it takes is walked through: every local is one of the chunk's.
// Longest: 2048
// Sources: Lua/Syntax/*

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzLua(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = Array(input(data, count))
    let chunk: LuaChunk
    do throws(LuaSyntaxError) {
        chunk = try LuaParser.parse(text)
    } catch {
        precondition(error.position.line >= 1 && error.position.column >= 1, "a place that is none")
        precondition(error.position.line <= text.count + 1, "a line behind the end")
        precondition(!error.message.isEmpty, "an error without a message")
        return 0
    }
    LuaWalk.visit(chunk.block) { node in
        guard case .expression(let expression) = node else { return }
        precondition(expression.position.line <= text.count + 1, "a place behind the end")
        if case .local(let variable) = expression.kind {
            precondition(chunk.locals.indices.contains(variable), "a local that was never declared")
        }
    }
    return 0
}
