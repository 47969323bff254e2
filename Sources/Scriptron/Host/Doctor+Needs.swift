extension Doctor {
    /// What holds each need here: as it shall be, by what stands in, or not at all.
    package static func needs(_ facts: SandboxFacts) -> [Fact] {
        KernelFloor.floors.filter { $0.concerns(facts) }.map { floor in
            if let holder = floor.holder(facts) {
                let best = floor.holders[0].text
                let place = holder.text == best ? "" : ", in place of \(best)"
                return Fact("Needs", floor.who, .good, "\(floor.what): by \(holder.text)\(place)")
            }
            let wanted = floor.holders.map(\.text).joined(separator: ", or ")
            let left = floor.atBest.map { "; with sandbox = \"best-effort\" \($0)" } ?? ""
            return Fact(
                "Needs", floor.who, .warning, "\(floor.what): refused, for that takes \(wanted)\(left)",
                cure: floor.cure)
        }
    }
}
