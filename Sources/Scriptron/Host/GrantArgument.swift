/// One `--grant KIND=VALUE`: an addition to needs and ceiling for one run.
package struct GrantArgument: Sendable, Hashable {
    private static let kinds = ["read", "write", "run", "connect", "signal", "service"]

    private let kind: String
    private let value: String

    /// Fails (code `EUSAGE`) where it is not of that form.
    package init(_ text: String) throws(Failure) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, Self.kinds.contains(String(halves[0])), !halves[1].isEmpty else {
            throw Failure(
                code: ControlCode.usage, "--grant \(text): expected KIND=VALUE",
                cure: "KIND is one of \(Self.kinds.joined(separator: ", ")), as in --grant write=/srv/data")
        }
        kind = String(halves[0])
        value = String(halves[1])
    }

    /// Adds the grants. Protected paths stay protected: the resolver refuses them whoever asks.
    package static func apply(_ grants: [GrantArgument], to needs: inout Needs, _ terms: inout GrantTerms) {
        for grant in grants {
            switch grant.kind {
            case "read":
                needs.read.append(Path(grant.value))
                terms.ceiling?.read.append(Path(grant.value))
            case "write":
                needs.write.append(Path(grant.value))
                terms.ceiling?.write.append(Path(grant.value))
            case "run":
                needs.run.append(Needs.Program(name: grant.value))
                terms.ceiling?.run.append(grant.value)
            case "connect":
                needs.connect.append(grant.value)
                terms.ceiling?.connect.append(grant.value)
            case "service":
                let unit = UnitName(grant.value)?.text ?? grant.value
                needs.service.append(unit)
                terms.ceiling?.service.append(unit)
            default:
                needs.signal.append(grant.value)
                terms.ceiling?.signal.append(grant.value)
            }
        }
    }
}
