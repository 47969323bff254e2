@testable import Scriptron

/// Random cron expressions that a seed decides. The hours that zones change their offset at come often.
struct ScheduleGenerator {
    /// Which expressions are made.
    enum Grammar {
        /// What cronsim and croniter read alike.
        case shared
        /// All that there is.
        case full
    }

    var random: RandomTree.Generator

    init(seed: UInt64) { random = RandomTree.Generator(state: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func pick<Element>(_ items: [Element]) -> Element { items[number(0...items.count - 1)] }

    private mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

    /// An expression that may be refused only because no day fits it.
    mutating func expression(_ grammar: Grammar, seconds: Bool = false) -> String {
        var fields = [
            minute(grammar), hour(grammar), chance(55) ? "*" : day(grammar), chance(75) ? "*" : month(grammar),
            chance(55) ? "*" : weekday(grammar),
        ]
        if seconds { fields.insert(chance(30) ? "*/\(number(7...30))" : items(0...59, grammar), at: 0) }
        return fields.joined(separator: " ")
    }

    /// An expression that a zone takes, and its schedule.
    mutating func schedule(
        _ grammar: Grammar, seconds: Bool = false, in zone: Zone, job: String
    ) -> (text: String, schedule: JobSchedule) {
        while true {
            let text = expression(grammar, seconds: seconds)
            do throws(Failure) {
                return (text, try JobSchedule([text], zone: zone, job: job))
            } catch {
                precondition(error.message.contains("never fire"), "\(error)")
            }
        }
    }

    private mutating func minute(_ grammar: Grammar) -> String {
        switch number(0...9) {
        case 0: "*"
        case 1, 2: "*/\(pick([2, 5, 7, 10, 15, 20, 30, 45]))"
        case 3...6: "\(pick([0, 15, 30, 45, 59, number(0...59)]))"
        default: items(0...59, grammar)
        }
    }

    private mutating func hour(_ grammar: Grammar) -> String {
        switch number(0...9) {
        case 0, 1: "*"
        case 2: "*/\(number(2...12))"
        case 3...7: "\(pick([0, 0, 1, 1, 2, 2, 2, 3, 4, 22, 23, number(0...23)]))"
        default: items(0...23, grammar)
        }
    }

    private mutating func day(_ grammar: Grammar) -> String {
        switch number(0...9) {
        case 0...2: "\(number(1...31))"
        case 3: "*/\(number(2...20))"
        case 4: "L"
        case 5 where grammar == .full: pick(["L-\(number(1...30))", "\(number(1...31))W", "LW,\(number(1...28))", "?"])
        case 6 where grammar == .full: pick(["LW", "15W,L", "1W", "~", "1~31", "L-3,L-1,L"])
        default: items(1...31, grammar)
        }
    }

    private mutating func month(_ grammar: Grammar) -> String {
        switch number(0...4) {
        case 0: pick(["jan", "MAR", "Apr", "oct", "NOV", "sep"])
        case 1 where grammar == .full: pick(["nov-feb", "OCT-APR", "oct-mar/2", "~", "mar~may"])
        default: items(1...12, grammar)
        }
    }

    private mutating func weekday(_ grammar: Grammar) -> String {
        switch number(0...7) {
        case 0: pick(["sun", "MON", "Sat", "mon-fri", "MON,wed,fri"])
        case 1: "\(number(0...7))#\(number(1...5))"
        case 2 where grammar == .full:
            pick(["sunL", "5L", "7L", "fri#5,monL", "FRI-MON", "sat-tue/2", "~", "?", "fri~mon"])
        case 3 where grammar == .full: "\(pick(["sun", "sat", "WED"]))#\(number(1...5)),\(number(0...6))"
        default: items(0...6, grammar)
        }
    }

    /// A list of numbers, ranges and steps.
    private mutating func items(_ range: ClosedRange<Int>, _ grammar: Grammar) -> String {
        (0..<number(1...3)).map { _ in item(range, grammar) }.joined(separator: ",")
    }

    private mutating func item(_ range: ClosedRange<Int>, _ grammar: Grammar) -> String {
        let from = number(range)
        let to = number(from...range.upperBound)
        let step = number(1...range.count)
        return switch number(0...7) {
        case 0...2: "\(from)"
        case 3: "\(from)-\(to)"
        case 4: "\(from)-\(to)/\(step)"
        case 5: "\(from)/\(step)"
        case 6 where grammar == .full:
            pick(["~", "~/\(step)", "\(from)~\(to)", "\(from)~\(to)/\(step)", "~\(to)", "\(from)~"])
        default: pick(["\(from),\(to)", "\(range.lowerBound)-\(from)/2", "*/\(step)"])
        }
    }
}
