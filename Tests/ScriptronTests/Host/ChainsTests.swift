import Testing

@testable import Scriptron

@Suite("Chains") struct ChainsTests {
    private func chains(_ jobs: [String: [String]]) -> Chains { Chains(jobs.map { (name: $0.key, after: $0.value) }) }

    @Test("A job follows each of those that it names") func followers() {
        let chains = chains(["a": [], "b": ["a"], "c": ["a", "b"], "d": ["c"]])
        #expect(chains.followers(of: "a") == ["b", "c"])
        #expect(chains.followers(of: "b") == ["c"])
        #expect(chains.followers(of: "c") == ["d"])
        #expect(chains.followers(of: "d").isEmpty && chains.followers(of: "none").isEmpty)
        for job in ["a", "b", "c", "d"] { #expect(chains.problem(of: job, known: ["a", "b", "c", "d"]) == nil) }
    }

    @Test("In a circle nobody follows, and each is told the circle; what hangs on it goes on") func circles() {
        let jobs = ["a": ["c"], "b": ["a"], "c": ["b"], "d": ["c", "x"], "s": ["s"], "x": []]
        let chains = chains(jobs)
        for job in ["a", "b", "s"] { #expect(chains.followers(of: job).isEmpty) }
        #expect(chains.followers(of: "c") == ["d"] && chains.followers(of: "x") == ["d"])
        let text = chains.problem(of: "a", known: jobs.keys)?.description ?? ""
        #expect(text.contains("circle (a after c after b after a)"), "\(text)")
        #expect(chains.problem(of: "s", known: jobs.keys)?.description.contains("circle (s after s)") == true)
        #expect(chains.problem(of: "d", known: jobs.keys) == nil)
    }

    @Test("A job that is not there is named with the nearest one") func unknown() {
        let chains = chains(["backup": [], "offsite": ["bakup"]])
        #expect(
            chains.problem(of: "offsite", known: ["backup", "offsite"])?.description
                == "after: there is no job bakup; did you mean backup?")
        #expect(chains.followers(of: "bakup") == ["offsite"], "it may come")
    }

    @Test("Long chains and circles are gone through without depth") func long() {
        let count = 20_000
        var jobs = Dictionary(uniqueKeysWithValues: (1..<count).map { ("j\($0)", ["j\($0 - 1)"]) })
        #expect(chains(jobs).followers(of: "j5") == ["j6"])
        jobs["j0"] = ["j\(count - 1)"]
        let circle = chains(jobs)
        #expect(circle.followers(of: "j5").isEmpty)
        #expect(circle.problem(of: "j0", known: jobs.keys) != nil)
    }
}
