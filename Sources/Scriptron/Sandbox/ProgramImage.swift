/// What the kernel does with a file that is executed: it loads it as machine code, by a loader, or starts the
/// interpreter that its first line names (execve(2), elf(5)).
enum ProgramImage: Sendable, Hashable {
    /// Machine code without a loader.
    case complete
    /// Machine code that this loader starts.
    case loaded(by: Path)
    /// A script: its interpreter and the one argument that may stand behind it.
    case script(interpreter: Path, argument: String?)
    /// Neither; a shell would take it for a script of its own.
    case unknown

    /// How much of a file's beginning is looked at, in bytes.
    static let headLength = 16 << 10

    /// Reads it from the beginning of a file.
    init(head: [UInt8]) {
        if head.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) {
            self = Self.script(head)
        } else if head.starts(with: [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]) {
            self = Self.machineCode(head)
        } else {
            self = .unknown
        }
    }

    private static func script(_ head: [UInt8]) -> ProgramImage {
        let blank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }.drop(while: blank)
        let interpreter = line.prefix { !blank($0) }
        var argument = line.dropFirst(interpreter.count).drop(while: blank)
        while let last = argument.last, blank(last) { argument.removeLast() }
        if interpreter.isEmpty { return .unknown }
        return .script(
            interpreter: Path(bytes: Array(interpreter)),
            argument: argument.isEmpty ? nil : String(decoding: argument, as: UTF8.self))
    }

    /// The program that `#!/usr/bin/env ARGUMENT` executes (env(1)): the first word that is neither an option nor an
    /// assignment; with `-S` the argument is split, without it it is one word.
    static func program(ofEnv argument: String) -> String? {
        var words = argument.split(separator: " ")[...]
        let first = words.first ?? ""
        // The kernel hands over one argument, whatever blanks are in it.
        let isSplit = first.hasPrefix("--split-string") || (first.hasPrefix("-") && first.contains("S"))
        guard isSplit else { return argument.isEmpty || argument.hasPrefix("-") ? nil : argument }
        if let text = first.split(separator: "=", maxSplits: 1).dropFirst().first, first.hasPrefix("--split-string") {
            words = [text] + words.dropFirst()
        } else if let glued = first.split(separator: "S", maxSplits: 1).dropFirst().first, !first.hasPrefix("--") {
            words = [glued] + words.dropFirst()
        } else {
            words = words.dropFirst()
        }
        while let word = words.popFirst() {
            if ["-u", "-C", "--unset", "--chdir"].contains(word) {
                words = words.dropFirst()
            } else if !word.hasPrefix("-"), !word.contains("=") {
                return String(word)
            }
        }
        return nil
    }

    /// Finds the loader (PT_INTERP, type 3) among the program headers of a little-endian ELF file.
    private static func machineCode(_ head: [UInt8]) -> ProgramImage {
        func number(_ offset: Int, _ size: Int) -> Int? {
            guard offset >= 0, offset + size <= head.count else { return nil }
            let value = head[offset..<offset + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Int(exactly: value)
        }
        guard head.count > 5, head[5] == 1 else { return .unknown }
        let wide = head[4] == 2
        guard let table = number(wide ? 32 : 28, wide ? 8 : 4), let size = number(wide ? 54 : 42, 2),
            let count = number(wide ? 56 : 44, 2)
        else { return .unknown }
        for index in 0..<count {
            let (entry, overflow) = table.addingReportingOverflow(index * size)
            guard !overflow, let type = number(entry, 4) else { return .unknown }
            if type != 3 { continue }
            guard let offset = number(entry + (wide ? 8 : 4), wide ? 8 : 4),
                let length = number(entry + (wide ? 32 : 16), wide ? 8 : 4), length > 1,
                offset <= head.count, length <= head.count - offset
            else { return .unknown }
            return .loaded(by: Path(bytes: Array(head[offset..<offset + length].prefix { $0 != 0 })))
        }
        return .complete
    }
}
