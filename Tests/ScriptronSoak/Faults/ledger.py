"""Compares the store of a host with what the runs themselves left behind: every second of every job, exactly once.

It shares no code with the host. The store's file is read as SQLite shows it, in one snapshot, while the host goes on;
the witness files were read before it: each line, `second run attempt`, was appended and fsynced by an attempt at its
end, and that attempt was in the store before it began.
"""

import os
import sqlite3
from collections import Counter, defaultdict

MICRO = 1_000_000


class Ledger:
    """The findings of one look."""

    def __init__(self):
        self.wrong = []
        self.figures = Counter()
        # The job's cursors, in seconds.
        self.cursors = {}
        # Attempts that succeeded without a witness yet: they may have ended after the files were read.
        self.late = []

    def expect(self, holds, text):
        if not holds:
            self.wrong.append(text)


def witnesses_of(directory, jobs):
    """Per job the lines of its witness file; a line that is torn belongs to an attempt that was killed over it."""
    found, torn = {}, 0
    for job in jobs:
        lines = []
        try:
            with open(os.path.join(directory, job), "rb") as file:
                for line in file.read().split(b"\n")[:-1]:
                    words = line.split()
                    if len(words) == 3 and all(word.isdigit() for word in words):
                        lines.append(tuple(map(int, words)))
                    else:
                        torn += 1
        except FileNotFoundError:
            pass
        found[job] = lines
    return found, torn


def look(state_dir, witness_dir, jobs, firsts, is_over=False):
    """Compares all; `firsts` has, by job, the second from which on all must be accounted for, at the latest. With
    `is_over` the host has ended."""
    ledger = Ledger()
    witnesses, torn = witnesses_of(witness_dir, jobs)
    ledger.expect(torn == 0, f"{torn} witnesses are torn")
    database = sqlite3.connect(f"file:{state_dir}/store/scriptron.db?mode=ro", uri=True, timeout=30)
    try:
        database.execute("BEGIN")
        runs, ranges, attempts = defaultdict(list), defaultdict(list), defaultdict(list)
        for row in database.execute(
            'SELECT id, job, "trigger", fire_time, state, outcome, reason, attempts, cuts FROM run'
        ):
            runs[row[1]].append(row)
        for row in database.execute('SELECT job, "from", "to", count, kind, reason FROM missed'):
            ranges[row[0]].append(row)
        for row in database.execute("SELECT run, number, outcome, reason FROM attempt ORDER BY run, number"):
            attempts[row[0]].append(row)
        cursors = dict(database.execute("SELECT job, accounted_until FROM cursor"))
        if is_over:
            verdict = [row[0] for row in database.execute("PRAGMA integrity_check")]
            ledger.expect(verdict == ["ok"], f"the store is damaged: {verdict}")
    finally:
        database.close()
    for job in jobs:
        if job not in cursors:
            ledger.wrong.append(f"{job}: it has no cursor")
            continue
        seconds(ledger, job, runs[job], ranges[job], cursors[job], firsts[job])
        for run in runs[job]:
            one_run(ledger, job, run, attempts[run[0]], is_over)
        seen(ledger, job, runs[job], attempts, witnesses[job])
    if ledger.late:
        witnesses, _ = witnesses_of(witness_dir, {job for job, _ in ledger.late})
        for job, witness in ledger.late:
            times = witnesses[job].count(witness)
            ledger.expect(times == 1, f"{job}: {witness} (second, run, attempt) succeeded with {times} witnesses")
    return ledger


def seconds(ledger, job, runs, ranges, cursor, latest_first):
    """Each second until the cursor is a run's or in one range; behind it there are only runs of a clock that had been
    there."""
    until = cursor // MICRO
    ran = [run[3] for run in runs if run[2] == "schedule"]
    ledger.expect(all(time % MICRO == 0 for time in ran), f"{job}: a fire time is no second")
    ran = [time // MICRO for time in ran]
    times = set(ran)
    ledger.expect(len(times) == len(ran), f"{job}: a second has two runs")
    ordered = sorted((row[1], row[2], row[3], row[4]) for row in ranges)
    covered, last_end = 0, None
    for first, last, count, kind in ordered:
        if first % MICRO or last % MICRO or last < first:
            ledger.wrong.append(f"{job}: a range from {first} to {last}")
            continue
        first, last = first // MICRO, last // MICRO
        ledger.expect(count == last - first + 1, f"{job}: range {first}-{last} counts {count}")
        ledger.expect(last_end is None or first > last_end, f"{job}: two ranges hold {first}")
        ledger.expect(last <= until, f"{job}: range {first}-{last} lies behind the cursor {until}")
        last_end = last
        covered += count
        ledger.figures[kind] += count
        ledger.figures["ranges"] += 1
    both = sorted(ran)
    index = 0
    for first, last, _, _ in ordered:
        first, last = first // MICRO, last // MICRO
        while index < len(both) and both[index] < first:
            index += 1
        if index < len(both) and both[index] <= last:
            ledger.wrong.append(f"{job}: second {both[index]} ran, and is in range {first}-{last} too")
    begin = min([first // MICRO for first, *_ in ordered] + [time for time in both if time <= until], default=None)
    if begin is None:
        ledger.expect(until <= latest_first, f"{job}: nothing is accounted for until {until}")
        return
    ledger.expect(begin <= latest_first, f"{job}: the first second is {begin}, not {latest_first} or earlier")
    account = covered + sum(1 for time in both if begin <= time <= until)
    ledger.expect(
        account == until - begin + 1,
        f"{job}: {until - begin + 1} seconds from {begin} to {until}, {account} accounted for")
    ledger.figures["seconds"] += until - begin + 1
    ledger.figures["ahead"] += sum(1 for time in both if time > until)
    ledger.cursors[job] = until


def one_run(ledger, job, run, attempts, is_over):
    """A run's row agrees with its attempts."""
    number, _, _, _, state, outcome, reason, count, cuts = run
    name = f"{job}: run {number}"
    ledger.expect([row[1] for row in attempts] == list(range(1, count + 1)), f"{name} has attempts {attempts}, not {count}")
    ledger.expect(cuts <= 2, f"{name} was cut {cuts} times")
    ended = [row[2] for row in attempts if row[2]]
    ledger.expect(ended.count("succeeded") <= 1, f"{name} succeeded twice")
    ledger.expect("succeeded" not in ended[:-1], f"{name} went on after it had succeeded")
    ledger.figures["runs"] += 1
    ledger.figures["attempts"] += len(attempts)
    if state != "ended":
        ledger.expect(outcome is None, f"{name} is {state}, with the outcome {outcome}")
        ledger.expect(not is_over or state == "waiting", f"{name} is left {state}")
        ledger.figures["open"] += 1
        return
    ledger.figures[outcome] += 1
    if cuts:
        ledger.figures["redone"] += 1
    ledger.expect(all(row[2] for row in attempts), f"{name} has ended, an attempt of it has not")
    ledger.expect(not attempts or attempts[-1][2] == outcome, f"{name} is {outcome}, its last attempt {attempts[-1:]}")
    ledger.expect(outcome in ("succeeded", "failed", "lost", "cancelled"), f"{name} ended {outcome}: {reason}")
    if outcome == "failed" and "SIGKILL" not in (reason or ""):
        ledger.wrong.append(f"{name} failed: {reason}")


def seen(ledger, job, runs, attempts, witnesses):
    """Every attempt that succeeded has its one witness; every witness is of an attempt of that second's run; no second
    was done by two attempts of which the host believes that they succeeded."""
    by_number = {run[0]: run for run in runs}
    counted = Counter(witnesses)
    for witness, times in counted.items():
        second, number, attempt = witness
        run = by_number.get(number)
        if run is None or run[3] != second * MICRO:
            ledger.wrong.append(f"{job}: a witness of {second} names run {number}, which is not that second's")
            continue
        ledger.expect(times == 1, f"{job}: run {number}, attempt {attempt}, has {times} witnesses")
        known = any(row[1] == attempt for row in attempts[number])
        ledger.expect(known, f"{job}: run {number} has a witness of attempt {attempt}, which it never had")
    for run in runs:
        for _, attempt, outcome, _ in attempts[run[0]]:
            witness = (run[3] // MICRO, run[0], attempt)
            if outcome == "succeeded" and counted[witness] != 1:
                ledger.late.append((job, witness))
    ledger.figures["witnesses"] += len(witnesses)
