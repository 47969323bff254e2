/// Which of a job's needs are granted, each for itself.
struct JudgedNeeds {
    let job: String
    let terms: GrantTerms

    /// A record a need: `kind`, `need` as it is written, and whether it is `granted`.
    func rows(_ needs: Needs) -> [Value] {
        var rows: [Value] = []
        func judge(_ kind: String, _ text: String, _ set: (inout Needs) -> Void) {
            var one = Needs()
            set(&one)
            let isGranted = (try? GrantResolver(job: job, terms: terms).resolve(one)) != nil
            rows.append(["kind": .text(kind), "need": .text(text), "granted": .bool(isGranted)])
        }
        for path in needs.read { judge("read", path.text) { $0.read = [path] } }
        for path in needs.write { judge("write", path.text) { $0.write = [path] } }
        for program in needs.run {
            judge("run", program.name + (program.user.map { " as \($0)" } ?? "")) { $0.run = [program] }
        }
        for server in needs.connect { judge("connect", server) { $0.connect = [server] } }
        if needs.dns { judge("dns", "yes") { $0.dns = true } }
        for name in needs.secrets { judge("secrets", name) { $0.secrets = [name] } }
        for name in needs.signal { judge("signal", name) { $0.signal = [name] } }
        for name in needs.service { judge("service", name) { $0.service = [name] } }
        if needs.setid { judge("setid", "yes") { $0.setid = true } }
        if let user = needs.user { judge("user", user) { $0.user = user } }
        return rows
    }
}
