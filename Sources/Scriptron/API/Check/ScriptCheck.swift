/// Goes through a script without running it, and says what would fail or is probably not meant. Where the text does not
/// say for certain what a name stands for, nothing is said of it.
package struct ScriptCheck {
    /// What is looked at.
    package struct Subject: Sendable {
        package var text: [UInt8]
        /// Whether it describes a job; libraries do not.
        package var isJob: Bool
        /// The texts of the libraries that it comes with: a setting that one of them names is used.
        package var companions: [[UInt8]] = []
        /// The libraries that `require` finds; nil: not known.
        package var libraries: [String]?
        /// Whether the configuration says in its place what the job needs.
        package var needsAreOperators = false

        package init(text: [UInt8], isJob: Bool) {
            self.text = text
            self.isJob = isJob
        }
    }

    let subject: Subject
    let scan: ScriptScan
    let names: ScriptNames
    var vocabulary: ScriptVocabulary { names.vocabulary }
    var findings: [ScriptFinding] = []

    private init(_ subject: Subject, _ chunk: LuaChunk) {
        self.subject = subject
        scan = ScriptScan(chunk)
        names = ScriptNames(scan, .all)
    }

    /// What there is to say of a script, in the order of its lines.
    package static func findings(_ subject: Subject) -> [ScriptFinding] {
        let chunk: LuaChunk
        do throws(LuaSyntaxError) {
            chunk = try LuaParser.parse(subject.text)
        } catch {
            return [ScriptFinding(level: .error, code: "ESYNTAX", position: error.position, message: error.message)]
        }
        var check = ScriptCheck(subject, chunk)
        check.judge()
        var seen: Set<ScriptFinding> = []
        let failing = Set(check.findings.filter { $0.level == .error }.map(\.position.line))
        // Who has a line to mend anyway sees there what becomes of its result.
        return check.findings
            .filter { seen.insert($0).inserted && !($0.code == "EUNUSED" && failing.contains($0.position.line)) }
            .sorted { $0.position < $1.position }
    }

    mutating func report(
        _ level: ScriptFinding.Level, _ code: String, _ position: LuaPosition, _ message: String, cure: String? = nil
    ) {
        findings.append(ScriptFinding(level: level, code: code, position: position, message: message, cure: cure))
    }

    private mutating func judge() {
        var check = self
        LuaWalk.visit(scan.chunk.block) { node in
            switch node {
            case .statement(let statement): check.judge(statement)
            case .expression(let expression): check.judge(expression)
            }
        }
        self = check
        if subject.isJob {
            judgeSettings()
            judgeNeeds()
        }
    }

    private mutating func judge(_ statement: LuaStatement) {
        switch statement.kind {
        case .assign(let targets, _): for target in targets { judgeChange(target, isFunction: false) }
        case .function(let target, _): judgeChange(target, isFunction: true)
        case .call(let call): judgeUnused(call)
        case .iterate(_, let values, _): if values.count == 1 { judgeLoop(values[0]) }
        default: return
        }
    }

    private mutating func judge(_ expression: LuaExpression) {
        switch expression.kind {
        case .global(let name): judge(global: name, at: expression.position)
        case .member(let base, let name): judge(member: name, of: base)
        case .call(let function, let arguments): judge(call: function, arguments, at: expression.position)
        case .method(let base, let name, let arguments): judge(method: name, of: base, arguments)
        default: return
        }
    }

    /// "did you mean", or else where to look.
    func cure(_ wrong: String, among known: some Sequence<String>, prefix: String = "", else fallback: String) -> String
    {
        let near = Nearest.names(to: wrong, among: Array(known).sorted(), limit: 1).first
        return near.map { "did you mean \(prefix)\($0)?" } ?? fallback
    }
}
