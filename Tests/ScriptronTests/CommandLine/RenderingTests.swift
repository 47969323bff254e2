import Testing

@testable import Scriptron
@testable import scriptron

@Suite("What commands print") struct RenderingTests {
    private let time = TimeText(zone: .utc, now: Timestamp(seconds: 1_800_000_000))
    private let style = TextStyle(width: 80)

    private func text(_ lines: [String]) -> String { lines.joined(separator: "\n") }

    private let runs: [Value] = [
        [
            "id": 12, "job": "sweep", "trigger": "schedule", "fire_time": 1_799_999_940.0, "attempt": 1,
            "state": "running", "started": 1_799_999_940.25,
        ],
        [
            "id": 11, "job": "health", "trigger": "start", "fire_time": 1_799_999_900.0, "attempt": 1,
            "outcome": "succeeded", "started": 1_799_999_900.0, "finished": 1_799_999_900.5,
            "warnings": ["hot", "full"],
        ],
        [
            "id": 3, "job": "backup-of-everything-under-the-sun", "trigger": "manual",
            "fire_time": 1_799_990_000.0, "attempt": 2, "outcome": "timed_out", "started": 1_799_990_000.0,
            "finished": 1_799_993_605.0, "reason": "its deadline of 1 h came",
        ],
        ["id": 2, "job": "sweep", "trigger": "schedule", "fire_time": 1_799_980_000.0, "outcome": "skipped"],
    ]

    @Test("history") func history() {
        #expect(
            text(HistoryCommand.lines(runs, style, time)) == """
                RUN  JOB           TRIGGER   STARTED               TOOK  OUTCOME
                 12  sweep         schedule  2027-01-15 07:59:00         running
                 11  health        start     2027-01-15 07:58:20  0.5 s  succeeded  2 warnings
                  3  backup-of-e…  manual    2027-01-15 05:13:20    1 h  timed_out  its deadlin…
                  2  sweep         schedule  2027-01-15 02:26:40         skipped
                """)
        #expect(HistoryCommand.lines([], style, time) == ["No runs."])
    }

    @Test("history --missed") func missed() {
        let rows: [Value] = [
            [
                "job": "health", "kind": "missed", "from": 1_799_900_000.0, "to": 1_799_990_000.0, "count": 1501,
                "reason": "the host was down",
            ]
        ]
        #expect(
            text(HistoryCommand.missedLines(rows, style, time)) == """
                JOB     KIND    FROM                 TO                   COUNT  REASON
                health  missed  2027-01-14 04:13:20  2027-01-15 05:13:20  1,501  the host was d…
                """)
        let short: [Value] = [
            [
                "job": "a", "kind": "skipped", "from": 1_799_900_000.0, "to": 1_799_900_300.0, "count": 6,
                "reason": "in its window \"00:00-06:00\" of except",
            ],
            [
                "job": "a", "kind": "skipped", "from": 1_799_900_000.0, "to": 1_799_900_000.0, "count": 1,
                "reason": "paused by anna",
            ],
        ]
        #expect(
            text(HistoryCommand.missedLines(short, style, time)) == """
                JOB  KIND     FROM                 TO        COUNT  REASON
                a    skipped  2027-01-14 04:13:20  04:18:20      6  in its window "00:00-06:00"…
                a    skipped  2027-01-14 04:13:20                1  paused by anna
                """)
    }

    @Test("status") func status() {
        let value: Value = [
            "version": "0.1.0", "pid": 4711, "user": "root", "started": 1_799_990_000.0,
            "config": "/etc/scriptron/scriptron.lua", "state_dir": "/var/lib/scriptron", "concurrency": 8,
            "running": 1, "waiting": 0, "sandbox": "landlock-7 seccomp mounts pids users", "stopping": false,
            "jobs": ["loaded": 7, "broken": 1, "unconfigured": 2, "disabled": 0],
            "store": ["bytes": 1_258_291, "free": 32_212_254_720],
            "warnings": ["the ceiling is missing: every job gets what it declares, with the rights of root"],
        ]
        #expect(
            text(StatusCommand.lines(value, style, time)) == """
                host           Scriptron 0.1.0, pid 4711, as root, up 2 h 46 min
                configuration  /etc/scriptron/scriptron.lua
                state          /var/lib/scriptron
                store          1.2 MiB, 30.0 GiB free
                sandbox        landlock-7 seccomp mounts pids users
                jobs           7 loaded, 1 broken, 2 unconfigured
                runs           1 running of at most 8, 0 waiting
                warning        the ceiling is missing: every job gets what it declares, with the
                               rights of root
                """)
    }

    @Test("status and jobs say what is paused, late and waiting") func paused() {
        let pauses: [Value] = [
            ["job": "backup", "kind": "pause", "since": 1_799_996_400.0, "until": 1_800_003_600.0, "by": "anna"],
            ["job": "@host", "kind": "drain", "since": 1_799_996_400.0, "until": nil, "by": "root"],
        ]
        let status: Value = ["jobs": [:], "paused": .list(pauses)]
        let line = StatusCommand.lines(status, style, time).joined(separator: " ").split(separator: " ")
            .joined(separator: " ")
        #expect(
            line.contains(
                "paused backup is paused since 2027-01-15 07:00:00 by anna, until 2027-01-15 09:00:00; the host is "
                    + "drained since 2027-01-15 07:00:00 by root"), "\(line)")
        let rows: [Value] = [
            ["job": "a", "state": "scheduled", "schedule": ["@daily"], "paused": pauses[0], "last_outcome": "failed"],
            ["job": "b", "state": "manual", "schedule": [], "running": true, "begun": false],
            ["job": "c", "state": "manual", "schedule": [], "running": true, "begun": true, "late": 17],
        ]
        #expect(
            text(JobsCommand.lines(rows, style, time)) == """
                JOB  STATE   SCHEDULE  NEXT  LAST RUN  OUTCOME
                a    paused  @daily                    failed
                b    manual                            waiting
                c    manual                            running
                c: run 17 is late
                """)
    }

    @Test("jobs") func jobs() {
        let rows: [Value] = [
            [
                "job": "health", "state": "scheduled", "schedule": ["@start", "* * * * *"], "next": 1_800_000_060.0,
                "last_outcome": "succeeded", "last_finished": 1_799_999_400.0, "sandbox": "enforced",
            ],
            [
                "job": "retry", "state": "broken", "schedule": ["every 90s"], "next": 1_800_000_030.0,
                "sandbox": "off", "error": "jobs/retry.lua:12: '=' expected near 'local'", "running": 1,
            ],
            ["job": "backup", "state": "unconfigured", "schedule": [], "sandbox": "enforced"],
        ]
        #expect(
            text(JobsCommand.lines(rows, style, time)) == """
                JOB     STATE         SCHEDULE           NEXT      LAST RUN    OUTCOME
                health  scheduled     @start, * * * * *  in 1 min  10 min ago  succeeded
                retry   broken        every 90s          in 30 s               running
                backup  unconfigured
                retry: jobs/retry.lua:12: '=' expected near 'local'
                retry: its sandbox is off
                """)
        let coloured = JobsCommand.lines(rows, TextStyle(width: 80, colour: true), time)
        #expect(coloured.last == "\u{1B}[31mretry: its sandbox is off\u{1B}[0m")
    }

    @Test("next") func next() {
        let rows: [Value] = [
            ["job": "health", "fire_time": 1_800_000_060.0], ["job": "sweep", "fire_time": 1_800_000_600.0],
        ]
        #expect(
            text(NextCommand.lines(rows, style, time)) == """
                FIRE TIME                       JOB
                2027-01-15 08:01:00  in 1 min   health
                2027-01-15 08:10:00  in 10 min  sweep
                """)
    }

    @Test("settings") func settings() {
        let rows: [Value] = [
            [
                "name": "older_than", "type": "duration", "value": 3600.0, "default": 604800.0, "source": "config",
                "place": "scriptron.lua:3: jobs.sweep.settings.older_than", "required": false,
                "about": "how long nobody must have touched a file",
            ],
            [
                "name": "paths", "type": "paths", "value": ["/srv/a", "/srv/b"], "source": "script",
                "about": "where to look",
            ],
            ["name": "token", "type": "secret", "required": true],
        ]
        #expect(
            text(SettingsCommand.lines(rows, style)) == """
                SETTING     TYPE      DEFAULT  VALUE           FROM             ABOUT
                older_than  duration  7 d      1 h             scriptron.lua:3  how long nobody…
                paths       paths              /srv/a, /srv/b  script           where to look
                token       secret             (required)
                """)
    }

    @Test("check") func check() {
        let findings: [Value] = [
            [
                "level": "error", "message": "unknown key `shedule`", "place": "scriptron.lua: jobs.sweep",
                "cure": "did you mean `schedule`",
            ],
            ["level": "warning", "message": "the job retry is unconfigured: token has no value"],
        ]
        #expect(
            text(CheckCommand.lines(findings, of: "/etc/scriptron/scriptron.lua, 5 jobs", style)) == """
                error: scriptron.lua: jobs.sweep: unknown key `shedule`; did you mean `schedule`
                warning: the job retry is unconfigured: token has no value
                /etc/scriptron/scriptron.lua, 5 jobs: 1 error, 1 warning.
                """)
        #expect(CheckCommand.lines([], of: "/s.lua, 1 job", style) == ["/s.lua, 1 job: nothing to complain of."])
    }

    @Test("run") func run() {
        #expect(
            text(RunCommand.lines(runs[1], style, time)) == """
                Run 11 of health: succeeded in 0.5 s, 2 warnings
                  warning: hot
                  warning: full
                """)
        let failed: Value = [
            "id": 4, "job": "sweep", "outcome": "failed", "attempt": 1, "started": 5.0, "finished": 6.0,
            "error": "jobs/sweep.lua:7: no such directory\nstack traceback:\n  jobs/sweep.lua:7: in function 'run'",
            "result": [
                "removed": 1, "share": 0.123456, "whole": 5.0, "deep": ["list": [["a": [1]], ["b": 2]]],
                "roots": [["path": "/srv", "files": 2], ["path": "/var/tmp", "files": 10, "note": "old"]],
                "disks": ["/": ["free_bytes": 83_668_815_872, "used": 17.5], "/srv": ["used": 3.25]], "empty": [],
            ],
        ]
        #expect(
            text(RunCommand.lines(failed, style, time)) == """
                Run 4 of sweep: failed in 1 s
                  jobs/sweep.lua:7: no such directory
                  stack traceback:
                    jobs/sweep.lua:7: in function 'run'
                  deep:
                    list:
                      - a 1
                      - b 2
                  disks:
                          free_bytes  used
                    /       77.9 GiB  17.5
                    /srv              3.25
                  empty: none
                  removed: 1
                  roots:
                    path      files  note
                    /srv          2
                    /var/tmp     10  old
                  share: 0.123
                  whole: 5
                """)
    }

    @Test("Rows too wide for a table are paragraphs, with nothing cut") func wideRows() {
        let path = "/srv/" + String(repeating: "deep/", count: 8) + "end"
        let rows: Value = ["roots": [["path": .text(path), "bytes": 2048, "files": 3, "remark": "all of it"]]]
        #expect(
            text(ValueText.lines(rows, TextStyle(width: 60))) == """
                roots:
                  - path /srv/deep/deep/deep/deep/deep/deep/deep/deep/end,
                      bytes 2.0 KiB, files 3, remark all of it
                """)
    }

    @Test(
        "The exit code of run follows the outcome",
        arguments: [
            ("succeeded", 1, ExitCode.done), ("skipped", 1, .done), ("skipped", 0, .failed), ("failed", 1, .failed),
            ("timed_out", 1, .failed), ("cancelled", 1, .failed), ("lost", 2, .failed),
        ])
    func exitCodes(outcome: String, attempts: Int64, code: ExitCode) {
        #expect(RunCommand.exitCode(["outcome": .text(outcome), "attempt": .int(attempts)]) == code)
    }

    @Test("show") func show() {
        let value: Value = [
            "id": 3, "job": "sweep", "outcome": "failed", "reason": "it raised", "trigger": "schedule",
            "fire_time": 1_799_999_940.0, "started": 1_799_999_940.0, "finished": 1_799_999_943.5, "cuts": 1,
            "cpu_seconds": 0.25, "max_rss_bytes": 9_437_184, "user": "nobody", "sandbox": "off",
            "limits_hit": ["memory"], "version": "0123456789abcdef", "error": "jobs/sweep.lua:7: boom\n  in run",
            "warnings": ["could not read /srv/x"], "refusals": ["job sweep: fs.write may not write /etc/shadow"],
            "settings": ["older_than": 3600.0, "paths": ["/srv/a"]],
            "grant": [
                "read": [], "write": ["/srv/a"], "setid": false, "memory": 67_108_864, "processes": 512,
                "run": [["name": "tar", "path": "/usr/bin/tar", "files": [], "user": nil]],
                "user": ["name": "nobody", "uid": 65534, "gid": 65534, "groups": [], "home": "/"],
            ],
            "attempts": [
                [
                    "attempt": 1, "started": 1_799_999_940.0, "finished": 1_799_999_941.0, "outcome": "lost",
                    "reason": "its host died",
                ],
                ["attempt": 2, "started": 1_799_999_942.0, "finished": 1_799_999_943.5, "outcome": "failed"],
            ],
            "log": [
                ["time": 1_799_999_942.5, "level": "warn", "message": "slow", "fields": ["path": "/srv/a", "n": 2]]
            ],
            "script": "return job {\n  run = function() error(\"boom\") end,\n}\n",
        ]
        #expect(
            text(ShowCommand.lines(value, style, time)) == """
                Run 3 of sweep: failed, it raised
                  trigger     schedule
                  fire time   2027-01-15 07:59:00 (1 min ago)
                  started     2027-01-15 07:59:00 (1 min ago)
                  took        3.5 s
                  used        0.3 s CPU, 9.0 MiB memory
                  user        nobody
                  sandbox     off
                  limits hit  memory
                  version     0123456789abcdef
                  cut         1 time by the end of its host

                Error
                  jobs/sweep.lua:7: boom
                    in run

                Warnings
                  could not read /srv/x

                Refused
                  job sweep: fs.write may not write /etc/shadow

                Attempts
                  ATTEMPT  STARTED               TOOK  OUTCOME
                        1  2027-01-15 07:59:00    1 s  lost     its host died
                        2  2027-01-15 07:59:02  1.5 s  failed

                Settings
                  older_than: 3600
                  paths: /srv/a

                Grant
                  memory: 64.0 MiB
                  processes: 512
                  run: /usr/bin/tar
                  user: nobody
                  write: /srv/a

                Log (its end)
                  07:59:02 warn  slow  n=2  path=/srv/a

                Script
                  return job {
                    run = function() error("boom") end,
                  }
                """)
    }
}
