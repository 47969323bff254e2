import Testing

@testable import Scriptron
@testable import scriptron

@Suite("A dry run as text") struct DryRunTextTests {
    private let time = TimeText(zone: .utc, now: Timestamp(seconds: 1_800_000_000))

    private let report: Value = [
        "job": "sweep", "script": "/srv/scriptron/jobs/sweep.lua", "about": "Remove temporary files",
        "schedule": ["@start", "*/10 * * * *"], "timezone": "UTC", "next": [1_800_000_600.0, 1_800_001_200.0],
        "needs": ["write": ["/srv/scriptron/var/tmp"], "read": [], "run": ["/usr/bin/tar"], "dns": true],
        "refused": [
            "job sweep may not write /etc: the ceiling allows /srv; add it to ceiling = { write = { \"/etc\" } }"
        ],
        "plan": [
            ["effect": "remove", "path": "/srv/scriptron/var/tmp/a file", "bytes": 1536],
            [
                "effect": "rename",
                "from": "/srv/scriptron/var/tmp/a-directory-with-a-long-name/and-another-one-in-it/and-a-file.txt",
                "to": "/srv/scriptron/var/tmp/old/and-a-file.txt",
            ],
            ["effect": "run", "argv": ["tar", "-cf", "it's.tar", "/srv"], "assumed": true, "timeout": 5],
        ],
        "totals": [["effect": "remove", "count": 1204, "unit": "file", "bytes": 3_328_599_654]],
        "log": [["level": "info", "message": "looking", "fields": ["path": "/srv"]]],
        "warnings": ["one directory could not be read"], "alerts": [], "metrics": [], "outcome": "succeeded",
        "result": ["removed": 1], "smallest_needs": ["write": ["/srv/scriptron/var/tmp"]],
    ]

    @Test("Where its needs are refused, it says that once, and nothing of needs and plan") func refused() {
        let report: Value = [
            "job": "c", "script": "jobs/c.lua", "schedule": ["@daily"], "timezone": "UTC", "next": [1_800_000_600.0],
            "refused": ["job c: needs.write: the ceiling forbids /etc"], "plan": [], "outcome": "failed",
            "reason": "its needs are refused",
        ]
        #expect(
            DryRunText.lines(report, TextStyle(), time).joined(separator: "\n") == """
                Dry run of c
                  script    jobs/c.lua
                  schedule  @daily (UTC)
                  next      2027-01-15 08:10:00

                Refused
                  job c: needs.write: the ceiling forbids /etc

                The run would have failed: its needs are refused.
                """)
    }

    /// A plan of so many removals, the last of a directory.
    private func long(_ count: Int) -> Value {
        let files = (1..<count).map { index -> Value in
            ["effect": "remove", "path": .text("/srv/tmp/\(index % 2)/\(index)"), "bytes": 1024]
        }
        return ["job": "sweep", "plan": .list(files + [["effect": "remove directory", "path": "/srv/tmp/1"]])]
    }

    @Test("A long plan is grouped: first and last five, and a line for the rest") func groups() {
        let lines = DryRunPlanText.lines(long(1204), TextStyle(), whole: false)
        #expect(
            lines == [
                "Plan", "  remove 1,203 files and 1 directory under /srv/tmp, 1.2 MiB:",
                "     1. remove /srv/tmp/1/1 (1.0 KiB)", "     2. remove /srv/tmp/0/2 (1.0 KiB)",
                "     3. remove /srv/tmp/1/3 (1.0 KiB)", "     4. remove /srv/tmp/0/4 (1.0 KiB)",
                "     5. remove /srv/tmp/1/5 (1.0 KiB)", "        1,194 more (-v for all)",
                "  1200. remove /srv/tmp/0/1200 (1.0 KiB)", "  1201. remove /srv/tmp/1/1201 (1.0 KiB)",
                "  1202. remove /srv/tmp/0/1202 (1.0 KiB)", "  1203. remove /srv/tmp/1/1203 (1.0 KiB)",
                "  1204. remove directory /srv/tmp/1",
            ])
    }

    @Test("With -v, and where it is short, a plan is shown step by step", arguments: [(1204, true), (40, false)])
    func steps(count: Int, whole: Bool) {
        #expect(DryRunPlanText.lines(long(count), TextStyle(), whole: whole).count == count + 1)
    }

    @Test("It names the needs, the refusals, every path of the plan, and the end") func golden() {
        #expect(
            DryRunText.lines(report, TextStyle(width: 200), time).joined(separator: "\n") == """
                Dry run of sweep: Remove temporary files
                  script    /srv/scriptron/jobs/sweep.lua
                  schedule  @start, */10 * * * * (UTC)
                  next      2027-01-15 08:10:00
                            2027-01-15 08:20:00

                Needs
                  dns       yes
                  run       /usr/bin/tar
                  write     /srv/scriptron/var/tmp

                Refused
                  job sweep may not write /etc: the ceiling allows /srv; add it to ceiling = {
                    write = { "/etc" } }

                Plan
                  1. remove /srv/scriptron/var/tmp/a file (1.5 KiB)
                  2. rename
                       /srv/scriptron/var/tmp/a-directory-with-a-long-name/
                       and-another-one-in-it/and-a-file.txt to
                       /srv/scriptron/var/tmp/old/and-a-file.txt
                  3. run tar -cf 'it'\\''s.tar' /srv (timeout 5, assumed)
                  in all: would remove 1,204 files, 3.1 GiB

                Log
                  info  looking  path=/srv

                Warnings
                  one directory could not be read

                The smallest needs that would have served
                  write     /srv/scriptron/var/tmp

                Result
                  removed: 1

                The run would have succeeded.
                """)
    }

    @Test("Statements and requests are called so, and what is empty is left out") func statements() {
        var plan = Plan()
        for index in 0..<50 {
            plan.add("sql", ["path": .text("/srv/\(index).db"), "text": "DELETE FROM t", "values": []])
        }
        for index in 0..<50 {
            plan.add("request", ["method": "GET", "url": "http://a/", "path": .text("/srv/\(index)")])
        }
        let report: Value = ["plan": plan.stepValues, "totals": plan.totalValues]
        let lines = DryRunPlanText.lines(report, TextStyle(), whole: false)
        #expect(lines.contains("  sql, 50 times:"), "\(lines)")
        #expect(lines.contains("  request, 50 times:"))
        #expect(lines.contains { $0.hasSuffix(" 1. sql /srv/0.db (text DELETE FROM t)") })
        #expect(lines.contains("  in all: would run 50 statements of SQL"))
        #expect(lines.contains("  in all: would make 50 requests"))
    }

    @Test("No line has more than 80 columns, and no path is cut") func width() {
        let lines = DryRunText.lines(report, TextStyle(width: 200), time)
        #expect(lines.allSatisfy { $0.count <= 80 })
        let whole = lines.map { $0.drop { $0 == " " } }.joined()
        #expect(whole.contains("a-directory-with-a-long-name/and-another-one-in-it/and-a-file.txt"))
    }

    @Test("A job that does nothing, needs nothing and fails is told as that") func nothing() {
        let value: Value = [
            "job": "x", "schedule": [], "outcome": "timed_out", "reason": "its deadline came", "error": "x.lua:1: stop",
        ]
        #expect(
            DryRunText.lines(value, TextStyle(width: 80), time).joined(separator: "\n") == """
                Dry run of x
                  schedule  none, by hand only

                Needs
                  nothing

                Plan
                  nothing would be changed

                The run would have timed out: its deadline came.
                  x.lua:1: stop
                """)
    }
}
