/// Why a job gets no grant: everything that is wrong, not the first thing alone.
package struct GrantRefusals: Error, Sendable, Hashable {
    /// At least one.
    package let failures: [Failure]

    /// All of them as one failure, for where one fits alone.
    package var failure: Failure {
        guard failures.count > 1, let first = failures.first else {
            return failures.first ?? Failure(code: "EGRANT", "the grant is refused")
        }
        return Failure(code: first.code, failures.map(\.description).joined(separator: "\n"))
    }
}

/// Makes a grant out of what a job needs, what the operator allows and what the machine can enforce.
package struct GrantResolver: Sendable {
    let job: String
    let terms: GrantTerms

    /// - Parameters:
    ///   - job: The job's name, for messages.
    package init(job: String, terms: GrantTerms) {
        self.job = job
        self.terms = terms
    }

    /// The grant, or all reasons why there is none. Missing write paths under the state directory are made.
    package func resolve(_ needs: Needs) throws(GrantRefusals) -> Grant {
        var refusals = Refusals(job: job)
        var grant = Grant()
        grant.mode = terms.mode
        grant.memory = terms.memory
        grant.limits = terms.limits
        grant.identity = identity(needs.user, &refusals)
        let write = paths(needs.write, .write, inside: [], &grant, &refusals)
        let read = paths(needs.read, .read, inside: write, &grant, &refusals)
        grant.write = Self.merged(write)
        grant.read = Self.merged(read.filter { path in !write.contains { path.isInside($0) } })
        grant.programs = programs(needs.run, grant, &refusals)
        refuseWritablePrograms(grant, &refusals)
        connect(needs, &grant, &refusals)
        grant.secrets = names(needs.secrets, "secrets", terms.ceiling?.secrets, &refusals)
        grant.signal = names(needs.signal, "signal", terms.ceiling?.signal, &refusals)
        grant.service = names(needs.service, "service", terms.ceiling?.service, &refusals)
        if needs.setid, terms.ceiling?.setid == false {
            refusals.add("needs.setid", "the ceiling forbids setid", cure: "say ceiling = { setid = true }")
        }
        grant.setid = needs.setid
        KernelFloor.check(grant, terms.facts, &refusals)
        if !refusals.failures.isEmpty { throw GrantRefusals(failures: refusals.failures) }
        return grant
    }

    /// Sorted, without doubles and without one that lies inside another.
    static func merged(_ paths: [Path]) -> [Path] {
        var merged: [Path] = []
        for path in Set(paths).sorted(by: { ($0.bytes.count, $0) < ($1.bytes.count, $1) })
        where !merged.contains(where: { path.isInside($0) }) {
            merged.append(path)
        }
        return merged.sorted()
    }

    /// Plain names, each within the ceiling's list where there is a ceiling.
    private func names(
        _ names: [String], _ key: String, _ allowed: [String]?, _ refusals: inout Refusals
    ) -> [String] {
        for name in names where !(allowed?.contains { $0 == name || $0 == "*" } ?? true) {
            refusals.ceiling("needs.\(key)", name, line: GrantRefusal.ceilingLine(key, name))
        }
        return Set(names).sorted()
    }
}

/// The refusals of one job, as they are found.
struct Refusals {
    let job: String
    private(set) var failures: [Failure] = []

    init(job: String) { self.job = job }

    /// - Parameters:
    ///   - key: Which need: `needs.write`.
    mutating func add(_ key: String, code: String = "EGRANT", _ message: String, cure: String? = nil) {
        failures.append(Failure(code: code, message, place: "job \(job): \(key)", cure: cure))
    }

    mutating func ceiling(_ key: String, _ what: String, line: String) {
        add(key, "the ceiling forbids \(what)", cure: "the operator may say in scriptron.lua: \(line)")
    }
}
